import { Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/**
 * EventBridge refuses patterns of more than 2,048 characters (user guide, "EventBridge quotas").
 * The rest of this one, with the longest name of a bucket, needs 200 of them.
 */
const LONGEST_PREFIXES = 1800;

export interface BridgedEvents {
  readonly bucket: IBucket;
  readonly queue: Queue;
  /** Its alarm tells of events that the queue refused, or did not take for a day. */
  readonly deadLetterQueue: Queue;
  readonly keyPrefixes: readonly string[];
}

/**
 * Takes a bucket's events off the account's default bus. The queues' policies admit this rule
 * alone. The collector looks at each key again, so that a pattern without prefixes costs no more
 * than the messages.
 */
export function createEventRule(
  scope: Construct,
  { bucket, queue, deadLetterQueue, keyPrefixes }: BridgedEvents,
): Rule {
  // Plain prefixes: only the filters of notifications are encoded.
  const key = keyPrefixes.map(prefix => ({ prefix }));
  const isLimited = key.length > 0 && JSON.stringify(key).length <= LONGEST_PREFIXES;
  return new Rule(scope, 'BucketEvents', {
    description: "Sends the bucket's events to the site-changes queue",
    eventPattern: {
      source: ['aws.s3'],
      detailType: ['Object Created', 'Object Deleted'],
      detail: { bucket: { name: [bucket.bucketName] }, ...(isLimited ? { object: { key } } : {}) },
    },
    targets: [new SqsQueue(queue, { deadLetterQueue })],
  });
}
