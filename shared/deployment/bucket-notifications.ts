import * as z from 'zod/mini';
import { DeploymentRefusedError } from '../errors.ts';
import type { ResourceKind } from './custom-resource.ts';
import { fromFilterValue } from './filter-value.ts';

/** Which events of a bucket go to one destination, as S3 stores it. */
export interface NotificationRule {
  readonly Id?: string | undefined;
  readonly Events: readonly string[] | undefined;
  readonly Filter?:
    | {
        readonly Key?:
          | {
              readonly FilterRules?:
                | readonly { readonly Name?: string | undefined; readonly Value?: string | undefined }[]
                | undefined;
            }
          | undefined;
      }
    | undefined;
}

export interface QueueRule extends NotificationRule {
  readonly QueueArn: string | undefined;
}

/** All notifications of a bucket. S3 replaces them as a whole. */
export interface NotificationConfiguration {
  readonly QueueConfigurations?: readonly QueueRule[] | undefined;
  readonly TopicConfigurations?:
    | readonly (NotificationRule & { readonly TopicArn: string | undefined })[]
    | undefined;
  readonly LambdaFunctionConfigurations?:
    | readonly (NotificationRule & { readonly LambdaFunctionArn: string | undefined })[]
    | undefined;
  readonly EventBridgeConfiguration?: object | undefined;
}

export interface BucketNotifications {
  /**
   * Replaces a bucket's configuration with what `change` makes of it, unless that is the same
   * object.
   * @throws DeploymentRefusedError if there is no such bucket in this region
   */
  change(
    bucket: string,
    change: (configuration: NotificationConfiguration) => NotificationConfiguration,
  ): Promise<void>;
  /** The same, but the bucket may have been removed, and destinations may be gone. */
  changeIfAny(
    bucket: string,
    change: (configuration: NotificationConfiguration) => NotificationConfiguration,
  ): Promise<void>;
}

const Attached = z.object({
  BucketName: z.string(),
  /** Tells our rules from all others: their ids begin with it and a slash. */
  Owner: z.string(),
});

/** Events go to a queue of ours. */
const Attachment = z.extend(Attached, {
  QueueArn: z.string(),
  Events: z.array(z.string()),
  /** Encoded as S3's filters are. */
  KeyPrefixes: z._default(z.array(z.string()), []),
});
export type Attachment = z.infer<typeof Attachment>;

/** Events go to EventBridge, where a rule of ours takes them. */
const Bridge = z.extend(Attached, { EventBridge: z.literal('true') });

/**
 * Sends events of a bucket to a queue or to EventBridge, beside the bucket's other notifications.
 * Once on, EventBridge stays on: which rules of the account need it, no API tells. A rule that lost
 * its events would be somebody else's, and nobody would notice.
 */
export function bucketNotification(notifications: BucketNotifications): ResourceKind {
  return {
    idOf(properties) {
      const { BucketName, Owner } = Attached.parse(properties);
      return `${BucketName}/${Owner}`;
    },
    async put(properties) {
      const { data: bridge } = Bridge.safeParse(properties);
      if (bridge !== undefined) {
        await notifications.change(bridge.BucketName, configuration => bridged(configuration, bridge.Owner));
        return {};
      }
      const attachment = Attachment.parse(properties);
      await notifications.change(attachment.BucketName, configuration => attach(configuration, attachment));
      return {};
    },
    async remove(properties) {
      const { BucketName, Owner } = Attached.parse(properties);
      await notifications.changeIfAny(BucketName, configuration => detach(configuration, Owner));
      return Bridge.safeParse(properties).success ? staysOn(BucketName) : undefined;
    },
  };
}

/**
 * Switches EventBridge on, and takes rules of ours away that were there before it. The same object
 * if there is nothing to do.
 */
export function bridged(configuration: NotificationConfiguration, owner: string): NotificationConfiguration {
  const others = detach(configuration, owner);
  return others.EventBridgeConfiguration === undefined ? { ...others, EventBridgeConfiguration: {} } : others;
}

function staysOn(bucket: string): string {
  return `The bucket ${bucket} still sends its events to EventBridge, because other rules may take them. If none does, switch it off: aws s3api get-bucket-notification-configuration shows EventBridgeConfiguration, which put-bucket-notification-configuration then leaves out.`;
}

