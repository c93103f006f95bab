import { mkdirSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { buildApp } from 'fauxqs';
import { type AwsService, LOCAL_REGION } from '../../kernel/aws-api.ts';
import { inProcess } from '../../kernel/in-process.ts';
import { storeContentAsSent } from './stored-content.ts';

type Stores = NonNullable<NonNullable<Parameters<typeof buildApp>[0]>['stores']>;
export type SqsStore = Stores['sqsStore'];
export type S3Store = Stores['s3Store'];

/** fauxqs in this process: one emulator, one set of files, for S3 and SQS. */
export interface Fauxqs {
  /** Answers requests to both services. */
  readonly handle: AwsService;
  readonly sqsStore: SqsStore;
  readonly s3Store: S3Store;
  stop(): Promise<void>;
}

interface Persistence {
  updateMessageReady(messageId: string): void;
  load(sqs: SqsStore, sns: Stores['snsStore'], s3: S3Store): void;
  close(): void;
}

/**
 * fauxqs persists only through its own server, which listens on every interface. So its stores are
 * built here, from the modules behind its entry point; the version is pinned.
 */
async function loadInternals() {
  const base = import.meta.resolve('fauxqs');
  const load = async (path: string) => import(new URL(path, base).href);
  takeEveryPlane((await load('./sqs/sqsTypes.js')).INVALID_MESSAGE_BODY_CHAR);
  return {
    SqsStore: (await load('./sqs/sqsStore.js')).SqsStore as new () => SqsStore,
    SnsStore: (await load('./sns/snsStore.js')).SnsStore as new () => Stores['snsStore'],
    S3Store: (await load('./s3/s3Store.js')).S3Store as new () => S3Store,
    PersistenceManager: (await load('./persistence.js')).PersistenceManager as new (
      directory: string,
    ) => Persistence & NonNullable<SqsStore['persistence']>,
  };
}

/**
 * fauxqs refuses a message with a character beyond U+FFFF, such as an emoji. SQS takes it: API
 * reference, SendMessage, "MessageBody".
 */
function takeEveryPlane(invalid: RegExp): void {
  const isInvalid = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;
  invalid.test = text => isInvalid.test(text);
}

/** @param directory where it keeps its state; in memory without one */
export async function startFauxqs(directory?: string): Promise<Fauxqs> {
  const internals = await loadInternals();
  const sqsStore = new internals.SqsStore();
  const snsStore = new internals.SnsStore();
  const s3Store = new internals.S3Store();
  sqsStore.host = '';
  sqsStore.region = LOCAL_REGION;
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
  const toStore = storeContentAsSent(app);
  await app.ready();
  const answer = inProcess((request, response) => app.routing(request, response));
  return {
    handle: request => answer(request.service === 's3' ? toStore(request) : request),
    sqsStore,
    s3Store,
    async stop() {
      await app.close();
      persistence?.close();
    },
  };
}

/** Mends what fauxqs's own persistence gets wrong or does slower than needed. */
function tunePersistence(persistence: Persistence): void {
  const database = Reflect.get(persistence, 'db') as DatabaseSync;
  // Like our own state (durable-map.ts): a killed process loses nothing, and no message waits for
  // the disk.
  database.exec('PRAGMA synchronous = NORMAL');
  // It forgets the receive count of a message that is given back; its own schema forbids that, and
  // the message is lost.
  const giveBack = database.prepare(
    'UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL WHERE message_id = ?',
  );
  persistence.updateMessageReady = messageId => void giveBack.run(messageId);
}
