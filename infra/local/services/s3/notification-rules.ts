import { z } from 'zod';
import type { Resource } from '../../template/resource.ts';
import { type BucketEncryption, encryptionOf } from './encryption.ts';

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

/** Where a bucket's events go. */
export interface Notifications {
  readonly rules: readonly NotificationRule[];
  /** Whether all of them go to EventBridge as well. */
  readonly isBridged: boolean;
}

/** A bucket of the template, with the notifications that the template gives it. */
export interface BucketDefinition {
  readonly name: string;
  readonly notifications: Notifications;
  readonly encryption: BucketEncryption;
  readonly keepsVersions: boolean;
}

const NotificationConfiguration = z
  .strictObject({
    QueueConfigurations: z
      .array(
        z.strictObject({
          Event: z.string(),
          Queue: z.string(),
          Filter: z
            .strictObject({
              S3Key: z.strictObject({
                Rules: z.array(z.strictObject({ Name: z.string(), Value: z.string() })),
              }),
            })
            .default({ S3Key: { Rules: [] } }),
        }),
      )
      .default([]),
    EventBridgeConfiguration: z
      .strictObject({ EventBridgeEnabled: z.boolean() })
      .default({ EventBridgeEnabled: false }),
  })
  .prefault({});

const Versioning = z
  .strictObject({ Status: z.enum(['Enabled', 'Suspended']) })
  .default({ Status: 'Suspended' });

export function bucketOf({ ref, logicalId, properties }: Resource): BucketDefinition {
  const { QueueConfigurations, EventBridgeConfiguration } = NotificationConfiguration.parse(
    properties['NotificationConfiguration'],
  );
  const rules = QueueConfigurations.map(({ Event, Queue, Filter }, index) => ({
    id: `${logicalId}-${index}`,
    queueArn: Queue,
    events: [Event],
    prefix: filterOf(Filter.S3Key.Rules, 'prefix'),
    suffix: filterOf(Filter.S3Key.Rules, 'suffix'),
  }));
  return {
    name: ref,
    notifications: { rules, isBridged: EventBridgeConfiguration.EventBridgeEnabled },
    encryption: encryptionOf(properties['BucketEncryption']),
    keepsVersions: Versioning.parse(properties['VersioningConfiguration']).Status === 'Enabled',
  };
}

/** @param filters S3 spells their names in two ways */
export function filterOf(
  filters: readonly { readonly Name: string; readonly Value: string }[],
  name: 'prefix' | 'suffix',
): string {
  return filters.find(({ Name }) => Name.toLowerCase() === name)?.Value ?? '';
}

/** Whether both rules would take the same event; S3 refuses such a configuration. */
export function overlap(a: NotificationRule, b: NotificationRule): boolean {
  return (
    (a.prefix.startsWith(b.prefix) || b.prefix.startsWith(a.prefix)) &&
    (a.suffix.endsWith(b.suffix) || b.suffix.endsWith(a.suffix)) &&
    a.events.some(event => b.events.some(other => isEventOf(event, other) || isEventOf(other, event)))
  );
}

/** Whether a rule takes an event. @param event full name, such as `s3:ObjectCreated:Put` */
export function takes(rule: NotificationRule, event: string, key: string): boolean {
  return rule.events.some(pattern => isEventOf(pattern, event)) && isKeyOf(rule, key);
}

/** Whether `pattern`, such as `s3:ObjectCreated:*`, covers an event, or all of another pattern. */
function isEventOf(pattern: string, event: string): boolean {
  return pattern.endsWith('*') ? event.startsWith(pattern.slice(0, -1)) : event === pattern;
}

/**
 * The characters that a filter's value may hold as they are: S3 user guide, "Safe characters", with
 * the slash.
 */
const ENCODED = /^(?:[\w!.*'()/+-]|%[0-9A-Fa-f]{2})*$/;

/** Prefix and suffix match nothing unless they are encoded: a space as `+`, `=` as `%3D`. */
function isKeyOf({ prefix, suffix }: NotificationRule, key: string): boolean {
  if (!ENCODED.test(prefix) || !ENCODED.test(suffix)) return false;
  return key.startsWith(formDecode(prefix)) && key.endsWith(formDecode(suffix));
}

function formDecode(value: string): string {
  return new URLSearchParams(`value=${value}`).get('value') ?? '';
}
