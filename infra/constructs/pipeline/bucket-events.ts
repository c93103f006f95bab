import { Aws, Stack, Token, Tokenization } from 'aws-cdk-lib';
import { type Policy, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnBucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct, IDependable } from 'constructs';
import { SITE_EVENTS } from '../../../shared/deployment/agreed.ts';
import { toFilterValue } from '../../../shared/deployment/filter-value.ts';
import { DeploymentFunction } from './deployment-function.ts';
import { uniquePath } from './unique-path.ts';

export interface BucketEvents {
  readonly bucket: IBucket;
  readonly queue: Queue;
  /** Only events of keys that begin with one of these are sent. If there are none, all are. */
  readonly keyPrefixes: readonly string[];
}

/**
 * Sends a bucket's events to a queue. S3 checks the destination when it is told, so the queue's
 * policy comes first.
 */
export function sendEvents(scope: Construct, { bucket, queue, keyPrefixes }: BucketEvents): void {
  const own = ownBucket(scope, bucket);
  queue.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('s3.amazonaws.com')],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      conditions: {
        ...fromBucket(own === undefined ? bucket.bucketName : writtenName(own)),
        StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
      },
    }),
  );
  const prefixes = outermost(keyPrefixes).map(toFilterValue);
  const policy = queue.node.findChild('Policy');
  if (own === undefined) notifyBeside(scope, { bucket, queue, keyPrefixes: prefixes }, policy);
  else notify(own, { queue, keyPrefixes: prefixes }, policy);
}

/**
 * A bucket's name in the template, where CDK has a token for it: undefined if CloudFormation is to
 * choose one.
 */
function writtenName(bucket: CfnBucket): string | undefined {
  return Stack.of(bucket).resolve(bucket.bucketName) === undefined ? undefined : bucket.bucketName;
}

/**
 * A bucket of the same stack is made after the policy, which therefore cannot refer to it. If
 * CloudFormation is to name the bucket, any bucket of the account may send.
 *
 * @param name undefined if only the deployment knows it
 */
function fromBucket(name: string | undefined): Record<string, Record<string, string>> {
  const arn = `arn:${Aws.PARTITION}:s3:::${name ?? '*'}`;
  return { [name === undefined ? 'ArnLike' : 'ArnEquals']: { 'aws:SourceArn': arn } };
}

/** A bucket that the same stack makes. */
export function ownBucket(scope: Construct, bucket: IBucket): CfnBucket | undefined {
  const { defaultChild } = bucket.node;
  const isOwn = defaultChild instanceof CfnBucket && Stack.of(defaultChild) === Stack.of(scope);
  if (!isOwn) return undefined;
  scope.node.addValidation({
    validate: () =>
      bucket.node.tryFindChild('Notifications') === undefined
        ? []
        : [
            `${bucket.node.path} has notifications of addEventNotification(), which would replace those of AutoInvalidation: write them into the notificationConfiguration of its CfnBucket before AutoInvalidation is made`,
          ],
  });
  return defaultChild;
}

/**
 * Writes the notification into the bucket itself, which needs no custom resource with a Lambda of
 * its own.
 */
function notify(
  bucket: CfnBucket,
  { queue, keyPrefixes }: Omit<BucketEvents, 'bucket'>,
  policy: IDependable,
): void {
  const filters = keyPrefixes.map(value => ({ filter: { s3Key: { rules: [{ name: 'prefix', value }] } } }));
  const rules = SITE_EVENTS.flatMap(event =>
    (filters.length === 0 ? [{}] : filters).map(filter => ({ event, queue: queue.queueArn, ...filter })),
  );
  const others = bucket.notificationConfiguration ?? {};
  if (Tokenization.isResolvable(others) || Tokenization.isResolvable(others.queueConfigurations))
    throw new Error(
      `${bucket.node.path}: AutoInvalidation adds to its notifications, which must be plain values, no tokens`,
    );
  bucket.notificationConfiguration = {
    ...others,
    queueConfigurations: [...(others.queueConfigurations ?? []), ...rules],
  };
  bucket.node.addDependency(policy);
}

/**
 * Adds the notification by a custom resource, which leaves the bucket's other notifications as they
 * are.
 */
function notifyBeside(
  scope: Construct,
  { bucket, queue, keyPrefixes }: BucketEvents,
  policy: IDependable,
): void {
  const notify = new DeploymentFunction(scope, 'Notify', {
    handler: 'pipeline/notify-bucket',
    description: "Adds the site's events to the bucket's notifications",
    permissions: [],
  });
  const allowed = allowNotifying(notify, bucket);
  notify
    .serve(scope, 'Notification', 'Custom::BucketNotification', {
      BucketName: bucket.bucketName,
      Owner: uniquePath(scope),
      QueueArn: queue.queueArn,
      Events: SITE_EVENTS,
      ...(keyPrefixes.length === 0 ? {} : { KeyPrefixes: keyPrefixes }),
    })
    .node.addDependency(policy, allowed);
}

/**
 * A policy of its own for each bucket. When the stack is told another bucket, CloudFormation makes
 * the new policy first and removes the former one last, so that the rules in the former bucket can
 * still be taken away.
 */
function allowNotifying(notify: DeploymentFunction, bucket: IBucket): Policy {
  const isKnown = !Token.isUnresolved(bucket.bucketName);
  return notify.allow(isKnown ? bucket.bucketName : 'Bucket', [
    new PolicyStatement({
      actions: ['s3:GetBucketNotification', 's3:PutBucketNotification'],
      resources: [bucket.bucketArn],
    }),
  ]);
}

/** Prefixes without those that another one covers: S3 refuses overlapping filters. */
function outermost(prefixes: readonly string[]): string[] {
  return [...new Set(prefixes)].filter(
    prefix => !prefixes.some(other => other !== prefix && prefix.startsWith(other)),
  );
}
