import { Aws } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { cfnBucketOf } from './private-bucket.ts';

const EVENTS = ['s3:ObjectCreated:*', 's3:ObjectRemoved:*', 's3:LifecycleExpiration:*'];

export interface BucketEvents {
  readonly bucket: IBucket;
  readonly queue: Queue;
  /** Only of keys that begin with one of them; none: of all. */
  readonly keyPrefixes: readonly string[];
}

/**
 * Sends the bucket's events to the queue. Written on the L1 bucket, so that no custom resource with a Lambda of its own is
 * needed. S3 checks the destination when the bucket is created: the queue's policy comes first, and it names the bucket by its
 * literal ARN because a reference would close a circle.
 */
export function sendEvents({ bucket, queue, keyPrefixes }: BucketEvents): void {
  const resource = cfnBucketOf(bucket);
  queue.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('s3.amazonaws.com')],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      conditions: {
        ArnEquals: { 'aws:SourceArn': `arn:${Aws.PARTITION}:s3:::${resource.bucketName}` },
        StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
      },
    }),
  );
  const filters = outermost(keyPrefixes).map(value => ({ s3Key: { rules: [{ name: 'prefix', value }] } }));
  const filtered = filters.length === 0 ? [{}] : filters.map(filter => ({ filter }));
  resource.notificationConfiguration = {
    queueConfigurations: EVENTS.flatMap(event =>
      filtered.map(filter => ({ event, queue: queue.queueArn, ...filter })),
    ),
  };
  resource.node.addDependency(queue.node.findChild('Policy'));
}

/** Prefixes that lie in no other: S3 refuses overlapping filters. */
function outermost(prefixes: readonly string[]): string[] {
  return [...new Set(prefixes)].filter(
    prefix => !prefixes.some(other => other !== prefix && prefix.startsWith(other)),
  );
}
