import { recordOf, s3Event } from '../helpers/s3-messages.ts';

/** `batchSize` of cdk.json's defaults. */
const BATCH_SIZE = 10;

/**
 * The JSON of the Lambda events that announce these keys: batches of SQS messages, each with one S3
 * event in its body, complete as AWS's documents show them (Lambda developer guide, "Using Lambda
 * with Amazon SQS"; S3 user guide, "Event message structure").
 */
export function lambdaEventsOf(keys: readonly string[]): string[] {
  const messages = keys.map(messageOf);
  const batches = Array.from({ length: Math.ceil(messages.length / BATCH_SIZE) }, (_, batch) =>
    messages.slice(batch * BATCH_SIZE, (batch + 1) * BATCH_SIZE),
  );
  return batches.map(Records => JSON.stringify({ Records }));
}

/**
 * What a function does to read a batch: Lambda's runtime parses the event, the function each body.
 */
export function parseLambdaEvent(json: string): void {
  const { Records }: { Records: readonly { body: string }[] } = JSON.parse(json);
  for (const { body } of Records) JSON.parse(body);
}

function messageOf(key: string) {
  return {
    messageId: '059f36b4-87a3-44ab-83d2-661975830a7d',
    receiptHandle: `AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a${'0'.repeat(330)}==`,
    body: JSON.stringify(s3Event(completeRecordOf(key))),
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '1545082649183',
      SenderId: 'AIDAIENQZJOLO23YVJ4VO',
      ApproximateFirstReceiveTimestamp: '1545082649185',
    },
    messageAttributes: {},
    md5OfBody: '098f6bcd4621d373cade4e832627b4f6',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:123456789012:StudentSite-site-changes',
    awsRegion: 'us-east-1',
  };
}

function completeRecordOf(key: string) {
  const { s3, ...record } = recordOf(key, { sequencer: '0055AED6DCD90281E5' });
  return {
    ...record,
    userIdentity: { principalId: 'AWS:AROAEXAMPLEEXAMPLE:student-site-deploy' },
    responseElements: {
      'x-amz-request-id': 'C3D13FE58DE4C810',
      'x-amz-id-2': 'FMyUVURIY8/IgAtTv8xRjskZQpcIZ9KG4V5Wp6S7S/JRWeUWerMUE5JgHvANOjpD',
    },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: 'tf-s3-queue-20261122080000000000000001',
      bucket: { ...s3.bucket, ownerIdentity: { principalId: 'A3NL1KOZZKExample' } },
      object: s3.object,
    },
  };
}
