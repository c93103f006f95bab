import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import { type AwsRequest, type AwsResponse, type AwsService, jsonRequest } from '../../kernel/aws-api.ts';
import type { DurableStore } from '../../kernel/durable-map.ts';

/** Which events of a bucket go to a queue. */
export interface NotificationRule {
  readonly id: string;
  readonly queueArn: string;
  /** `s3:ObjectCreated:*` or full event names. */
  readonly events: readonly string[];
  /** Of keys, encoded; empty for all. */
  readonly prefix: string;
  readonly suffix: string;
}

/** A bucket of the template, and what it says of its notifications. */
export interface NotifyingBucket {
  readonly name: string;
  readonly rules: readonly NotificationRule[];
}

export interface BucketNotifications {
  /** Those of a bucket now. */
  rulesOf(bucket: string): readonly NotificationRule[];
  /** S3 with `GET` and `PUT ?notification`. */
  with(s3: AwsService): AwsService;
}

interface Kept {
  readonly bucket: string;
  /** As the template said when it was last deployed. */
  readonly deployed: readonly NotificationRule[];
  readonly rules: readonly NotificationRule[];
}

/**
 * The notifications of the buckets. Like CloudFormation, a start leaves alone what callers of the API have made of them, unless
 * the template says something else than at the last one.
 */
export function createBucketNotifications(
  buckets: readonly NotifyingBucket[],
  { store, callAws }: { readonly store: DurableStore; readonly callAws: AwsService },
): BucketNotifications {
  const kept = store.map<Kept>('bucket-notifications');
  for (const { name, rules } of buckets) {
    const isSame = JSON.stringify(kept.get(name)?.deployed) === JSON.stringify(rules);
    if (!isSame) kept.set(name, { bucket: name, deployed: rules, rules });
  }
  const rulesOf = (bucket: string) => kept.get(bucket)?.rules ?? [];

  /** S3 sends every queue a test event, and refuses a configuration with a queue that does not take it. */
  async function isTaken(bucket: string, queueArn: string): Promise<boolean> {
    const Time = new Date().toISOString();
    const event = { Service: 'Amazon S3', Event: 's3:TestEvent', Time, Bucket: bucket };
    const message = { QueueUrl: queueUrlOf(queueArn), MessageBody: JSON.stringify(event) };
    const request = jsonRequest('sqs', 'AmazonSQS.SendMessage', message, `arn:aws:s3:::${bucket}`);
    return (await callAws(request)).status === 200;
  }

  async function put(bucket: string, { body, headers }: AwsRequest): Promise<AwsResponse> {
    const rules = parse(body.toString());
    if (rules === undefined) return refusal(501, 'NotImplemented', 'The local cloud notifies queues only');
    if (rules.some((rule, index) => rules.slice(index + 1).some(other => overlap(rule, other))))
      return refusal(400, 'InvalidArgument', AMBIGUOUS);
    if (headers['x-amz-skip-destination-validation'] !== 'true') {
      for (const queueArn of new Set(rules.map(rule => rule.queueArn))) {
        if (!(await isTaken(bucket, queueArn))) return refusal(400, 'InvalidArgument', INVALID_DESTINATION);
      }
    }
    kept.set(bucket, { deployed: [], ...kept.get(bucket), bucket, rules });
    return { status: 200 };
  }

  return {
    rulesOf,
    with: s3 => async request => {
      const { pathname, searchParams } = new URL(request.url, 'http://s3');
      const [, bucket = '', key = ''] = pathname.split('/');
      if (!searchParams.has('notification') || key !== '') return s3(request);
      const exists = await s3({ ...request, method: 'HEAD', url: `/${bucket}`, body: Buffer.alloc(0) });
      if (exists.status !== 200) return refusal(404, 'NoSuchBucket', 'The specified bucket does not exist');
      if (request.method === 'PUT') return put(bucket, request);
      return { status: 200, headers: XML, body: builder.build(toXml(rulesOf(bucket))) };
    },
  };
}

const AMBIGUOUS =
  'Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.';
