import { z } from 'zod';
import type { Resource } from '../../template/template.ts';
import { LOCAL_ACCOUNT } from '../aws-api.ts';
import { managedPolicy } from './managed-policies.ts';
import { SUPPLIED_CONDITION_KEYS } from './questions.ts';

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

/** A policy as IAM keeps it. */
export interface Policy {
  /** Unique in the template: the resource that carries the policy, or the name of a managed one. */
  readonly id: string;
  readonly statements: readonly PolicyStatement[];
}

export interface Role {
  readonly name: string;
  readonly arn: string;
  /** Who calls, in messages and policies: `arn:aws:sts::…:assumed-role/ROLE/FUNCTION`. */
  readonly sessionArn: string;
  readonly policies: readonly Policy[];
}

/** Whatever the template says about who may do what. */
export interface Policies {
  /** By name, which is the access key id of its sessions. */
  readonly roles: ReadonlyMap<string, Role>;
  /** By ARN of the bucket, queue, function or role; a role's is its trust policy. */
  readonly resourcePolicies: ReadonlyMap<string, Policy>;
  /** Canonical user ids of CloudFront's origin access identities, by their id. */
  readonly canonicalUsers: ReadonlyMap<string, string>;
}

/** @throws Error naming a policy, element or condition key that the local cloud cannot decide by */
export function policiesOf(resources: readonly Resource[]): Policies {
  const all = (type: string) => resources.filter(resource => resource.type === type);
  const queueArns = new Map(
    all('AWS::SQS::Queue').map(({ ref, attributes }) => [ref, attributes['Arn'] ?? '']),
  );
  const sessions = sessionNames(resources);
  const inline = all('AWS::IAM::Policy').map(({ logicalId, properties }) => ({
    roles: z.array(z.string()).parse(properties['Roles']),
    policy: policyOf(logicalId, properties['PolicyDocument']),
  }));

  const roles = all('AWS::IAM::Role').map(({ ref, attributes, properties }): Role => {
    const arn = attributes['Arn'] ?? '';
    const managed = z.array(z.string()).default([]).parse(properties['ManagedPolicyArns']);
    return {
      name: ref,
      arn,
      sessionArn: `arn:aws:sts::${LOCAL_ACCOUNT}:assumed-role/${ref}/${sessions.get(arn) ?? 'session'}`,
      policies: [
        ...inline.filter(each => each.roles.includes(ref)).map(({ policy }) => policy),
        ...managed.map(name => policyOf(name, managedPolicy(name))),
      ],
    };
  });

  const resourcePolicies = [
    ...all('AWS::S3::BucketPolicy').map(
      ({ logicalId, ref, properties }) =>
        [`arn:aws:s3:::${ref}`, policyOf(logicalId, properties['PolicyDocument'])] as const,
    ),
    ...all('AWS::SQS::QueuePolicy').flatMap(({ logicalId, properties }) =>
      z
        .array(z.string())
        .parse(properties['Queues'])
        .map(url => [queueArns.get(url) ?? url, policyOf(logicalId, properties['PolicyDocument'])] as const),
    ),
    ...all('AWS::IAM::Role').map(
      ({ logicalId, attributes, properties }) =>
        [attributes['Arn'] ?? '', policyOf(logicalId, properties['AssumeRolePolicyDocument'])] as const,
    ),
    ...functionPolicies(all('AWS::Lambda::Permission')),
  ];

  return {
    roles: new Map(roles.map(role => [role.name, role])),
    resourcePolicies: new Map(resourcePolicies),
    canonicalUsers: new Map(
      all('AWS::CloudFront::CloudFrontOriginAccessIdentity').map(({ ref, attributes }) => [
        ref,
        attributes['S3CanonicalUserId'] ?? '',
      ]),
    ),
  };
}

/** Lambda calls the session by the function's name; Step Functions makes up a name for each execution, here the machine's. */
function sessionNames(resources: readonly Resource[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const { type, ref, attributes, properties } of resources) {
    if (type === 'AWS::Lambda::Function') names.set(String(properties['Role']), ref);
    if (type === 'AWS::StepFunctions::StateMachine')
      names.set(String(properties['RoleArn']), attributes['Name'] ?? ref);
  }
  return names;
}

const PolicyDocument = z.strictObject({
  Version: z.literal('2012-10-17'),
  Statement: z.array(PolicyStatement),
});

function policyOf(id: string, document: unknown): Policy {
  const { data, error } = PolicyDocument.safeParse(document);
  if (error !== undefined)
    throw new Error(`The local cloud cannot decide by ${id}: ${z.prettifyError(error)}`);
  for (const { Resource = [], Condition = {} } of data.Statement) {
    const variable = Resource.find(resource => resource.includes('${'));
    if (variable !== undefined) throw new Error(`${id}: policy variables are not emulated (${variable})`);
    for (const key of Object.values(Condition).flatMap(Object.keys)) {
      if (!SUPPLIED_CONDITION_KEYS.has(key.toLowerCase()))
        throw new Error(`${id}: the condition key ${key} is not emulated`);
    }
  }
  return { id, statements: data.Statement };
}

const Permission = z.strictObject({
  Action: z.string(),
  FunctionName: z.string(),
  Principal: z.string(),
  SourceArn: z.string().optional(),
});

/** Each `AWS::Lambda::Permission` is a statement of its function's policy. */
function functionPolicies(permissions: readonly Resource[]): Map<string, Policy> {
  const policies = new Map<string, Policy>();
  for (const { logicalId, properties } of permissions) {
    const { Action, FunctionName, Principal, SourceArn } = Permission.parse(properties);
    const statement: PolicyStatement = {
      Sid: logicalId,
      Effect: 'Allow',
      Principal: { Service: Principal },
      Action: [Action],
      Resource: [FunctionName],
      ...(SourceArn === undefined ? {} : { Condition: { ArnLike: { 'aws:SourceArn': SourceArn } } }),
    };
    const others = policies.get(FunctionName)?.statements ?? [];
    policies.set(FunctionName, { id: FunctionName, statements: [...others, statement] });
  }
  return policies;
}
