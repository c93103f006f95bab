import { DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { onTestFinished } from 'vitest';
import type { AwsService } from '../../infra/local/kernel/aws-api.ts';
import { startAwsEndpoint } from '../../infra/local/kernel/aws-endpoint.ts';
import { createJournal } from '../../infra/local/kernel/journal.ts';
import { type EventDelivery, withEvents } from '../../infra/local/services/s3/events.ts';
import { actionOf } from '../../infra/local/services.ts';
import { startQueuesAndBuckets } from './queues-and-buckets.ts';
import { clientFor } from './sdk-client.ts';

export const BUCKET = 'site';
const QUEUE_ARN = 'arn:aws:sqs:us-east-1:000000000000:events';

export interface StorageOptions {
  readonly directory?: string;
  /** Events of the bucket `site` that go to the queue `events`. */
  readonly events?: readonly string[];
  /** Only of such keys, as S3's filters have it. */
  readonly prefix?: string;
  /** Takes the bucket's events as EventBridge does. */
  readonly publish?: (event: object) => Promise<void>;
  readonly deliver?: EventDelivery;
  readonly now?: () => Date;
}

/**
 * S3 and SQS behind one local endpoint, with real SDK clients before it. Stopped with the test, if
 * not before.
 */
export async function startStorage({
  directory,
  events = [],
  prefix = '',
  publish,
  deliver,
  now,
}: StorageOptions = {}) {
  const journal = createJournal();
  const services = new Map<string, AwsService>();
  const endpoint = await startAwsEndpoint({ port: 0, services, journal, actionOf });
  const storage = await startQueuesAndBuckets(directory);
  const queueUrl = `${endpoint.url}/000000000000/events`;
  storage.ensureQueue('events', queueUrl, { VisibilityTimeout: '30' });
  storage.ensureBucket(BUCKET);
  const s3WithEvents = withEvents({
    s3: storage.s3,
    newestOf: storage.newestOf,
    notificationsOf: bucket =>
      bucket === BUCKET ? [{ id: 'events', queueArn: QUEUE_ARN, events, prefix, suffix: '' }] : [],
    busOf: bucket => (bucket === BUCKET ? publish : undefined),
    callAws: endpoint.call,
    journal,
    deliver,
    ...(now === undefined ? {} : { now }),
  });
  services.set('s3', s3WithEvents.handle).set('sqs', storage.sqs);
  const s3 = new S3Client({ ...clientFor(endpoint.url), forcePathStyle: true });
  const sqs = new SQSClient(clientFor(endpoint.url));

  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    s3.destroy();
    sqs.destroy();
    await s3WithEvents.stop();
    await storage.stop();
    await endpoint.stop();
  };
  onTestFinished(stop);
  return { endpoint, services, journal, storage, s3, sqs, queueUrl, stop };
}

/** Takes this many messages off a queue, in the order in which they arrive. */
export async function take(sqs: SQSClient, queueUrl: string, count: number): Promise<Message[]> {
  const taken: Message[] = [];
  while (taken.length < count) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: Math.min(10, count - taken.length),
        WaitTimeSeconds: 20,
        MessageAttributeNames: ['All'],
      }),
    );
    for (const { ReceiptHandle } of Messages) {
      await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
    }
    taken.push(...Messages);
  }
  return taken;
}

export async function createQueue(sqs: SQSClient, name: string, attributes: Record<string, string> = {}) {
  const { QueueUrl = '' } = await sqs.send(
    new CreateQueueCommand({ QueueName: name, Attributes: attributes }),
  );
  return QueueUrl;
}

/** A table is made in the background; nothing can use it before it is active. */
export async function untilActive(TableName: string, client: DynamoDBClient): Promise<void> {
  const describe = new DescribeTableCommand({ TableName });
  while ((await client.send(describe)).Table?.TableStatus !== 'ACTIVE');
}
