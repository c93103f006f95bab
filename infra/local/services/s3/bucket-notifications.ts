import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import { bucketArn } from '../../kernel/arn.ts';
import type { AwsRequest, AwsResponse, AwsService } from '../../kernel/aws-api.ts';
import type { DurableStore } from '../../kernel/durable-map.ts';
import { sendMessage } from '../sqs/send-message.ts';
import { type BucketDefinition, filterOf, type Notifications, overlap } from './notification-rules.ts';
import { s3Address } from './s3-request.ts';
import { s3Error, s3Response } from './s3-xml.ts';

export interface BucketNotifications {
  /** Those of a bucket now. */
  of(bucket: string): Notifications;
  /** S3 with `GET` and `PUT ?notification`. */
  with(s3: AwsService): AwsService;
}

interface Kept {
  readonly bucket: string;
  /** What the template said when it was last deployed. */
  readonly deployed: Notifications;
  readonly now: Notifications;
}

const NONE: Notifications = { rules: [], isBridged: false };

export interface BucketNotificationsOptions {
  readonly store: DurableStore;
  readonly callAws: AwsService;
  /** Whether there is such a queue, and its policy lets S3 send it what a bucket tells. */
  readonly isValid: (queueArn: string, bucket: string) => Promise<boolean>;
}

/**
 * The notifications of buckets. Like CloudFormation, a start leaves what callers of the API have
 * made of them, unless the template says something new.
 *
 * @throws Error naming a bucket of the template and a queue that S3 cannot send to
 */
export async function createBucketNotifications(
  buckets: readonly BucketDefinition[],
  { store, callAws, isValid }: BucketNotificationsOptions,
): Promise<BucketNotifications> {
  const kept = store.map<Kept>('bucket-notifications');
  for (const { name, notifications } of buckets) {
    if (JSON.stringify(kept.get(name)?.deployed) === JSON.stringify(notifications)) continue;
    for (const queueArn of queuesOf(notifications)) {
      if (!(await isValid(queueArn, name)))
        throw new Error(
          `${name}: ${INVALID_DESTINATION}: ${queueArn} does not exist, or its policy does not let S3 send`,
        );
    }
    kept.set(name, { bucket: name, deployed: notifications, now: notifications });
  }
  // What a former version of the local cloud kept has another form.
  const notificationsOf = (bucket: string) => kept.get(bucket)?.now ?? NONE;

  /**
   * S3 sends every queue a test event, and refuses a configuration with a queue that does not take
   * it.
   */
  async function takesEvents(queueArn: string, bucket: string): Promise<boolean> {
    const Time = new Date().toISOString();
    const event = { Service: 'Amazon S3', Event: 's3:TestEvent', Time, Bucket: bucket };
    const message = sendMessage(queueArn, JSON.stringify(event), bucketArn(bucket));
    return (await callAws(message)).status === 200;
  }

  async function put(bucket: string, { body, headers }: AwsRequest): Promise<AwsResponse> {
    const notifications = parse(body.toString());
    if (notifications === undefined)
      return s3Error(501, 'NotImplemented', 'The local cloud notifies queues and EventBridge only');
    const { rules } = notifications;
    if (rules.some((rule, index) => rules.slice(index + 1).some(other => overlap(rule, other))))
      return s3Error(400, 'InvalidArgument', AMBIGUOUS);
    if (headers['x-amz-skip-destination-validation'] !== 'true') {
      for (const queueArn of queuesOf(notifications)) {
        if (!(await takesEvents(queueArn, bucket)))
          return s3Error(400, 'InvalidArgument', INVALID_DESTINATION);
      }
    }
    kept.set(bucket, { deployed: NONE, ...kept.get(bucket), bucket, now: notifications });
    return { status: 200 };
  }

  return {
    of: notificationsOf,
    with: s3 => async request => {
      const { bucket, key, query } = s3Address(request);
      if (!query.has('notification') || key !== '') return s3(request);
      const exists = await s3({ ...request, method: 'HEAD', url: `/${bucket}`, body: Buffer.alloc(0) });
      if (exists.status !== 200) return s3Error(404, 'NoSuchBucket', 'The specified bucket does not exist');
      if (request.method === 'PUT') return put(bucket, request);
      return s3Response('NotificationConfiguration', configurationOf(notificationsOf(bucket)));
    },
  };
}

const AMBIGUOUS =
  'Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.';
const INVALID_DESTINATION = 'Unable to validate the following destination configurations';

const queuesOf = ({ rules }: Notifications) => new Set(rules.map(({ queueArn }) => queueArn));

const parser = new XMLParser({
  isArray: name => ['QueueConfiguration', 'Event', 'FilterRule'].includes(name),
  parseTagValue: false,
  ignoreAttributes: true,
});

const FilterRule = z.object({ Name: z.string(), Value: z.string().default('') });

const Configuration = z.strictObject({
  QueueConfiguration: z
    .array(
      z.object({
        Id: z.string().optional(),
        Queue: z.string(),
        Event: z.array(z.string()),
        Filter: z
          .object({ S3Key: z.object({ FilterRule: z.array(FilterRule).default([]) }) })
          .default({ S3Key: { FilterRule: [] } }),
      }),
    )
    .default([]),
  /** An empty element. */
  EventBridgeConfiguration: z.literal('').optional(),
});

/** Undefined if it has other destinations than queues and EventBridge. */
function parse(body: string): Notifications | undefined {
  const { NotificationConfiguration } = z
    .object({ NotificationConfiguration: z.union([z.literal(''), z.record(z.string(), z.unknown())]) })
    .parse(parser.parse(body));
  const { success, data } = Configuration.safeParse(NotificationConfiguration || {});
  if (!success) return undefined;
  const rules = data.QueueConfiguration.map(({ Id, Queue, Event, Filter }, index) => ({
    id: Id ?? `rule-${index}`,
    queueArn: Queue,
    events: Event,
    prefix: filterOf(Filter.S3Key.FilterRule, 'prefix'),
    suffix: filterOf(Filter.S3Key.FilterRule, 'suffix'),
  }));
  return { rules, isBridged: data.EventBridgeConfiguration !== undefined };
}

function configurationOf({ rules, isBridged }: Notifications): object {
  const QueueConfiguration = rules.map(({ id, queueArn, events, prefix, suffix }) => {
    const filters = Object.entries({ Prefix: prefix, Suffix: suffix }).filter(([, value]) => value !== '');
    const FilterRules = filters.map(([Name, Value]) => ({ Name, Value }));
    return {
      Id: id,
      Queue: queueArn,
      Event: events,
      ...(FilterRules.length === 0 ? {} : { Filter: { S3Key: { FilterRule: FilterRules } } }),
    };
  });
  return { QueueConfiguration, ...(isBridged ? { EventBridgeConfiguration: '' } : {}) };
}
