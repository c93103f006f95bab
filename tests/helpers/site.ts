import { isDeepStrictEqual } from 'node:util';
import {
  CloudFrontClient,
  GetInvalidationCommand,
  paginateListInvalidations,
} from '@aws-sdk/client-cloudfront';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import { paginateListExecutions, SFNClient } from '@aws-sdk/client-sfn';
import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { expect } from 'vitest';
import type { JournalEntry } from '../../infra/local/journal.ts';
import { type LocalCloud, type LocalCloudOptions, startLocalCloud } from '../../infra/local/local-cloud.ts';
import type { Refresh } from '../../shared/refresh/refresh.ts';

/** What S3 stores beside an object's content: CacheControl, ContentType … */
export type StoredHeaders = Pick<
  PutObjectCommandInput,
  'CacheControl' | 'ContentType' | 'ContentDisposition' | 'ContentEncoding' | 'ContentLanguage' | 'Metadata'
>;

export type Site = Awaited<ReturnType<typeof startSite>>;

/** The tests' own calls say nothing about the program: `settled` does not wake up on them. */
const TESTER = 'acceptance-test';
const POINTS_OF_PRESENCE = ['FRA56-P1', 'HAN51-P2', 'IAD89-P3'];
const PARALLEL_CALLS = 64;

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
    const records = (await executions()).map(async ({ name = '' }) => {
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

  /** What the bucket holds under a key, as a viewer should see it. */
  async function stored(key: string): Promise<Seen> {
    try {
      const object = await s3.send(new GetObjectCommand({ Bucket, Key: key }));
      return {
        status: 200,
        eTag: object.ETag,
        metadata: object.Metadata,
        contentType: object.ContentType,
        cacheControl: object.CacheControl,
        body: await object.Body?.transformToString(),
      };
    } catch (error) {
      if (error instanceof NoSuchKey) return { status: 404 };
      throw error;
    }
  }

  async function seen(url: string, pop: string): Promise<Seen> {
    const { status, headers, body } = await cloud.view(url, pop);
    if (status !== 200) return { status };
    return {
      status,
      eTag: headers['etag'],
      metadata: userMetadata(headers),
      contentType: headers['content-type'],
      cacheControl: headers['cache-control'],
      body: body.toString(),
    };
  }

  const viewsOf = (key: string) => urlsOf(key).flatMap(url => pops.map(pop => ({ key, url, pop })));

  /** Has every point of presence cache what these keys show now. */
  async function warm(keys: Iterable<string> = everTouched): Promise<void> {
    await inParallel([...keys].flatMap(viewsOf), async ({ url, pop }) => void (await cloud.view(url, pop)));
  }

  /** Every point of presence shows every key ever touched as the bucket holds it, and a removed one not at all. */
  async function expectEdgeEqualsBucket(keys: Iterable<string> = everTouched): Promise<void> {
    const differences: unknown[] = [];
    await inParallel([...keys], async key => {
      const bucket = await stored(key);
      for (const { url, pop } of viewsOf(key)) {
        const edge = await seen(url, pop);
        if (!isSame(edge, bucket)) differences.push({ key, url, pop, edge, bucket });
      }
    });
    expect(differences).toEqual([]);
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
    warm,
    expectEdgeEqualsBucket,
    stop: cloud.stop,
  };
}

interface Seen {
  readonly status: number;
  readonly eTag?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly contentType?: string | undefined;
  readonly cacheControl?: string | undefined;
  readonly body?: string | undefined;
}

/** Not by the time of the last write: an unchanged upload leaves the earlier one at the edge. */
function isSame(a: Seen, b: Seen): boolean {
  return (
    a.status === b.status &&
    a.eTag === b.eTag &&
    a.contentType === b.contentType &&
    a.cacheControl === b.cacheControl &&
    isDeepStrictEqual(a.metadata, b.metadata) &&
    a.body === b.body
  );
}

function userMetadata(headers: Readonly<Record<string, string>>): Record<string, string> {
  const PREFIX = 'x-amz-meta-';
  const own = Object.entries(headers).filter(([name]) => name.startsWith(PREFIX));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(PREFIX.length), value]));
}

/** A queue may have got shorter, or an execution has ended. */
function mayHaveSettled(entry: JournalEntry): boolean {
  if (entry.kind === 'execution') return entry.state === undefined;
  return entry.kind === 'call' && /^(Receive|Delete)Message/.test(entry.action);
}

function isOwnCall(entry: JournalEntry): boolean {
  return entry.kind === 'call' && entry.caller === TESTER;
}

/** Every spelling that clients use: all escaped, as JavaScript escapes, as browsers do. The root's index.html is also `/`. */
function urlsOf(key: string): string[] {
  const escaped = encodeURIComponent(key).replaceAll('%2F', '/');
  const wholly = escaped.replaceAll(
    /[!'()*~]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  // A raw `+` is not among them: S3 reads it as a space.
  const asBrowsers = escaped.replaceAll(/%(?:24|26|2C|3A|3B|3D|40|5B|5D|7C)/g, decodeURIComponent);
  const urls = new Set([wholly, escaped, asBrowsers].map(path => `/${path}`));
  return key === 'index.html' ? ['/', ...urls] : [...urls];
}

/** Runs so many at once that the machine is busy and no time-out is near. */
export async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const remaining = items.values();
  const worker = async () => {
    for (const item of remaining) await work(item);
  };
  await Promise.all(Array.from({ length: PARALLEL_CALLS }, worker));
}
