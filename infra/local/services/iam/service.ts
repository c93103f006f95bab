import { z } from 'zod';
import { arnOf } from '../../kernel/arn.ts';
import { type AccessRules, policyOf } from '../../kernel/permissions/policies.ts';
import { typesOnly } from '../../kernel/service.ts';
import type { Account } from '../../template/account.ts';
import { type ResourceTypes, refOnly } from '../../template/resource.ts';
import { managedPolicy } from './managed-policies.ts';

const types: ResourceTypes = {
  'AWS::IAM::Role': {
    identity: ({ named, logicalId }) => ({
      ref: named('RoleName'),
      attributes: { Arn: arnOf('iam', `role/${named('RoleName')}`, ''), RoleId: logicalId },
    }),
    emulated: ['AssumeRolePolicyDocument', 'ManagedPolicyArns', 'RoleName'],
  },
  'AWS::IAM::Policy': {
    identity: ({ logicalId }) => refOnly(logicalId),
    emulated: ['PolicyDocument', 'PolicyName', 'Roles'],
  },
};

/** Roles with their policies, inline and managed, and who may assume them. */
function access(account: Account): AccessRules {
  const inline = account.all('AWS::IAM::Policy').map(({ logicalId, properties }) => ({
    roles: z.array(z.string()).parse(properties['Roles']),
    policy: policyOf(logicalId, properties['PolicyDocument']),
  }));
  const roles = account.all('AWS::IAM::Role');
  return {
    roles: roles.map(({ ref, attributes, properties }) => ({
      name: ref,
      arn: attributes['Arn'] ?? '',
      policies: [
        ...inline.filter(each => each.roles.includes(ref)).map(({ policy }) => policy),
        ...z
          .array(z.string())
          .default([])
          .parse(properties['ManagedPolicyArns'])
          .map(name => policyOf(name, managedPolicy(name))),
      ],
    })),
    resourcePolicies: roles.map(({ logicalId, attributes, properties }) => [
      attributes['Arn'] ?? '',
      policyOf(logicalId, properties['AssumeRolePolicyDocument']),
    ]),
  };
}

/** IAM has no API here: the kernel decides every call by these roles and policies. */
export const iam = typesOnly('iam', types, access);
