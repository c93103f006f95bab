import * as z from 'zod/mini';
import { InvalidMessageError } from '../errors.ts';
import { BridgedEvent, isObjectKey, MAX_KEY_BYTES, recordOf, Sequencer } from './bridged-event.ts';
import {
  ASKED,
  type Asked,
  askedIn,
  askedProblems,
  type ManualRequest,
  requireSome,
} from './manual-request.ts';
import type { Change, Changes } from './refresh.ts';

/**
 * What a message of the site-changes queue means: changes to collect, and why the rest is ignored.
 */
export interface SiteMessage extends Changes {
  /** The distribution that a request by hand is for; absent for all of them. */
  readonly distributionId?: string;
  readonly ignored: readonly string[];
}

/*
 * Our own schemas, as lenient as AWS: Powertools' S3Schema refuses IPv6 uploaders and the test
 * event. Unknown fields are ignored, as S3 asks readers to do (S3 user guide, "Event message
 * structure").
 */
const S3Record = z.object({
  eventVersion: z.string(),
  eventSource: z.literal('aws:s3'),
  eventName: z.string(),
  eventTime: z.string(),
  s3: z.object({
    bucket: z.object({ name: z.string() }),
    object: z.object({
      key: z.string(),
      eTag: z.optional(z.string()),
      versionId: z.nullish(z.string()),
      sequencer: z._default(Sequencer, ''),
    }),
  }),
});
type S3Record = z.infer<typeof S3Record>;

const OtherRecord = z.object({ eventSource: z.string().check(z.refine(source => source !== 'aws:s3')) });
const TestEvent = z.object({ Event: z.literal('s3:TestEvent') });
const Notification = z.object({ Records: z.array(z.union([S3Record, OtherRecord])) });
const QueuedRequest = z
  .strictObject({
    ...ASKED,
    distributionId: z.optional(z.string()),
    /** What made the paths old, if nobody asked for them by hand. */
    causes: z.optional(z.array(z.string())),
  })
  .check(requireSome);

/**
 * Reads one message: an S3 event notification, an event of S3 by way of EventBridge, the test event
 * S3 sends when notifications are configured, or a request by hand, `{"paths": ["/*"]}` or
 * `{"tags": ["product:1"]}`, perhaps with a `distributionId`.
 *
 * @param bucket the site bucket; events of others are ignored
 * @throws InvalidMessageError if the message is none of these, or if part of it cannot be
 *   understood
 */
export function parseSiteMessage(body: string, bucket: string): SiteMessage {
  const message = parseJson(body);
  if (TestEvent.safeParse(message).success) {
    return { objects: [], paths: [], ignored: ["S3's test event for a new notification configuration"] };
  }
  const request = QueuedRequest.safeParse(message);
  if (request.success) {
    const { distributionId, causes, ...asked } = request.data;
    const target = distributionId === undefined ? {} : { distributionId };
    const reason = causes === undefined ? {} : { causes };
    return { objects: [], ...checked(asked), ignored: [], ...target, ...reason };
  }
  const bridged = BridgedEvent.safeParse(message);
  if (bridged.success) return readRecords([recordOf(bridged.data)], bucket);
  const notification = Notification.safeParse(message);
  if (notification.success) return readRecords(notification.data.Records, bucket);
  throw new InvalidMessageError(
    `Neither an S3 event notification (${z.prettifyError(notification.error)}) nor {"paths": [...]} nor {"tags": [...]}`,
  );
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new InvalidMessageError('The message is not JSON', { cause });
  }
}

function checked(asked: z.infer<typeof ManualRequest>): Pick<Changes, keyof Asked> {
  const [first] = askedProblems(asked);
  if (first === undefined) {
    const { paths, tags } = askedIn(asked);
    return { paths, ...(tags.length === 0 ? {} : { tags }) };
  }
  const { list, index, problem } = first;
  const what = list === 'paths' ? 'path' : 'tag';
  throw new InvalidMessageError(`Bad ${what} ${JSON.stringify(asked[list]?.[index])}: ${problem}`);
}

