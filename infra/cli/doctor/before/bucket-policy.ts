import { z } from 'zod';

const value = z.union([z.string(), z.boolean(), z.number()]).transform(String);
const oneOrMore = z.union([z.array(value), value]).transform(values => [values].flat());

const Statement = z.object({
  Sid: z.string().optional(),
  Effect: z.string(),
  Principal: z.unknown().optional(),
  NotPrincipal: z.unknown().optional(),
  Action: oneOrMore.optional(),
  Resource: oneOrMore.optional(),
  Condition: z.record(z.string(), z.record(z.string(), oneOrMore)).default({}),
});
type Statement = z.infer<typeof Statement>;

const Policy = z.object({
  Statement: z.union([z.array(Statement), Statement]).transform(statements => [statements].flat()),
});

export interface Reader {
  /** ARN of an object that is read. */
  readonly object: string;
  /** ARN of a role that reads it. */
  readonly role: string;
}

/**
 * The statement of a bucket's policy that denies reading to everybody but a few, the reader not
 * among them. Statements whose conditions depend on more than who reads are left out.
 *
 * @param policy JSON, as S3 returns it
 * @returns its id, or its place such as `statement 2`; undefined if there is none
 */
export function denialFor(policy: string, reader: Reader): string | undefined {
  const statements = Policy.parse(JSON.parse(policy)).Statement;
  const index = statements.findIndex(statement => denies(statement, reader));
  return index < 0 ? undefined : (statements[index]?.Sid ?? `statement ${index + 1}`);
}

function denies(statement: Statement, reader: Reader): boolean {
  const { Effect, Principal, NotPrincipal, Action, Resource, Condition } = statement;
  return (
    Effect === 'Deny' &&
    // Roles that are to be made yet cannot be among its exceptions.
    (NotPrincipal !== undefined || isEverybody(Principal)) &&
    (Action ?? []).some(pattern => matches('s3:getobject', pattern.toLowerCase())) &&
    (Resource ?? []).some(pattern => matches(reader.object, pattern)) &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, values]) => holds(operator, key.toLowerCase(), values, reader)),
    )
  );
}

function isEverybody(principal: unknown): boolean {
  if (principal === '*') return true;
  const { AWS }: { AWS?: unknown } = typeof principal === 'object' && principal !== null ? principal : {};
  return [AWS].flat().includes('*');
}

/** Condition keys that are absent when a function outside of any network reads by itself. */
const ABSENT = [
  'aws:sourcearn',
  'aws:sourceaccount',
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:principalservicename',
];

/**
 * Whether a condition surely holds for the reader: a negated operator holds if the key is absent
 * or none of its values matches (IAM user guide, "Condition operators").
 */
function holds(operator: string, key: string, values: readonly string[], { role }: Reader): boolean {
  if (key === 'aws:principalisawsservice') return operator.startsWith('Bool') && values.includes('false');
  if (!/^(?:String|Arn)Not(?:Equals|Like)/.test(operator)) return false;
  if (ABSENT.includes(key)) return true;
  return key === 'aws:principalarn' && !values.some(pattern => matches(role, pattern));
}

/** With the wildcards of policies: `*` for any characters, `?` for one. */
function matches(text: string, pattern: string): boolean {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(text);
}
