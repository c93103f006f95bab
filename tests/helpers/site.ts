import {
  CloudFrontClient,
  GetInvalidationCommand,
  paginateListInvalidations,
} from '@aws-sdk/client-cloudfront';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { type LocalCloud, type LocalCloudOptions, startLocalCloud } from '../../infra/local/local-cloud.ts';
import type { Refresh } from '../../shared/refresh/refresh.ts';
import { edgeViews } from './edge-views.ts';
import { createSettling, TESTER, trackEvents } from './settling.ts';

/** What S3 stores beside an object's content: CacheControl, ContentType … */
export type StoredHeaders = Pick<
  PutObjectCommandInput,
  'CacheControl' | 'ContentType' | 'ContentDisposition' | 'ContentEncoding' | 'ContentLanguage' | 'Metadata'
>;

export type Site = Awaited<ReturnType<typeof startSite>>;

const POINTS_OF_PRESENCE = ['FRA56-P1', 'HAN51-P2', 'IAD89-P3'];

/**
 * The whole system on this machine with an empty bucket, and what an acceptance test does with it: only AWS APIs, stack
 * outputs and viewers' requests. Stop it at the end: `onTestFinished(site.stop)`.
 *
 * @param options as of the local cloud; by default three points of presence, no page deployed, no alarms, a fifth of real time
 */
export async function startSite(options: LocalCloudOptions = {}) {
  const events = trackEvents(options.deliverEvent);
  const pops = options.pointsOfPresence ?? POINTS_OF_PRESENCE;
  const cloud: LocalCloud = await startLocalCloud({
    timeScale: 0.2,
    deployWebsite: false,
    alarms: false,
    pointsOfPresence: pops,
    ...options,
    deliverEvent: events.deliverEvent,
  });
  const { outputs } = cloud;
  const client = {
    endpoint: cloud.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: TESTER, secretAccessKey: 'none' },
  };
  const s3 = new S3Client({ ...client, forcePathStyle: true });
  const sqs = new SQSClient(client);
  const stepFunctions = new SFNClient(client);
  const cloudFront = new CloudFrontClient(client);
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient(client));
  const output = (name: string) => {
    const value = outputs[name];
    if (value === undefined) throw new Error(`The stack has no output ${name}`);
    return value;
  };
  const Bucket = output('SiteBucketName');
  const DistributionId = output('DistributionId');
  const everTouched = new Set<string>();
  const settling = createSettling({
    cloud,
    clients: { sqs, stepFunctions },
    output,
    eventsOnTheirWay: events.onTheirWay,
  });

  async function put(key: string, body: string, headers: StoredHeaders = {}): Promise<void> {
    everTouched.add(key);
    await s3.send(new PutObjectCommand({ Bucket, Key: key, Body: body, ...headers }));
  }

  async function remove(key: string): Promise<void> {
    everTouched.add(key);
    await s3.send(new DeleteObjectCommand({ Bucket, Key: key }));
  }

  /** Changes an object's headers in place, as `aws s3 cp --metadata-directive REPLACE` does. */
  async function replaceHeaders(key: string, headers: StoredHeaders): Promise<void> {
    everTouched.add(key);
    const CopySource = `${Bucket}/${encodeURIComponent(key)}`;
    await s3.send(
      new CopyObjectCommand({ Bucket, Key: key, CopySource, MetadataDirective: 'REPLACE', ...headers }),
    );
  }

  async function askFor(body: unknown): Promise<void> {
    const QueueUrl = output('SiteChangesQueueUrl');
    const MessageBody = typeof body === 'string' ? body : JSON.stringify(body);
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  }

  /** The history: one record per refresh, newest first. */
  async function refreshes(): Promise<Refresh[]> {
    const records = (await settling.executions()).map(async ({ name = '' }) => {
      const Key = { pk: name, sk: 'refresh' };
      const { Item } = await documents.send(
        new GetCommand({ TableName: output('RefreshTableName'), Key, ConsistentRead: true }),
      );
      return { ...Item, id: name } as unknown as Refresh;
    });
    return Promise.all(records);
  }

  /** Paths of every invalidation there ever was, newest first. */
  async function invalidations(): Promise<string[][]> {
    const found: string[][] = [];
    for await (const { InvalidationList } of paginateListInvalidations(
      { client: cloudFront },
      { DistributionId },
    )) {
      for (const { Id } of InvalidationList?.Items ?? []) {
        const { Invalidation } = await cloudFront.send(new GetInvalidationCommand({ DistributionId, Id }));
        found.push(Invalidation?.InvalidationBatch?.Paths?.Items ?? []);
      }
    }
    return found;
  }

  return {
    cloud,
    pops,
    clients: { s3, sqs, stepFunctions, cloudFront, documents },
    output,
    put,
    remove,
    replaceHeaders,
    /** Sends a message to the site-changes queue: text as it is, anything else as JSON. */
    send: askFor,
    ...settling,
    refreshes,
    invalidations,
    mails: cloud.mails,
    ...edgeViews({ cloud, pops, s3, Bucket, everTouched }),
    stop: cloud.stop,
  };
}