const INVALID_DESTINATION = 'Unable to validate the following destination configurations';

function overlap(a: NotificationRule, b: NotificationRule): boolean {
  return (
    (a.prefix.startsWith(b.prefix) || b.prefix.startsWith(a.prefix)) &&
    (a.suffix.endsWith(b.suffix) || b.suffix.endsWith(a.suffix)) &&
    a.events.some(event => b.events.some(other => isEventOf(event, other) || isEventOf(other, event)))
  );
}

/** SQS finds a queue by the path of its URL alone. */
export function queueUrlOf(queueArn: string): string {
  const [account, name] = queueArn.split(':').slice(-2);
  return `http://sqs/${account}/${name}`;
}

/** Whether a rule for `pattern`, such as `s3:ObjectCreated:*`, takes an event, or all of another pattern. */
export function isEventOf(pattern: string, event: string): boolean {
  return pattern.endsWith('*') ? event.startsWith(pattern.slice(0, -1)) : event === pattern;
}

/** The characters that a filter's value may hold as they are: S3 user guide, "Safe characters", with the slash. */
const ENCODED = /^(?:[\w!.*'()/+-]|%[0-9A-Fa-f]{2})*$/;

/** Whether a rule is for such keys. Its prefix and suffix match none unless they are encoded: a space as `+`, `=` as `%3D`. */
export function isKeyOf({ prefix, suffix }: NotificationRule, key: string): boolean {
  if (!ENCODED.test(prefix) || !ENCODED.test(suffix)) return false;
  return key.startsWith(formDecode(prefix)) && key.endsWith(formDecode(suffix));
}

function formDecode(value: string): string {
  return new URLSearchParams(`value=${value}`).get('value') ?? '';
}

const parser = new XMLParser({
  isArray: name => ['QueueConfiguration', 'Event', 'FilterRule'].includes(name),
  parseTagValue: false,
  ignoreAttributes: true,
});
const builder = new XMLBuilder({ ignoreAttributes: false });
const XML = { 'content-type': 'application/xml' };

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

/** Undefined when it has other destinations than queues. */
function parse(body: string): NotificationRule[] | undefined {
  const { NotificationConfiguration } = z
    .object({ NotificationConfiguration: z.union([z.literal(''), z.record(z.string(), z.unknown())]) })
    .parse(parser.parse(body));
  const { success, data } = Configuration.safeParse(NotificationConfiguration || {});
  if (!success) return undefined;
  return data.QueueConfiguration.map(({ Id, Queue, Event, Filter }, index) => {
    return {
      id: Id ?? `rule-${index}`,
      queueArn: Queue,
      events: Event,
      prefix: filterOf(Filter.S3Key.FilterRule, 'prefix'),
      suffix: filterOf(Filter.S3Key.FilterRule, 'suffix'),
    };
  });
}

/** @param rules S3 spells their names in two ways */
export function filterOf(
  rules: readonly { readonly Name: string; readonly Value: string }[],
  name: 'prefix' | 'suffix',
): string {
  return rules.find(({ Name }) => Name.toLowerCase() === name)?.Value ?? '';
}

function toXml(rules: readonly NotificationRule[]) {
  const QueueConfiguration = rules.map(({ id, queueArn, events, prefix, suffix }) => {
    const filters = Object.entries({ Prefix: prefix, Suffix: suffix }).filter(([, value]) => value !== '');
    const FilterRule = filters.map(([Name, Value]) => ({ Name, Value }));
    return {
      Id: id,
      Queue: queueArn,
      Event: events,
      ...(FilterRule.length === 0 ? {} : { Filter: { S3Key: { FilterRule } } }),
    };
  });
  return {
    NotificationConfiguration: { '@_xmlns': 'http://s3.amazonaws.com/doc/2006-03-01/', QueueConfiguration },
  };
}

function refusal(status: number, Code: string, Message: string): AwsResponse {
  return { status, headers: XML, body: builder.build({ Error: { Code, Message, RequestId: 'local' } }) };
}
