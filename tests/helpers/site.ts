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
import type { LocalCloud } from '../../infra/local/local-cloud.ts';
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
  const output = (name: string) => {
    const value = cloud.outputs[name];
    if (value === undefined) throw new Error(`The stack has no output ${name}`);
    return value;
  };
  const clients = clientsOf(cloud.endpoint);
  const { s3, sqs } = clients;
  const Bucket = output('SiteBucketName');
  const everTouched = new Set<string>();
  return {
    cloud,
    pops,
    clients,
    output,
    ...writesTo(Bucket, s3, everTouched),
    /** Sends a message to the site-changes queue: a string as it is, anything else as JSON. */
    async send(body: unknown): Promise<void> {
      const QueueUrl = output('SiteChangesQueueUrl');
      const MessageBody = typeof body === 'string' ? body : JSON.stringify(body);
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    },
    ...createSettling({ cloud, output, eventsOnTheirWay: events.onTheirWay }),
    ...historyOf(cloud, output, clients),
    mails: cloud.mails,
    ...edgeViews({ cloud, pops, s3, Bucket, everTouched }),
    stop: cloud.stop,
  };
}

type Clients = ReturnType<typeof clientsOf>;

function clientsOf(endpoint: string) {
  const settings = {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: TESTER, secretAccessKey: 'none' },
  };
  const dynamoDb = new DynamoDBClient(settings);
  return {
    s3: new S3Client({ ...settings, forcePathStyle: true }),
    sqs: new SQSClient(settings),
    stepFunctions: new SFNClient(settings),
    cloudFront: new CloudFrontClient(settings),
    lambda: new LambdaClient(settings),
    dynamoDb,
    documents: DynamoDBDocumentClient.from(dynamoDb),
  };
}

/** What an owner does with the site's objects. @param everTouched gets the keys */
function writesTo(Bucket: string, s3: S3Client, everTouched: Set<string>) {
  return {
    async put(key: string, body: string, headers: StoredHeaders = {}): Promise<void> {
      everTouched.add(key);
      await s3.send(new PutObjectCommand({ Bucket, Key: key, Body: body, ...headers }));
    },

    async remove(key: string): Promise<void> {
      everTouched.add(key);
      await s3.send(new DeleteObjectCommand({ Bucket, Key: key }));
    },

    /** Changes an object's headers in place, as `aws s3 cp --metadata-directive REPLACE` does. */
    async replaceHeaders(key: string, headers: StoredHeaders): Promise<void> {
      everTouched.add(key);
      const CopySource = `${Bucket}/${encodeURIComponent(key)}`;
      await s3.send(
        new CopyObjectCommand({ Bucket, Key: key, CopySource, MetadataDirective: 'REPLACE', ...headers }),
      );
    },
  };
}

/** What there has been so far, newest first. */
function historyOf(
  cloud: Pick<LocalCloud, 'mails'>,
  output: (name: string) => string,
  { stepFunctions, cloudFront, dynamoDb }: Clients,
) {
  const DistributionId = output('DistributionId');

  /** Every execution of the refresh state machine: one per refresh. */
  async function executions() {
    const pages = paginateListExecutions(
      { client: stepFunctions },
      { stateMachineArn: output('RefreshStateMachineArn') },
    );
    const found = [];
    for await (const { executions: page = [] } of pages) found.push(...page);
    return found;
  }

  async function invalidationIds(): Promise<string[]> {
    const pages = paginateListInvalidations({ client: cloudFront }, { DistributionId });
    const found: string[] = [];
    for await (const { InvalidationList } of pages)
      found.push(...(InvalidationList?.Items ?? []).flatMap(({ Id = [] }) => Id));
    return found;
  }

  return {
    executions,

    /** One record per refresh. @param newest no more than these */
    async refreshes(newest = Number.POSITIVE_INFINITY): Promise<Refresh[]> {
      const table = openRefreshTable({ tableName: output('RefreshTableName'), client: dynamoDb });
      const records = (await executions()).slice(0, newest).map(async ({ name = '' }) => {
        const refresh = await table.refreshes.get(name);
        if (refresh === undefined) throw new Error(`The execution ${name} follows no refresh`);
        return refresh;
      });
      return Promise.all(records);
    },

    /** Paths of the invalidations. @param newest no more than these */
    async invalidations(newest = Number.POSITIVE_INFINITY): Promise<string[][]> {
      const found = (await invalidationIds()).slice(0, newest).map(async Id => {
        const { Invalidation } = await cloudFront.send(new GetInvalidationCommand({ DistributionId, Id }));
        return Invalidation?.InvalidationBatch?.Paths?.Items ?? [];
      });
      return Promise.all(found);
    },

    /** How much of each there has been. */
    async counts() {
      const [started, purges] = await Promise.all([executions(), invalidationIds()]);
      return { refreshes: started.length, invalidations: purges.length, mails: cloud.mails().length };
    },
  };
}
