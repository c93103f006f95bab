import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import { bucketArn } from '../../kernel/arn.ts';
import type { AwsRequest, AwsResponse, AwsService } from '../../kernel/aws-api.ts';
import type { DurableStore } from '../../kernel/durable-map.ts';
import { sendMessage } from '../sqs/send-message.ts';
import { type BucketDefinition, filterOf, type NotificationRule, overlap } from './notification-rules.ts';
import { s3Address } from './s3-request.ts';
import { s3Error, s3Response } from './s3-xml.ts';

export interface BucketNotifications {
  /** The rules of a bucket now. */
  rulesOf(bucket: string): readonly NotificationRule[];
  /** S3 with `GET` and `PUT ?notification`. */
  with(s3: AwsService): AwsService;
}

interface Kept {
  readonly bucket: string;
  /** What the template said when it was last deployed. */
  readonly deployed: readonly NotificationRule[];
  readonly rules: readonly NotificationRule[];
}

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
  for (const { name, rules } of buckets) {
    if (JSON.stringify(kept.get(name)?.deployed) === JSON.stringify(rules)) continue;
    for (const queueArn of new Set(rules.map(rule => rule.queueArn))) {
      if (!(await isValid(queueArn, name)))
        throw new Error(
          `${name}: ${INVALID_DESTINATION}: ${queueArn} does not exist, or its policy does not let S3 send`,
        );
    }
    kept.set(name, { bucket: name, deployed: rules, rules });
  }
  const rulesOf = (bucket: string) => kept.get(bucket)?.rules ?? [];

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
    const rules = parse(body.toString());
    if (rules === undefined) return s3Error(501, 'NotImplemented', 'The local cloud notifies queues only');
    if (rules.some((rule, index) => rules.slice(index + 1).some(other => overlap(rule, other))))
      return s3Error(400, 'InvalidArgument', AMBIGUOUS);
    if (headers['x-amz-skip-destination-validation'] !== 'true') {
      for (const queueArn of new Set(rules.map(rule => rule.queueArn))) {
        if (!(await takesEvents(queueArn, bucket)))
          return s3Error(400, 'InvalidArgument', INVALID_DESTINATION);
      }
    }
    kept.set(bucket, { deployed: [], ...kept.get(bucket), bucket, rules });
    return { status: 200 };
  }

  return {
    rulesOf,
    with: s3 => async request => {
      const { bucket, key, query } = s3Address(request);
      if (!query.has('notification') || key !== '') return s3(request);
      const exists = await s3({ ...request, method: 'HEAD', url: `/${bucket}`, body: Buffer.alloc(0) });
      if (exists.status !== 200) return s3Error(404, 'NoSuchBucket', 'The specified bucket does not exist');
      if (request.method === 'PUT') return put(bucket, request);
      return s3Response('NotificationConfiguration', configurationOf(rulesOf(bucket)));
    },
  };
}

const AMBIGUOUS =
  'Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.';
const INVALID_DESTINATION = 'Unable to validate the following destination configurations';

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
});

/** Undefined if it has other destinations than queues. */
function parse(body: string): NotificationRule[] | undefined {
  const { NotificationConfiguration } = z
    .object({ NotificationConfiguration: z.union([z.literal(''), z.record(z.string(), z.unknown())]) })
    .parse(parser.parse(body));
  const { success, data } = Configuration.safeParse(NotificationConfiguration || {});
  if (!success) return undefined;
  return data.QueueConfiguration.map(({ Id, Queue, Event, Filter }, index) => ({
    id: Id ?? `rule-${index}`,
    queueArn: Queue,
    events: Event,
    prefix: filterOf(Filter.S3Key.FilterRule, 'prefix'),
    suffix: filterOf(Filter.S3Key.FilterRule, 'suffix'),
  }));
}

function configurationOf(rules: readonly NotificationRule[]): object {
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
  return { QueueConfiguration };
}
