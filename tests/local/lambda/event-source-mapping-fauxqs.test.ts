import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import { expect, it, onTestFinished } from 'vitest';
import type { AwsService } from '../../../infra/local/kernel/aws-api.ts';
import { startEventSourceMapping } from '../../../infra/local/services/lambda/event-source-mapping.ts';
import { clientFor } from '../../helpers/sdk-client.ts';
import { functionWith, startPool } from './fixture-functions.ts';

async function startSqs() {
  const app = buildApp({ logger: false });
  const endpoint = await app.listen({ host: '127.0.0.1', port: 0 });
  const client = new SQSClient(clientFor(endpoint));
  onTestFinished(async () => {
    client.destroy();
    await app.close();
  });
  const callAws: AwsService = async ({ url, headers, body }) => {
    const response = await app.inject({ method: 'POST', url, headers, payload: body });
    return { status: response.statusCode, body: response.body };
  };
  const createQueue = async (QueueName: string, Attributes: Record<string, string> = {}) =>
    (await client.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl;
  return { client, callAws, createQueue };
}

const arn = (queue: string) => `arn:aws:sqs:us-east-1:000000000000:${queue}`;

it('A mapping delivers records as Lambda does, and a message that always fails ends in the dead-letter queue', async () => {
  const { client, callAws, createQueue } = await startSqs();
  const deadLetterUrl = await createQueue('dead');
  const queueUrl = await createQueue('changes', {
    VisibilityTimeout: '60',
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn('dead'), maxReceiveCount: 3 }),
  });
  if (queueUrl === undefined || deadLetterUrl === undefined) throw new Error('a queue has no URL');
  const { pool, journal } = startPool([
    functionWith(`export const handler = async ({ Records }) => {
      for (const record of Records) console.log(JSON.stringify(record));
      return { batchItemFailures: Records.filter(record => record.body === 'poison')
        .map(record => ({ itemIdentifier: record.messageId })) };
    };`),
  ]);
  const mapping = startEventSourceMapping(
    {
      functionName: 'fixture',
      queueUrl,
      queueArn: arn('changes'),
      batchSize: 10,
      windowSeconds: 0,
      reportBatchItemFailures: true,
      visibilityTimeoutSeconds: 60,
    },
    { callAws, caller: 'FixtureRole', invoke: pool.invoke, journal, timeScale: 0.001 },
  );
  onTestFinished(() => mapping.stop());

  const MessageAttributes = { origin: { DataType: 'String', StringValue: 'test' } };
  await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'fine', MessageAttributes }));
  await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'poison' }));

  const dead = await client.send(new ReceiveMessageCommand({ QueueUrl: deadLetterUrl, WaitTimeSeconds: 20 }));
  expect(dead.Messages?.map(message => message.Body)).toEqual(['poison']);

  const records = journal.entries.flatMap(entry => (entry.kind === 'log' ? [JSON.parse(entry.line)] : []));
  expect(records.find(record => record.body === 'fine')).toEqual({
    messageId: expect.any(String),
    receiptHandle: expect.any(String),
    body: 'fine',
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: expect.stringMatching(/^\d+$/),
      SenderId: expect.any(String),
      ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d+$/),
    },
    messageAttributes: {
      origin: { stringValue: 'test', stringListValues: [], binaryListValues: [], dataType: 'String' },
    },
    md5OfMessageAttributes: expect.any(String),
    md5OfBody: expect.any(String),
    eventSource: 'aws:sqs',
    eventSourceARN: arn('changes'),
    awsRegion: 'us-east-1',
  });
  const poison = records.filter(record => record.body === 'poison');
  expect(poison.map(record => record.attributes.ApproximateReceiveCount)).toEqual(['1', '2', '3']);
});
