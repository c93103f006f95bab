import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CloudFrontClient, ListDistributionsCommand } from '@aws-sdk/client-cloudfront';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn';
import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  type AwsRequest,
  type AwsService,
  authorizationOf,
  jsonRequest,
  jsonResponse,
} from '../../../infra/local/kernel/aws-api.ts';
import { ConnectionCutError, startAwsEndpoint } from '../../../infra/local/kernel/aws-endpoint.ts';
import { close, listen } from '../../../infra/local/kernel/http-server.ts';
import { createJournal } from '../../../infra/local/kernel/journal.ts';
import { actionOf } from '../../../infra/local/services.ts';
import { forgetAnswers } from '../../helpers/held-answers.ts';
import { clientFor } from '../../helpers/sdk-client.ts';
import { BUCKET, startStorage, take } from '../../helpers/storage.ts';

// They are stubs that answer alike, whatever they are asked.
afterEach(forgetAnswers);

/** An endpoint whose services, one for each name, note what they are asked and answer `{}`. */
async function start(...names: string[]) {
  const journal = createJournal();
  const asked: AwsRequest[] = [];
  const service: AwsService = async request => {
    asked.push(request);
    return jsonResponse({});
  };
  const services = new Map(names.map(name => [name, service]));
  const endpoint = await startAwsEndpoint({ port: 0, services, journal, actionOf });
  onTestFinished(endpoint.stop);
  return { endpoint, services, asked, journal };
}

const mail = new SendEmailCommand({
  FromEmailAddress: 'a@example.com',
  Destination: { ToAddresses: ['b@example.com'] },
  Content: { Simple: { Subject: { Data: 's' }, Body: { Text: { Data: 't' } } } },
});

describe('A call', () => {
  it('finds its service and its caller by the credential scope of its signature', async () => {
    const { endpoint, asked, journal } = await start('states', 'sqs', 'ses');
    const settings = clientFor(endpoint.url);
    await new SFNClient(settings).send(new ListStateMachinesCommand({}));
    await new SQSClient(settings).send(new GetQueueUrlCommand({ QueueName: 'q' }));
    await new SESv2Client(settings).send(mail);
    expect(asked.map(({ service, caller }) => [service, caller])).toEqual([
      ['states', 'tester'],
      ['sqs', 'tester'],
      ['ses', 'tester'],
    ]);
    const calls = journal.entries.map(entry => (entry.kind === 'call' ? [entry.action, entry.status] : []));
    expect(calls).toEqual([
      ['ListStateMachines', 200],
      ['GetQueueUrl', 200],
      ['SendEmail', 200],
    ]);
  });

  it('with a presigned URL finds them too', async () => {
    const { endpoint, asked } = await start('s3');
    const scope = encodeURIComponent('guest/20260101/us-east-1/s3/aws4_request');
    await fetch(`${endpoint.url}/${BUCKET}/a.txt?X-Amz-Credential=${scope}&X-Amz-Signature=0`);
    expect(asked.map(({ service, caller }) => [service, caller])).toEqual([['s3', 'guest']]);
  });

  it('without a signature is refused', async () => {
    const { endpoint } = await start('s3');
    const response = await fetch(`${endpoint.url}/${BUCKET}/a.txt`);
    expect(response.status).toBe(403);
    expect(await response.text()).toContain('MissingAuthenticationToken');
  });

  it('to a service that is not emulated is refused by name, in JSON and in XML', async () => {
    const { endpoint, journal } = await start('sqs');
    const settings = clientFor(endpoint.url);
    const refusal = (service: string) => ({
      name: 'UnknownService',
      message: `The local cloud does not emulate the service ${service}`,
      $metadata: { httpStatusCode: 501 },
    });
    await expect(new SFNClient(settings).send(new ListStateMachinesCommand({}))).rejects.toMatchObject(
      refusal('states'),
    );
    await expect(new CloudFrontClient(settings).send(new ListDistributionsCommand({}))).rejects.toMatchObject(
      refusal('cloudfront'),
    );
    expect(journal.entries).toMatchObject([{ error: 'UnknownService' }, { error: 'UnknownService' }]);
  });

  it.each([
    ['//', '//'],
    ['//a//b', '//a//b'],
    ['*', '/*'],
    ['http://aws.example/a', '/a'],
  ])('may have any target: %s', async (target, url) => {
    const { endpoint, asked } = await start('s3');
    const { hostname, port } = new URL(endpoint.url);
    const headers = { authorization: authorizationOf('tester', 's3') };
    // fetch sends targets of its own making only.
    const call = get({ hostname, port, path: target, headers });
    const [response] = await once(call, 'response');
    response.resume();
    expect(response.statusCode).toBe(200);
    expect(asked).toMatchObject([{ url }]);
  });

  it.each([
    ['s3', '', '<Code>InternalError</Code>'],
    ['cloudfront', '', '<Code>InternalFailure</Code>'],
    ['cloudformation', 'Action=DescribeStacks', '<Code>InternalFailure</Code>'],
    ['lambda', '', '"__type":"InternalFailure"'],
  ])(
    'to %s that meets a bug is answered with status 500, and the bug is shown',
    async (name, query, code) => {
      const { endpoint, services, journal } = await start();
      services.set(name, () => Promise.reject(new Error('A bug')));
      const shown = vi.spyOn(process, 'emitWarning').mockReturnValue();
      onTestFinished(() => shown.mockRestore());
      const response = await fetch(`${endpoint.url}/?${query}`, {
        headers: { authorization: authorizationOf('tester', name) },
      });
      expect([response.status, await response.text()]).toEqual([500, expect.stringContaining(code)]);
      expect(shown.mock.calls).toMatchObject([[{ message: 'A bug' }]]);
      expect(journal.entries).toMatchObject([{ status: 500 }]);
    },
  );

  it('may name its bucket in the host, as S3 clients do', async () => {
    const { endpoint } = await startStorage();
    const { port } = new URL(endpoint.url);
    const hostStyle = new S3Client({ ...clientFor(`http://localhost:${port}`), forcePathStyle: false });
    hostStyle.middlewareStack.add(
      next => async args => {
        // Not every machine resolves names below localhost.
        const { request } = args as { request: { hostname: string } };
        request.hostname = '127.0.0.1';
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    await hostStyle.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a/b.txt', Body: 'hosted' }));
    const pathStyle = new S3Client({ ...clientFor(endpoint.url), forcePathStyle: true });
    const { Body } = await pathStyle.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'a/b.txt' }));
    expect(await Body?.transformToString()).toBe('hosted');
  });
});

