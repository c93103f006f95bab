import * as z from 'zod/mini';
import { InvalidMessageError } from '../errors.ts';
import type { Change } from './refresh.ts';

/** S3's longest object key, in bytes of UTF-8. */
export const MAX_KEY_BYTES = 1024;

/** Hexadecimal, and far shorter than a DynamoDB sort key, which it becomes part of. */
export const Sequencer = z.string().check(z.regex(/^[0-9A-Fa-f]{0,128}$/));

/**
 * An event that S3 sends by way of EventBridge, which puts it into the queue unchanged: S3 user
 * guide, "EventBridge event message structure". Only the fields that are read.
 */
export const BridgedEvent = z.object({
  source: z.literal('aws.s3'),
  'detail-type': z.string(),
  /** To the second. */
  time: z.string(),
  detail: z.object({
    /** Events had none at first. A minor version only adds fields. */
    'event-version': z._default(z.string(), '1'),
    bucket: z.object({ name: z.string() }),
    object: z.object({ key: z.string(), etag: z.optional(z.string()), sequencer: z._default(Sequencer, '') }),
  }),
});
type BridgedEvent = z.infer<typeof BridgedEvent>;

/** Lifecycle rules remove objects as `Object Deleted`, too. */
const REMOVED = 'Object Deleted';
const CHANGES: readonly string[] = ['Object Created', REMOVED];

/**
 * @returns the change, or why the event is ignored
 * @throws InvalidMessageError if its version is unknown or its key cannot be one
 */
export function readBridgedEvent(event: BridgedEvent, bucket: string): Change | string {
  const { 'detail-type': type, time: eventTime, detail } = event;
  const version = detail['event-version'];
  if (version.split('.')[0] !== '1')
    throw new InvalidMessageError(`Unknown event version ${version}: only 1.x is understood`);
  if (detail.bucket.name !== bucket) return `an event of another bucket, ${detail.bucket.name}`;
  if (!CHANGES.includes(type)) return `an event that changes no content, ${type}`;
  // Unlike those of notifications, these keys are not encoded.
  const { key, etag, sequencer } = detail.object;
  if (!isObjectKey(key))
    throw new InvalidMessageError(
      `The object key ${JSON.stringify(key.slice(0, MAX_KEY_BYTES))} is not UTF-8 of ${MAX_KEY_BYTES} bytes at most`,
    );
  return {
    key,
    removed: type === REMOVED,
    eventTime,
    sequencer,
    ...(etag === undefined ? {} : { eTag: etag }),
  };
}

/** Whether S3 could have an object of that name. */
export function isObjectKey(key: string): boolean {
  return key.isWellFormed() && Buffer.byteLength(key) <= MAX_KEY_BYTES;
}
