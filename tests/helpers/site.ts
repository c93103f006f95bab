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
import { paginateListExecutions, SFNClient } from '@aws-sdk/client-sfn';
import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { JournalEntry } from '../../infra/local/kernel/journal.ts';
import { type LocalCloud, type LocalCloudOptions, startLocalCloud } from '../../infra/local/local-cloud.ts';
import { openRefreshTable } from '../../shared/aws/refresh-table/open-refresh-table.ts';
import type { Refresh } from '../../shared/refresh/refresh.ts';
import { edgeViews } from './edge-views.ts';

/** What S3 stores beside an object's content: CacheControl, ContentType … */
export type StoredHeaders = Pick<
  PutObjectCommandInput,
  'CacheControl' | 'ContentType' | 'ContentDisposition' | 'ContentEncoding' | 'ContentLanguage' | 'Metadata'
>;

export type Site = Awaited<ReturnType<typeof startSite>>;

/** The tests' own calls say nothing about the program: `settled` does not wake up on them. */
const TESTER = 'acceptance-test';
const POINTS_OF_PRESENCE = ['FRA56-P1', 'HAN51-P2', 'IAD89-P3'];

/**
 * The whole system on this machine with an empty bucket, and what an acceptance test does with it: only AWS APIs, stack
 * outputs and viewers' requests. Stop it at the end: `onTestFinished(site.stop)`.
 *
 * @param options as of the local cloud; by default three points of presence, no page deployed, no alarms, a fifth of real time
 */
export async function startSite(options: LocalCloudOptions = {}) {
  const { deliverEvent = (_, send) => send() }: LocalCloudOptions = options;
  const eventsOnTheirWay = new Set<Promise<void>>();
  const pops = options.pointsOfPresence ?? POINTS_OF_PRESENCE;
  const cloud: LocalCloud = await startLocalCloud({
    timeScale: 0.2,
    deployWebsite: false,
    alarms: false,
    pointsOfPresence: pops,
    ...options,
    deliverEvent(event, send) {
      const delivery = deliverEvent(event, send).finally(() => eventsOnTheirWay.delete(delivery));
      eventsOnTheirWay.add(delivery);
      return delivery;
    },
  });
  const { outputs, journal } = cloud;
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

  /** Messages in a queue of the stack, those being worked on included. */
  async function queueLength(queueUrlOutput: string): Promise<number> {
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: output(queueUrlOutput), AttributeNames: ['All'] }),
    );
    const counts = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
    return counts.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
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

  /** The history: one record per refresh, newest first. */
  async function refreshes(): Promise<Refresh[]> {
    const tableName = output('RefreshTableName');
    const table = openRefreshTable({ tableName, client: new DynamoDBClient(client) });
    const records = (await executions()).map(async ({ name = '' }) => {
      const refresh = await table.refreshes.get(name);
      if (refresh === undefined) throw new Error(`The execution ${name} follows no refresh`);
      return refresh;
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

  /** From upstream to downstream: every stage hands its work on before it lets go of it. */
  async function isSettled(): Promise<boolean> {
    if (eventsOnTheirWay.size > 0) return false;
    if ((await queueLength('SiteChangesQueueUrl')) > 0) return false;
    if ((await executions()).some(({ status }) => status === 'RUNNING')) return false;
    return (await queueLength('MailQueueUrl')) === 0;
  }

  /** Waits until every event is collected, no refresh is open or running, and the mails are out. */
  async function settled(timeoutMs = 120_000): Promise<void> {
    for (;;) {
      const moved = next(mayHaveSettled, 'every refresh to end', timeoutMs);
      // Settled already: nobody waits for it any more.
      moved.catch(() => undefined);
      if (await isSettled()) return;
      await moved;
    }
  }

  /** The next thing the program does that matches; what happened before does not count. */
  function next(
    matches: (entry: JournalEntry) => boolean,
    what: string,
    timeoutMs = 60_000,
  ): Promise<JournalEntry> {
    return new Promise((resolve, reject) => {
      const unsubscribe = journal.subscribe(entry => {
        if (!isOwnCall(entry) && matches(entry)) settle(() => resolve(entry));
      });
      const timer = setTimeout(
        () => settle(() => reject(new Error(`Waited ${timeoutMs} ms in vain for ${what}`))),
        timeoutMs,
      );
      const settle = (end: () => void) => {
        clearTimeout(timer);
        unsubscribe();
        end();
      };
    });
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
    queueLength,
    executions,
    refreshes,
    invalidations,
    mails: cloud.mails,
    settled,
    next,
    ...edgeViews({ cloud, pops, s3, Bucket, everTouched }),
    stop: cloud.stop,
  };
}

/** A queue may have got shorter, or an execution has ended. */
function mayHaveSettled(entry: JournalEntry): boolean {
  if (entry.kind === 'execution') return entry.state === undefined;
  return entry.kind === 'call' && /^(Receive|Delete)Message/.test(entry.action);
}

function isOwnCall(entry: JournalEntry): boolean {
  return entry.kind === 'call' && entry.caller === TESTER;
}