function readRecords(records: readonly (S3Record | { eventSource: string })[], bucket: string): SiteMessage {
  const objects: Change[] = [];
  const ignored: string[] = records.length === 0 ? ['a notification without records'] : [];
  for (const record of records) {
    const reason = reasonToIgnore(record, bucket);
    if (reason !== undefined) ignored.push(reason);
    else if (isS3Record(record)) objects.push(toChange(record));
  }
  return { objects, paths: [], ignored };
}

function isS3Record(record: S3Record | { eventSource: string }): record is S3Record {
  return 's3' in record;
}

function reasonToIgnore(record: S3Record | { eventSource: string }, bucket: string): string | undefined {
  if (!isS3Record(record)) return `a record of ${record.eventSource}`;
  // 2.0 to 2.6 so far; a minor version only adds fields.
  if (record.eventVersion.split('.')[0] !== '2') {
    throw new InvalidMessageError(`Unknown event version ${record.eventVersion}: only 2.x is understood`);
  }
  if (record.s3.bucket.name !== bucket) return `an event of another bucket, ${record.s3.bucket.name}`;
  if (isExpiryOfOldVersion(record))
    return `the expiry of an old version of ${decodeKey(record.s3.object.key)}`;
  return isChange(record) ? undefined : `an event that changes no content, ${record.eventName}`;
}

/** Lifecycle deletions are LifecycleExpiration events, not ObjectRemoved ones. */
function isChange({ eventName }: S3Record): boolean {
  return eventName.startsWith('ObjectCreated:') || isRemoval(eventName);
}

function isRemoval(eventName: string): boolean {
  return eventName.startsWith('ObjectRemoved:') || eventName.startsWith('LifecycleExpiration:');
}

/**
 * Whether a lifecycle rule deleted a version that nobody saw. In buckets with versions, rules hide
 * the current version behind a delete marker, and delete for good only what is not current (S3 user
 * guide, "Expiring objects").
 */
function isExpiryOfOldVersion({ eventName, s3 }: S3Record): boolean {
  return eventName === 'LifecycleExpiration:Delete' && versionOf(s3.object) !== undefined;
}

/**
 * The version that an event names. The null version is none: it is written again and again where
 * versioning is suspended, and objects without versions are called so, too.
 */
function versionOf({ versionId }: S3Record['s3']['object']): string | undefined {
  return versionId === null || versionId === '' || versionId === 'null' ? undefined : versionId;
}

function toChange({ eventName, eventTime, s3 }: S3Record): Change {
  const { eTag, sequencer, versionId } = s3.object;
  const version = versionOf(s3.object);
  // The deletion of a version names it; one that only hides the object makes a delete marker.
  const deletesVersion = eventName === 'ObjectRemoved:Delete' && typeof versionId === 'string';
  return {
    key: decodeKey(s3.object.key),
    removed: isRemoval(eventName) && !deletesVersion,
    eventTime,
    sequencer,
    ...(eTag === undefined ? {} : { eTag }),
    ...(version === undefined ? {} : { versionId: version }),
    ...(deletesVersion ? { deletesVersion } : {}),
  };
}

/**
 * Keys in notifications are form-encoded, once: `red flower.jpg` arrives as `red+flower.jpg`, `a+b`
 * as `a%2Bb`.
 */
function decodeKey(encoded: string): string {
  const key = decodeFormValue(encoded);
  if (key === undefined || !isObjectKey(key)) {
    const shown = JSON.stringify(encoded.slice(0, MAX_KEY_BYTES));
    throw new InvalidMessageError(
      `The object key ${shown} is not URL-encoded UTF-8 of ${MAX_KEY_BYTES} bytes at most`,
    );
  }
  return key;
}

function decodeFormValue(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
