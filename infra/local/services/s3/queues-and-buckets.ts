import { mkdirSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { buildApp } from 'fauxqs';
import { type AwsRequest, type AwsService, LOCAL_ACCOUNT, LOCAL_REGION } from '../../kernel/aws-api.ts';
import { inProcess } from '../../kernel/in-process.ts';
import { withConditionalWrites } from './conditional-writes.ts';
import { withDeleteObjects } from './delete-objects.ts';
import { withoutUnknownSubresources } from './subresources.ts';

type Stores = NonNullable<NonNullable<Parameters<typeof buildApp>[0]>['stores']>;
type SqsStore = Stores['sqsStore'];
type S3Store = Stores['s3Store'];
type Listing = ReturnType<S3Store['listObjects']>;

interface Persistence {
  updateMessageReady(messageId: string): void;
  load(sqs: SqsStore, sns: Stores['snsStore'], s3: S3Store): void;
  close(): void;
}

/**
 * fauxqs persists only through its own server, which listens on every interface. Its stores are therefore built here, from
 * the modules behind its entry point; the version is pinned.
 */
async function loadInternals() {
  const base = import.meta.resolve('fauxqs');
  const load = async (path: string) => import(new URL(path, base).href);
  return {
    SqsStore: (await load('./sqs/sqsStore.js')).SqsStore as new () => SqsStore,
    SnsStore: (await load('./sns/snsStore.js')).SnsStore as new () => Stores['snsStore'],
    S3Store: (await load('./s3/s3Store.js')).S3Store as new () => S3Store,
    PersistenceManager: (await load('./persistence.js')).PersistenceManager as new (
      directory: string,
    ) => Persistence & NonNullable<SqsStore['persistence']>,
  };
}

export interface QueueFigures {
  readonly visible: number;
  readonly notVisible: number;
  /**
   * Of the message whose age SQS reports, in milliseconds since the epoch: those received three times or more are skipped (SQS
   * developer guide, "Available CloudWatch metrics"). Undefined when there is none.
   */
  readonly oldestSentAt: number | undefined;
}

const RECEIVES_OF_A_POISON_PILL = 3;

export interface QueuesAndBuckets {
  readonly sqs: AwsService;
  readonly s3: AwsService;
  /** Creates a queue, or brings the attributes of a kept one up to date. */
  ensureQueue(name: string, url: string, attributes: Record<string, string>): void;
  ensureBucket(name: string): void;
  measureQueue(name: string): QueueFigures;
  stop(): Promise<void>;
}

/** S3 and SQS by fauxqs, in this process. @param directory where they keep their state; in memory without */
export async function startQueuesAndBuckets(directory?: string): Promise<QueuesAndBuckets> {
  const internals = await loadInternals();
  const sqsStore = new internals.SqsStore();
  const snsStore = new internals.SnsStore();
  const s3Store = new internals.S3Store();
  sqsStore.host = '';
  sqsStore.region = LOCAL_REGION;
  listInByteOrder(s3Store);
  let persistence: InstanceType<typeof internals.PersistenceManager> | undefined;
  if (directory !== undefined) {
    mkdirSync(directory, { recursive: true });
    persistence = new internals.PersistenceManager(directory);
    tunePersistence(persistence);
    persistence.load(sqsStore, snsStore, s3Store);
    sqsStore.persistence = persistence;
    s3Store.persistence = persistence;
    for (const queue of sqsStore.allQueues()) queue.persistence = persistence;
  }
  const app = buildApp({
    logger: false,
    defaultRegion: LOCAL_REGION,
    stores: { sqsStore, snsStore, s3Store },
  });
  await app.ready();
  const handle = inProcess((request, response) => app.routing(request, response));

  return {
    sqs: handle,
    s3: withoutUnknownSubresources(
      withConditionalWrites(withDeleteObjects(request => handle(withBody(request)))),
    ),
    ensureQueue(name, url, attributes) {
      const kept = sqsStore.getQueueByName(name);
      if (kept === undefined) {
        sqsStore.createQueue(name, url, `arn:aws:sqs:${LOCAL_REGION}:${LOCAL_ACCOUNT}:${name}`, attributes);
      } else {
        kept.setAttributes(attributes);
        // The port may have changed since.
        Object.assign(kept, { url });
        // Whoever was working on these went with the last process: waiting for their time-out would help nobody.
        for (const receipt of [...kept.inflightMessages.keys()]) kept.changeVisibility(receipt, 0);
      }
    },
    ensureBucket: name => s3Store.createBucket(name),
    measureQueue(name) {
      const queue = sqsStore.getQueueByName(name);
      // Messages whose visibility time-out has passed are visible, though nobody has looked since.
      queue?.processTimers();
      const { ready = [], inflight = [] } = queue?.inspectMessages() ?? {};
      const sentAt = [...ready, ...inflight.map(({ message }) => message)]
        .filter(({ approximateReceiveCount }) => approximateReceiveCount < RECEIVES_OF_A_POISON_PILL)
        .map(({ sentTimestamp }) => sentTimestamp);
      return {
        visible: ready.length,
        notVisible: inflight.length,
        oldestSentAt: sentAt.length === 0 ? undefined : Math.min(...sentAt),
      };
    },
    async stop() {
      await app.close();
      persistence?.close();
    },
  };
}

/** What fauxqs's own persistence gets wrong or does slower than needed. */
function tunePersistence(persistence: Persistence): void {
  const database = Reflect.get(persistence, 'db') as DatabaseSync;
  // Like our own state (durable-map.ts): a killed process loses nothing, and no message waits for the disk.
  database.exec('PRAGMA synchronous = NORMAL');
  // Of a message that is given back it forgets the receive count too; its own schema forbids that, and the message is lost.
  const giveBack = database.prepare(
    'UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL WHERE message_id = ?',
  );
  persistence.updateMessageReady = messageId => void giveBack.run(messageId);
}

/** fauxqs fails on a PUT without content; an empty aws-chunked body says the same. */
function withBody(request: AwsRequest): AwsRequest {
  if (
    request.method !== 'PUT' ||
    request.body.length > 0 ||
    request.headers['x-amz-copy-source'] !== undefined
  ) {
    return request;
  }
  const headers = { ...request.headers, 'content-encoding': 'aws-chunked' };
  return { ...request, headers, body: Buffer.from('0\r\n\r\n') };
}

/** S3 lists by UTF-8 bytes. fauxqs sorts by locale but pages by code unit, and so loses keys between two pages. */
function listInByteOrder(store: S3Store): void {
  const listAll = store.listObjects.bind(store);
  store.listObjects = (bucket, { prefix = '', delimiter, maxKeys = 1000, startAfter, marker } = {}) => {
    const { objects } = listAll(bucket, { prefix, maxKeys: Number.POSITIVE_INFINITY });
    const after = startAfter || marker || '';
    const listing: Listing = { objects: [], commonPrefixes: [], isTruncated: false };
    for (const object of sortedAfter(objects, after)) {
      const group = commonPrefixOf(object.key, prefix, delimiter);
      if (group !== undefined && (group === after || group === listing.commonPrefixes.at(-1))) continue;
      if (listing.objects.length + listing.commonPrefixes.length === maxKeys) return truncated(listing);
      if (group === undefined) listing.objects.push(object);
      else listing.commonPrefixes.push(group);
    }
    return listing;
  };
}

/**
 * fauxqs continues after the last object of a page, and after the last prefix only where a page has no object: a page must
 * not end with a prefix then. S3 may answer fewer keys than were asked for.
 */
function truncated({ objects, commonPrefixes }: Listing): Listing {
  const last = objects.at(-1)?.key;
  const kept = commonPrefixes.filter(prefix => last === undefined || byBytes(prefix, last) < 0);
  return { objects, commonPrefixes: kept, isTruncated: true };
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function sortedAfter(objects: Listing['objects'], after: string): Listing['objects'] {
  const start = Buffer.from(after);
  return objects
    .map(object => ({ object, bytes: Buffer.from(object.key) }))
    .filter(({ bytes }) => start.length === 0 || Buffer.compare(bytes, start) > 0)
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
    .map(({ object }) => object);
}

function commonPrefixOf(key: string, prefix: string, delimiter: string | undefined): string | undefined {
  const end = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length);
  return delimiter === undefined || end < 0 ? undefined : key.slice(0, end + delimiter.length);
}
