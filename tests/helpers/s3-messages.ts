/** The body of a message as S3 puts it into the queue: one event notification. */
export function s3Event(...records: unknown[]) {
  return { Records: records };
}

interface RecordDetails {
  readonly eventName?: string;
  readonly eTag?: string;
  readonly sequencer?: string;
  readonly versionId?: string;
}

/** One record, of version 2.4, about an object of `site-bucket`. */
export function recordOf(key: string, details: RecordDetails = {}) {
  const {
    eventName = 'ObjectCreated:Put',
    eTag = 'd41d8cd98f00b204e9800998ecf8427e',
    sequencer = '0055AED6',
    versionId,
  } = details;
  const version = versionId === undefined ? {} : { versionId };
  return {
    eventVersion: '2.4',
    eventSource: 'aws:s3',
    awsRegion: 'us-east-1',
    eventTime: '2026-11-02T10:00:00.500Z',
    eventName,
    requestParameters: { sourceIPAddress: '203.0.113.7' },
    s3: {
      bucket: { name: 'site-bucket', arn: 'arn:aws:s3:::site-bucket' },
      object: { key: formEncoded(key), size: 12, eTag, sequencer, ...version },
    },
  };
}

interface BridgedDetails {
  readonly type?: string;
  readonly etag?: string;
  readonly sequencer?: string;
  /** What else is in the detail. */
  readonly detail?: object;
}

/** The body of a message as EventBridge puts it into the queue: one event of `site-bucket`. */
export function bridgedEvent(key: string, details: BridgedDetails = {}) {
  const {
    type = 'Object Created',
    etag = 'd41d8cd98f00b204e9800998ecf8427e',
    sequencer = '0055AED6',
    detail = {},
  } = details;
  return {
    version: '0',
    id: '17793124-05d4-b198-2fde-7ededc63b103',
    'detail-type': type,
    source: 'aws.s3',
    account: '111122223333',
    time: '2026-11-02T10:00:00Z',
    region: 'us-east-1',
    resources: ['arn:aws:s3:::site-bucket'],
    detail: {
      version: '0',
      'event-version': '1.1',
      bucket: { name: 'site-bucket' },
      object: { key, size: 12, etag, sequencer },
      'request-id': 'N4N7GDK58NMKJ12R',
      requester: '111122223333',
      'source-ip-address': '203.0.113.7',
      reason: 'PutObject',
      ...detail,
    },
  };
}

export const TEST_EVENT = {
  Service: 'Amazon S3',
  Event: 's3:TestEvent',
  Time: '2026-11-02T10:00:00.500Z',
  Bucket: 'site-bucket',
  RequestId: '5582815E1AEA5ADF',
  HostId: '8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR',
};

/** As S3 writes keys into notifications: form-encoded, but for the slashes. */
export function formEncoded(key: string): string {
  return encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/');
}
