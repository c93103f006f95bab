import * as z from 'zod/mini';
import { InvalidMessageError } from '../errors.ts';

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
    object: z.object({
      key: z.string(),
      etag: z.optional(z.string()),
      'version-id': z.nullish(z.string()),
      sequencer: z._default(Sequencer, ''),
    }),
    reason: z.optional(z.string()),
    'deletion-type': z.optional(z.string()),
  }),
});
type BridgedEvent = z.infer<typeof BridgedEvent>;

/**
 * The record of the notification that S3 would have sent about the same event.
 *
 * @throws InvalidMessageError if the version of the event is unknown or its key cannot be one
 */
export function recordOf(event: BridgedEvent) {
  const { bucket, object, 'event-version': version } = event.detail;
  if (version.split('.')[0] !== '1')
    throw new InvalidMessageError(`Unknown event version ${version}: only 1.x is understood`);
  const { key, etag, 'version-id': versionId, sequencer } = object;
  // Unlike those of notifications, these keys are not encoded.
  if (!isObjectKey(key))
    throw new InvalidMessageError(
      `The object key ${JSON.stringify(key.slice(0, MAX_KEY_BYTES))} is not UTF-8 of ${MAX_KEY_BYTES} bytes at most`,
    );
  return {
    eventVersion: '2.0',
    eventSource: 'aws:s3',
    eventName: nameOf(event),
    eventTime: event.time,
    s3: {
      bucket,
      object: {
        key: encodeURIComponent(key),
        ...(etag === undefined ? {} : { eTag: etag }),
        ...(versionId === undefined ? {} : { versionId }),
        sequencer,
      },
    },
  } as const;
}

/** S3 user guide, "Amazon EventBridge mapping". Others change no content, and keep their names. */
function nameOf({ 'detail-type': type, detail }: BridgedEvent): string {
  if (type === 'Object Created') return `ObjectCreated:${detail.reason ?? ''}`;
  if (type !== 'Object Deleted') return type;
  const by = detail.reason === 'Lifecycle Expiration' ? 'LifecycleExpiration' : 'ObjectRemoved';
  return detail['deletion-type'] === 'Delete Marker Created' ? `${by}:DeleteMarkerCreated` : `${by}:Delete`;
}

/** Whether S3 could have an object of that name. */
export function isObjectKey(key: string): boolean {
  return key.isWellFormed() && Buffer.byteLength(key) <= MAX_KEY_BYTES;
}
