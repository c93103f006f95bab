import { Aws, Stack, Token, Tokenization } from 'aws-cdk-lib';
import { type Policy, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnBucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct, IDependable } from 'constructs';
import { SITE_EVENTS } from '../../../shared/deployment/agreed.ts';
import { toFilterValue } from '../../../shared/deployment/filter-value.ts';
import { createEventRule } from './bridged-events.ts';
import { DeploymentFunction } from './deployment-function.ts';
import { uniquePath } from './unique-path.ts';

export interface BucketEvents {
  readonly bucket: IBucket;
  readonly queue: Queue;
  /** Gets the events that EventBridge could not put into the queue. */
  readonly deadLetterQueue: Queue;
  /** Only events of keys that begin with one of these are sent. If there are none, all are. */
  readonly keyPrefixes: readonly string[];
  readonly events: 'notifications' | 'eventbridge';
}

/** Sends a bucket's events to a queue, in one of two ways. */
export function sendEvents(scope: Construct, events: BucketEvents): void {
  if (events.events === 'eventbridge') sendByEventBridge(scope, events);
  else sendByNotifications(scope, events);
}

/** S3 sends all its events to EventBridge, beside any notifications. A rule picks the site's. */
function sendByEventBridge(scope: Construct, events: BucketEvents): void {
  const { bucket, queue } = events;
  const rule = createEventRule(scope, events);
  const own = ownBucket(scope, bucket);
  if (own === undefined) {
    const properties = { EventBridge: 'true' };
    notifyBeside(scope, bucket, properties, [rule, queue.node.findChild('Policy')]);
  } else if (hasNotifications(bucket)) bucket.enableEventBridgeNotification();
  else {
    requireNoNotifications(scope, bucket);
    own.notificationConfiguration = {
      ...notificationsOf(own),
      eventBridgeConfiguration: { eventBridgeEnabled: true },
    };
  }
}

/** S3 checks the destination when it is told, so the queue's policy comes first. */
function sendByNotifications(scope: Construct, { bucket, queue, keyPrefixes }: BucketEvents): void {
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
  if (own === undefined) {
    const properties = {
      QueueArn: queue.queueArn,
      Events: SITE_EVENTS,
      ...(prefixes.length === 0 ? {} : { KeyPrefixes: prefixes }),
    };
    notifyBeside(scope, bucket, properties, [policy]);
  } else {
    requireNoNotifications(scope, bucket);
    notify(own, { queue, keyPrefixes: prefixes }, policy);
  }
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
  return isOwn ? defaultChild : undefined;
}

/** Whether CDK keeps the bucket's notifications by a custom resource of its own. */
const hasNotifications = (bucket: IBucket) => bucket.node.tryFindChild('Notifications') !== undefined;

function requireNoNotifications(scope: Construct, bucket: IBucket): void {
  scope.node.addValidation({
    validate: () =>
      hasNotifications(bucket)
        ? [
            `${bucket.node.path} has notifications of addEventNotification(), which would replace those of AutoInvalidation: add them before AutoInvalidation is made, and give it events: 'eventbridge'; or write them into the notificationConfiguration of its CfnBucket`,
          ]
        : [],
  });
}

/**
 * Writes the notification into the bucket itself, which needs no custom resource with a Lambda of
 * its own.
 */
function notify(
  bucket: CfnBucket,
  { queue, keyPrefixes }: Pick<BucketEvents, 'queue' | 'keyPrefixes'>,
  policy: IDependable,
): void {
  const filters = keyPrefixes.map(value => ({ filter: { s3Key: { rules: [{ name: 'prefix', value }] } } }));
  const rules = SITE_EVENTS.flatMap(event =>
    (filters.length === 0 ? [{}] : filters).map(filter => ({ event, queue: queue.queueArn, ...filter })),
  );
  const { queueConfigurations = [], ...others } = notificationsOf(bucket);
  bucket.notificationConfiguration = {
    ...others,
    queueConfigurations: [...queueConfigurations, ...rules],
  };
  bucket.node.addDependency(policy);
}

/** @throws Error if they are not known before the deployment */
function notificationsOf(bucket: CfnBucket) {
  const all = bucket.notificationConfiguration ?? {};
  if (!Tokenization.isResolvable(all)) {
    const { queueConfigurations, ...others } = all;
    if (!Tokenization.isResolvable(queueConfigurations))
      return { ...others, ...(queueConfigurations === undefined ? {} : { queueConfigurations }) };
  }
  throw new Error(
    `${bucket.node.path}: AutoInvalidation adds to its notifications, which must be plain values, no tokens`,
  );
}

/**
 * Adds the notification by a custom resource, which leaves the bucket's other notifications as they
 * are.
 *
 * @param properties what to add
 * @param first what has to be there before
 */
function notifyBeside(
  scope: Construct,
  bucket: IBucket,
  properties: Readonly<Record<string, string | readonly string[]>>,
  first: readonly IDependable[],
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
      ...properties,
    })
    .node.addDependency(...first, allowed);
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
