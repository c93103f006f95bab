import { CloudWatchClient, GetDashboardCommand } from '@aws-sdk/client-cloudwatch';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { cbor } from '@smithy/core/cbor';
import { describe, expect, it } from 'vitest';
import { authorizationOf } from '../../../infra/local/kernel/aws-api.ts';
import { openDurableStore } from '../../../infra/local/kernel/durable-map.ts';
import { createCloudWatch } from '../../../infra/local/services/cloudwatch/cloudwatch.ts';
import { clientFor } from '../../helpers/sdk-client.ts';
import { startStorage } from '../../helpers/storage.ts';
import { alarmResource } from '../../unit/local/cloudwatch/alarms.ts';

const SERVICE = 'GraniteServiceVersion20100801';

async function start() {
  const { endpoint, services, storage, journal, ...rest } = await startStorage();
  const cloudWatch = createCloudWatch({
    alarms: ['a', 'b', 'c'].map(name => alarmResource(name)),
    queueNames: [],
    dashboards: [{ name: 'page', body: '{"widgets":[]}' }],
    publish: () => undefined,
    measureQueue: storage.measureQueue,
    journal,
    store: openDurableStore(),
    timeScale: 1,
  });
  services.set('monitoring', cloudWatch.api);
  const post = (path: string, headers: Record<string, string>, body: string | Uint8Array<ArrayBuffer>) =>
    fetch(`${endpoint.url}${path}`, {
      method: 'POST',
      headers: { authorization: authorizationOf('tester', 'monitoring'), ...headers },
      body,
    });
  return { ...rest, endpoint, storage, post };
}

describe('DescribeAlarms', () => {
  const expected = {
    AlarmName: 'b',
    AlarmArn: 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:b',
    StateValue: 'INSUFFICIENT_DATA',
    MetricName: 'Errors',
    Dimensions: [{ Name: 'FunctionName', Value: 'worker' }],
    Threshold: 1,
  };

  it('answers in CBOR, which the AWS CLI and SDKs use today', async () => {
    const { post } = await start();
    const response = await post(
      `/service/${SERVICE}/operation/DescribeAlarms`,
      { 'smithy-protocol': 'rpc-v2-cbor', 'content-type': 'application/cbor' },
      new Uint8Array(cbor.serialize({ AlarmNames: ['b'] })),
    );
    expect(response.headers.get('smithy-protocol')).toBe('rpc-v2-cbor');
    expect(cbor.deserialize(new Uint8Array(await response.arrayBuffer()))).toMatchObject({
      MetricAlarms: [{ ...expected, StateUpdatedTimestamp: { tag: 1 } }],
    });
  });

  it('answers in JSON, page by page', async () => {
    const { post } = await start();
    const ask = async (input: object) => {
      const headers = {
        'x-amz-target': `${SERVICE}.DescribeAlarms`,
        'content-type': 'application/x-amz-json-1.0',
      };
      return (await (await post('/', headers, JSON.stringify(input))).json()) as {
        MetricAlarms: { AlarmName: string }[];
        NextToken?: string;
      };
    };
    const first = await ask({ MaxRecords: 2 });
    const second = await ask({ MaxRecords: 2, NextToken: first.NextToken });
    expect([first, second].map(page => page.MetricAlarms.map(({ AlarmName }) => AlarmName))).toEqual([
      ['a', 'b'],
      ['c'],
    ]);
    expect(second.NextToken).toBeUndefined();
    expect((await ask({ StateValue: 'ALARM' })).MetricAlarms).toEqual([]);
    expect(await ask({ NextToken: 'none' })).toMatchObject({ __type: 'InvalidNextToken' });
  });

  it('answers in the query protocol of older clients', async () => {
    const { post } = await start();
    const form = 'Action=DescribeAlarms&Version=2010-08-01&AlarmNames.member.1=b';
    const response = await post('/', { 'content-type': 'application/x-www-form-urlencoded' }, form);
    const text = await response.text();
    expect(text).toContain('<DescribeAlarmsResult><MetricAlarms><member><AlarmName>b</AlarmName>');
    expect(text.match(/<AlarmName>/g)).toHaveLength(1);
  });

  it('is one of two actions: any other is refused by name, in the protocol of the request', async () => {
    const { post } = await start();
    const response = await post(
      `/service/${SERVICE}/operation/PutMetricAlarm`,
      { 'smithy-protocol': 'rpc-v2-cbor', 'content-type': 'application/cbor' },
      new Uint8Array(cbor.serialize({})),
    );
    expect(response.status).toBe(400);
    expect(cbor.deserialize(new Uint8Array(await response.arrayBuffer()))).toMatchObject({
      __type: expect.stringContaining('InvalidAction'),
      message: 'CloudWatch PutMetricAlarm is not emulated',
    });
  });
});

describe('GetDashboard', () => {
  const clientOf = async () => {
    const { endpoint } = await start();
    return new CloudWatchClient(clientFor(endpoint.url));
  };

  it('returns a dashboard of the template by its name', async () => {
    const cloudWatch = await clientOf();
    expect(await cloudWatch.send(new GetDashboardCommand({ DashboardName: 'page' }))).toMatchObject({
      DashboardName: 'page',
      DashboardArn: 'arn:aws:cloudwatch::000000000000:dashboard/page',
      DashboardBody: '{"widgets":[]}',
    });
  });

  it('answers that there is no such dashboard', async () => {
    const cloudWatch = await clientOf();
    await expect(cloudWatch.send(new GetDashboardCommand({ DashboardName: 'none' }))).rejects.toMatchObject({
      name: 'ResourceNotFound',
      $metadata: { httpStatusCode: 404 },
    });
  });

  it('has another code for that in the query protocol of older clients', async () => {
    const { post } = await start();
    const form = 'Action=GetDashboard&Version=2010-08-01&DashboardName=none';
    const response = await post('/', { 'content-type': 'application/x-www-form-urlencoded' }, form);
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('<Code>ResourceNotFound</Code>');
  });
});

describe('The figures of a queue', () => {
  it('are how many messages wait and are in flight, and since when the oldest waits', async () => {
    const { sqs, queueUrl: QueueUrl, storage } = await start();
    expect(storage.measureQueue('events')).toEqual({ visible: 0, notVisible: 0, oldestSentAt: undefined });
    for (const MessageBody of ['a', 'b']) await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    expect(storage.measureQueue('events')).toEqual({
      visible: 1,
      notVisible: 1,
      oldestSentAt: expect.any(Number),
    });
  });

  it('leave out a message that was received three times', async () => {
    const { sqs, queueUrl: QueueUrl, storage } = await start();
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'poison' }));
    const ages: boolean[] = [];
    for (const _ of ['first', 'second', 'third']) {
      await sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0 }));
      ages.push(storage.measureQueue('events').oldestSentAt !== undefined);
    }
    expect(ages).toEqual([true, true, false]);
  });
});
