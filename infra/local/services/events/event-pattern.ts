import { z } from 'zod';

/** Whether an event matches. */
export type EventPattern = (event: unknown) => boolean;

const Matcher = z.union(
  [z.string(), z.number(), z.boolean(), z.null(), z.strictObject({ prefix: z.string() })],
  'Of the operators only prefix is emulated',
);
type Matcher = z.infer<typeof Matcher>;

const Fields = z.record(z.string(), z.unknown());

/**
 * An event pattern of EventBridge. Every field must be present with one of the values listed for
 * it; of the patterns in `$or`, one must match.
 *
 * @throws Error naming what is not emulated
 */
export function eventPattern(pattern: unknown, path = 'EventPattern'): EventPattern {
  if (Array.isArray(pattern)) return oneOf(pattern, path);
  const { success, data } = Fields.safeParse(pattern);
  if (!success) throw new Error(`${path}: neither a list of values nor fields`);
  const conditions = Object.entries(data).map(([name, value]): EventPattern => {
    if (name === '$or') return anyOf(value, `${path}.$or`);
    const matches = eventPattern(value, `${path}.${name}`);
    return event => matches(Fields.safeParse(event).data?.[name]);
  });
  return event => conditions.every(holds => holds(event));
}

function anyOf(patterns: unknown, path: string): EventPattern {
  const alternatives = z
    .array(z.unknown())
    .parse(patterns)
    .map(each => eventPattern(each, path));
  return event => alternatives.some(matches => matches(event));
}

function oneOf(values: readonly unknown[], path: string): EventPattern {
  const matchers = values.map(value => {
    const { data, error } = Matcher.safeParse(value);
    if (error !== undefined) throw new Error(`${path}: ${error.issues[0]?.message}`);
    return data;
  });
  // If a field is a list, one element is enough.
  return value => [value].flat().some(element => matchers.some(matcher => matchesValue(matcher, element)));
}

function matchesValue(matcher: Matcher, value: unknown): boolean {
  if (matcher === null || typeof matcher !== 'object') return value === matcher;
  return typeof value === 'string' && value.startsWith(matcher.prefix);
}
