import { z } from 'zod';
import type { Account } from '../../template/account.ts';
import { LOCAL_ACCOUNT } from '../aws-api.ts';

const oneOrMore = z
  .union([z.string(), z.array(z.string())])
  .transform(value => (typeof value === 'string' ? [value] : value));

const PolicyStatement = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Principal: z.unknown().optional(),
  Action: oneOrMore,
  Resource: oneOrMore.optional(),
  Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});

export type PolicyStatement = z.infer<typeof PolicyStatement>;

const PolicyDocument = z.strictObject({
  Version: z.literal('2012-10-17'),
  Statement: z.array(PolicyStatement),
});

/** A policy as IAM keeps it. */
export interface Policy {
  /** Unique in the template: the resource that carries the policy, or the name of a managed one. */
  readonly id: string;
  readonly statements: readonly PolicyStatement[];
}

export interface Role {
  readonly name: string;
  readonly arn: string;
  readonly policies: readonly Policy[];
}

/** What one service's resources say about who may do what. */
export interface AccessRules {
  readonly roles?: readonly Role[];
  /** Policies of resources, with the ARNs of these. A role's is its trust policy. */
  readonly resourcePolicies?: readonly (readonly [resource: string, policy: Policy])[];
  /** The name that a service gives to the sessions of a role, with the role's ARN. */
  readonly sessionNames?: readonly (readonly [roleArn: string, session: string])[];
  /** Canonical user ids, with the identities that stand for them. */
  readonly canonicalUsers?: readonly (readonly [identity: string, userId: string])[];
  /** Condition keys that the service's requests supply. */
  readonly conditionKeys?: readonly string[];
}

/** Everything that the template says about who may do what. */
export interface Policies {
  /** By name, which is the access key id of its sessions. */
  readonly roles: ReadonlyMap<string, Role & { readonly sessionArn: string }>;
  /** By ARN of the bucket, queue, function or role. */
  readonly resourcePolicies: ReadonlyMap<string, Policy>;
  /** Canonical user ids of CloudFront's origin access identities, by their id. */
  readonly canonicalUsers: ReadonlyMap<string, string>;
}

/** Condition keys that every request supplies. */
const GLOBAL_CONDITION_KEYS = ['aws:SecureTransport', 'aws:SourceArn', 'aws:SourceAccount'];

/** @throws Error naming a policy or element that the local cloud cannot decide by */
export function policyOf(id: string, document: unknown): Policy {
  const { data, error } = PolicyDocument.safeParse(document);
  if (error !== undefined)
    throw new Error(`The local cloud cannot decide by ${id}: ${z.prettifyError(error)}`);
  for (const { Resource = [] } of data.Statement) {
    const variable = Resource.find(resource => resource.includes('${'));
    if (variable !== undefined) throw new Error(`${id}: policy variables are not emulated (${variable})`);
  }
  return { id, statements: data.Statement };
}

/** @throws Error naming a policy, element or condition key that the local cloud cannot decide by */
export function policiesOf(
  account: Account,
  services: readonly { access?(account: Account): AccessRules }[],
): Policies {
  const rules = services.map(service => service.access?.(account) ?? {});
  const all = <T>(ofService: (rule: AccessRules) => readonly T[] | undefined): T[] =>
    rules.flatMap(rule => ofService(rule) ?? []);
  const sessionNames = new Map(all(rule => rule.sessionNames));
  const sessionArn = ({ name, arn }: Role) =>
    `arn:aws:sts::${LOCAL_ACCOUNT}:assumed-role/${name}/${sessionNames.get(arn) ?? 'session'}`;
  const roles = all(rule => rule.roles);
  const resourcePolicies = all(rule => rule.resourcePolicies);

  requireKnownConditions(
    [...roles.flatMap(role => role.policies), ...resourcePolicies.map(([, policy]) => policy)],
    [...GLOBAL_CONDITION_KEYS, ...all(rule => rule.conditionKeys)],
  );
  return {
    roles: new Map(roles.map(role => [role.name, { ...role, sessionArn: sessionArn(role) }])),
    resourcePolicies: new Map(resourcePolicies),
    canonicalUsers: new Map(all(rule => rule.canonicalUsers)),
  };
}

/** The case of condition keys does not count. */
function requireKnownConditions(policies: readonly Policy[], supplied: readonly string[]): void {
  const known = new Set(supplied.map(key => key.toLowerCase()));
  for (const { id, statements } of policies) {
    const keys = statements.flatMap(({ Condition = {} }) => Object.values(Condition).flatMap(Object.keys));
    const unknown = keys.find(key => !known.has(key.toLowerCase()));
    if (unknown !== undefined) throw new Error(`${id}: the condition key ${unknown} is not emulated`);
  }
}
