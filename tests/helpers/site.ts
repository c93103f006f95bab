import {
  CloudFrontClient,
  GetInvalidationCommand,
  paginateListInvalidations,
} from '@aws-sdk/client-cloudfront';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import { paginateListExecutions, SFNClient } from '@aws-sdk/client-sfn';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { openRefreshTable } from '../../shared/aws/refresh-table/open-refresh-table.ts';
import type { Refresh } from '../../shared/refresh/refresh.ts';
import { ASSEMBLY } from './assembly.ts';
import { edgeViews } from './edge-views.ts';
import { createSettling, TESTER, trackEvents } from './settling.ts';
import { type SuccessiveCloudOptions, startSuccessiveCloud } from './successive-clouds.ts';

/** What S3 stores beside an object's content: CacheControl, ContentType … */
export type StoredHeaders = Pick<
  PutObjectCommandInput,
  'CacheControl' | 'ContentType' | 'ContentDisposition' | 'ContentEncoding' | 'ContentLanguage' | 'Metadata'
>;

export type Site = Awaited<ReturnType<typeof startSite>>;

const POINTS_OF_PRESENCE = ['FRA56-P1', 'HAN51-P2', 'IAD89-P3'];

/**
 * The whole system on this machine with an empty bucket, and what an acceptance test does with it:
 * only AWS APIs, stack outputs and viewers' requests. Stop it at the end:
 * `onTestFinished(site.stop)`.
 *
 * @param options as of the local cloud; by default three points of presence, no page deployed, no
 *   alarms, a fifth of real time
 */
export async function startSite(options: SuccessiveCloudOptions = {}) {
  const events = trackEvents(options.deliverEvent);
  const pops = options.pointsOfPresence ?? POINTS_OF_PRESENCE;
  const cloud = await startSuccessiveCloud({
    assemblyDirectory: ASSEMBLY,
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
  const lambda = new LambdaClient(client);
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

  /** Every execution of the refresh state machine: one per refresh, newest first. */
  async function executions() {
    const pages = paginateListExecutions(
      { client: stepFunctions },
      { stateMachineArn: output('RefreshStateMachineArn') },
    );
    const found = [];
    for await (const { executions: page = [] } of pages) found.push(...page);
    return found;
  }

  /** The history: one record per refresh, newest first. @param newest no more than these */
  async function refreshes(newest = Number.POSITIVE_INFINITY): Promise<Refresh[]> {
    const tableName = output('RefreshTableName');
    const table = openRefreshTable({ tableName, client: new DynamoDBClient(client) });
    const records = (await executions()).slice(0, newest).map(async ({ name = '' }) => {
      const refresh = await table.refreshes.get(name);
      if (refresh === undefined) throw new Error(`The execution ${name} follows no refresh`);
      return refresh;
    });
    return Promise.all(records);
  }

  /** Every invalidation there ever was, newest first. */
  async function invalidationIds(): Promise<string[]> {
    const pages = paginateListInvalidations({ client: cloudFront }, { DistributionId });
    const found: string[] = [];
    for await (const { InvalidationList } of pages)
      found.push(...(InvalidationList?.Items ?? []).flatMap(({ Id = [] }) => Id));
    return found;
  }

  /** Paths of the invalidations, newest first. @param newest no more than these */
  async function invalidations(newest = Number.POSITIVE_INFINITY): Promise<string[][]> {
    const found = (await invalidationIds()).slice(0, newest).map(async Id => {
      const { Invalidation } = await cloudFront.send(new GetInvalidationCommand({ DistributionId, Id }));
      return Invalidation?.InvalidationBatch?.Paths?.Items ?? [];
    });
    return Promise.all(found);
  }

  /** How much there has been so far. */
  async function counts() {
    const [started, purges] = await Promise.all([executions(), invalidationIds()]);
    return { refreshes: started.length, invalidations: purges.length, mails: cloud.mails().length };
  }

  return {
    cloud,
    pops,
    clients: { s3, sqs, stepFunctions, cloudFront, lambda, documents },
    output,
    put,
    remove,
    replaceHeaders,
    /** Sends a message to the site-changes queue: text as it is, anything else as JSON. */
    send: askFor,
    ...settling,
    executions,
    refreshes,
    invalidations,
    counts,
    mails: cloud.mails,
    ...edgeViews({ cloud, pops, s3, Bucket, everTouched }),
    stop: cloud.stop,
  };
}