describe('An interceptor', () => {
  const message = (body: string, QueueUrl: string) => new SendMessageCommand({ QueueUrl, MessageBody: body });

  it('may answer instead of the service', async () => {
    const { endpoint, asked, journal } = await start('states');
    endpoint.intercept(async () => ({
      status: 400,
      headers: { 'x-amzn-errortype': 'ThrottlingException' },
      body: JSON.stringify({ __type: 'ThrottlingException', message: 'Rate exceeded' }),
    }));
    await expect(
      new SFNClient(clientFor(endpoint.url)).send(new ListStateMachinesCommand({})),
    ).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(asked).toEqual([]);
    expect(journal.entries).toMatchObject([{ status: 400, error: 'ThrottlingException' }]);
  });

  it('may let a call happen and lose the answer', async () => {
    const { endpoint, sqs, queueUrl } = await startStorage();
    const remove = endpoint.intercept(async ({ action }, next) => {
      const response = await next();
      if (action === 'SendMessage') throw new ConnectionCutError();
      return response;
    });
    await expect(sqs.send(message('arrived', queueUrl))).rejects.toThrow();
    remove();
    expect((await take(sqs, queueUrl, 1)).map(({ Body }) => Body)).toEqual(['arrived']);
  });

  it('may cut the connection before anything happens, until it is removed', async () => {
    const { endpoint, sqs, queueUrl } = await startStorage();
    const remove = endpoint.intercept(() => Promise.reject(new ConnectionCutError()));
    await expect(sqs.send(message('lost', queueUrl))).rejects.toThrow();
    remove();
    await sqs.send(message('sent', queueUrl));
    expect((await take(sqs, queueUrl, 1)).map(({ Body }) => Body)).toEqual(['sent']);
  });

  it('sees calls made inside the process too; the first added is outermost', async () => {
    const { endpoint, asked } = await start('sqs');
    const order: string[] = [];
    for (const name of ['outer', 'inner']) {
      endpoint.intercept(async ({ request, action }, next) => {
        order.push(`${name} ${request.caller} ${action}`);
        return next();
      });
    }
    await endpoint.call(jsonRequest('sqs', 'AmazonSQS.ReceiveMessage', {}, 'CollectRole'));
    expect(order).toEqual(['outer CollectRole ReceiveMessage', 'inner CollectRole ReceiveMessage']);
    expect(asked).toHaveLength(1);
  });
});

describe('A port', () => {
  it('that is taken is reported with advice', async () => {
    const other = createServer();
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => close(other));
    const { port } = other.address() as AddressInfo;
    const start = startAwsEndpoint({ port, services: new Map(), journal: createJournal() });
    await expect(start).rejects.toThrow(new RegExp(`Port ${port} is taken\\..*--aws-port`));
  });

  it('0 means any free port, on this machine only', async () => {
    const server = createServer();
    onTestFinished(() => close(server));
    expect(await listen(server, 0, '--aws-port')).toBeGreaterThan(0);
    expect(server.address()).toMatchObject({ address: '127.0.0.1' });
  });

  it('keeps an idle connection for longer than clients do', async () => {
    const server = createServer((_, response) => response.end());
    onTestFinished(() => close(server));
    const port = await listen(server, 0, '--site-port');
    const { headers } = await fetch(`http://127.0.0.1:${port}`);
    expect(headers.get('keep-alive')).toBe('timeout=60');
  });
});
