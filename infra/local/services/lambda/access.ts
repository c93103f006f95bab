import { z } from 'zod';
import type { AccessRules, Policy, PolicyStatement } from '../../kernel/permissions/policies.ts';
import type { Account } from '../../template/account.ts';
import type { Resource } from '../../template/resource.ts';

/** What functions' own policies say, and what their roles' sessions are called. */
export function lambdaAccess(account: Account): AccessRules {
  return {
    resourcePolicies: functionPolicies(account.all('AWS::Lambda::Permission')),
    // Lambda names a session after the function.
    sessionNames: account
      .all('AWS::Lambda::Function')
      .map(({ ref, properties }) => [String(properties['Role']), ref]),
  };
}

const Permission = z.strictObject({
  Action: z.string(),
  FunctionName: z.string(),
  Principal: z.string(),
  SourceArn: z.string().optional(),
});

/** Each `AWS::Lambda::Permission` is a statement of its function's policy. */
function functionPolicies(permissions: readonly Resource[]): [string, Policy][] {
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
  return [...policies];
}