/**
 * Adds our rules, or replaces their former versions.
 * @throws DeploymentRefusedError if S3 would refuse them beside the others
 */
export function attach(
  configuration: NotificationConfiguration,
  attachment: Attachment,
): NotificationConfiguration {
  const others = detach(configuration, attachment.Owner);
  const rules = rulesOf(attachment);
  const overlapping = everyRule(others).find(other => rules.some(rule => overlap(rule, other)));
  if (overlapping !== undefined) throw overlapRefused(attachment.BucketName, overlapping);
  return { ...others, QueueConfigurations: [...(others.QueueConfigurations ?? []), ...rules] };
}

/** The configuration without our rules; the same object if it has none. */
export function detach(configuration: NotificationConfiguration, owner: string): NotificationConfiguration {
  const { QueueConfigurations = [], ...rest } = configuration;
  const others = QueueConfigurations.filter(({ Id = '' }) => !Id.startsWith(`${owner}/`));
  if (others.length === QueueConfigurations.length) return configuration;
  return others.length === 0 ? rest : { ...rest, QueueConfigurations: others };
}

function rulesOf({ Owner, QueueArn, Events, KeyPrefixes }: Attachment): QueueRule[] {
  const filters =
    KeyPrefixes.length === 0
      ? [{}]
      : KeyPrefixes.map(Value => ({ Filter: { Key: { FilterRules: [{ Name: 'prefix', Value }] } } }));
  return filters.map((filter, index) => ({ Id: `${Owner}/${index}`, QueueArn, Events, ...filter }));
}

/** Of all kinds of destinations. */
export function everyRule(configuration: NotificationConfiguration): NotificationRule[] {
  const { QueueConfigurations, TopicConfigurations, LambdaFunctionConfigurations } = configuration;
  return [
    ...(QueueConfigurations ?? []),
    ...(TopicConfigurations ?? []),
    ...(LambdaFunctionConfigurations ?? []),
  ];
}

/**
 * S3 refuses two rules that one event could match: S3 user guide, "Event notification types with
 * overlapping filters".
 */
function overlap(a: NotificationRule, b: NotificationRule): boolean {
  const [prefixA, prefixB] = [filterOf(a, 'prefix'), filterOf(b, 'prefix')];
  const [suffixA, suffixB] = [filterOf(a, 'suffix'), filterOf(b, 'suffix')];
  return (
    (prefixA.startsWith(prefixB) || prefixB.startsWith(prefixA)) &&
    (suffixA.endsWith(suffixB) || suffixB.endsWith(suffixA)) &&
    (a.Events ?? []).some(event => (b.Events ?? []).some(other => sharesEvents(event, other)))
  );
}

/** Decoded, since others may have encoded the same keys differently. */
function filterOf({ Filter }: NotificationRule, name: 'prefix' | 'suffix'): string {
  const rules = Filter?.Key?.FilterRules ?? [];
  return fromFilterValue(rules.find(({ Name }) => Name?.toLowerCase() === name)?.Value ?? '');
}

/** `s3:ObjectCreated:*` includes `s3:ObjectCreated:Put`. */
function sharesEvents(a: string, b: string): boolean {
  const covers = (pattern: string, event: string) =>
    pattern.endsWith('*') ? event.startsWith(pattern.slice(0, -1)) : event === pattern;
  return covers(a, b) || covers(b, a);
}

function overlapRefused(bucket: string, rule: NotificationRule): DeploymentRefusedError {
  const { Id, Events, Filter: _, ...destination } = rule;
  const [prefix, suffix] = [filterOf(rule, 'prefix'), filterOf(rule, 'suffix')];
  const keys = prefix === '' && suffix === '' ? 'all keys' : `keys like ${prefix}*${suffix}`;
  const to = Object.values(destination).join(', ');
  return new DeploymentRefusedError(
    `S3 sends an event to one destination only, and the bucket ${bucket} already sends ${Events?.join(', ')} of ${keys} to ${to} (notification ${Id}). Deploy again with -c events=eventbridge, which needs no notification, or with keyPrefixes that do not overlap, or give that notification narrower events or keys.`,
  );
}
