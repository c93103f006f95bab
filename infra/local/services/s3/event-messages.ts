import { bucketArn } from '../../kernel/arn.ts';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../../kernel/aws-api.ts';
import { serviceEvent } from '../events/service-event.ts';

/** What happened to an object. */
export interface ObjectEvent {
  readonly bucket: string;
  readonly key: string;
  /** Without the prefix `s3:`, as the event itself carries it. */
  readonly name: string;
  readonly eTag?: string;
  readonly size?: number;
  readonly versionId?: string;
}

/** The message of a notification: one event. */
export function notification(event: ObjectEvent, sequencer: string, time: Date): object {
  return { Records: [toRecord(event, sequencer, time)] };
}

function toRecord({ bucket, key, name, eTag, size, versionId }: ObjectEvent, sequencer: string, time: Date) {
  return {
    eventVersion: '2.4',
    eventSource: 'aws:s3',
    awsRegion: LOCAL_REGION,
    eventTime: time.toISOString(),
    eventName: name,
    userIdentity: { principalId: 'AWS:LOCAL' },
    requestParameters: { sourceIPAddress: '127.0.0.1' },
    responseElements: { 'x-amz-request-id': sequencer, 'x-amz-id-2': sequencer },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: 'local',
      bucket: { name: bucket, ownerIdentity: { principalId: 'LOCAL' }, arn: bucketArn(bucket) },
      object: {
        key: formEncode(key),
        ...(eTag === undefined ? {} : { eTag, size }),
        ...(versionId === undefined ? {} : { versionId }),
        sequencer,
      },
    },
  };
}

/** `application/x-www-form-urlencoded` with slashes kept, as S3 encodes keys. */
function formEncode(key: string): string {
  return encodeURIComponent(key)
    .replaceAll(/[!'()*]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%2F', '/')
    .replaceAll('%20', '+');
}

/** The API by which an object was made, in EventBridge's words. */
const REASONS: Readonly<Record<string, string>> = {
  'ObjectCreated:Put': 'PutObject',
  'ObjectCreated:Copy': 'CopyObject',
  'ObjectCreated:CompleteMultipartUpload': 'CompleteMultipartUpload',
};

const DELETIONS: Readonly<Record<string, string>> = {
  'ObjectRemoved:Delete': 'Permanently Deleted',
  'ObjectRemoved:DeleteMarkerCreated': 'Delete Marker Created',
};

/**
 * An event as S3 hands it to EventBridge, its key not encoded: S3 user guide, "EventBridge event
 * message structure".
 */
export function bridgedEvent(
  { bucket, key, name, eTag, size, versionId }: ObjectEvent,
  sequencer: string,
  time: Date,
): object {
  const isRemoval = name.startsWith('ObjectRemoved:');
  return serviceEvent(
    {
      source: 'aws.s3',
      'detail-type': isRemoval ? 'Object Deleted' : 'Object Created',
      resources: [bucketArn(bucket)],
      detail: {
        version: '0',
        'event-version': '1.1',
        bucket: { name: bucket },
        object: {
          key,
          ...(eTag === undefined ? {} : { size, etag: eTag }),
          ...(versionId === undefined ? {} : { 'version-id': versionId }),
          sequencer,
        },
        'request-id': sequencer,
        requester: LOCAL_ACCOUNT,
        'source-ip-address': '127.0.0.1',
        reason: isRemoval ? 'DeleteObject' : REASONS[name],
        ...(isRemoval ? { 'deletion-type': DELETIONS[name] } : {}),
      },
    },
    time.getTime(),
  );
}
