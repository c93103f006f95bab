import type { Decision } from '../../infra/local/kernel/permissions/decider.ts';
import type { Policies, Policy } from '../../infra/local/kernel/permissions/policies.ts';
import { type Match, simulate, type Verdict } from '../../infra/local/kernel/permissions/simulate.ts';

/**
 * One action on one resource, by one statement that allows it: what a verdict names when it was
 * used.
 */
export type Grant = Match;

/** Every policy of the template, a managed one once for all its roles. */
function everyPolicy({ roles, resourcePolicies }: Policies): Policy[] {
  const all = [...[...roles.values()].flatMap(role => role.policies), ...resourcePolicies.values()];
  return [...new Map(all.map(policy => [policy.id, policy])).values()];
}

/**
 * Whatever the template grants, without the pairs that mean nothing, such as reading a bucket as if
 * it were an object.
 */
export async function grantsOf(policies: Policies): Promise<Grant[]> {
  const all = everyPolicy(policies).flatMap(({ id, statements }) =>
    statements.flatMap(({ Effect, Action, Resource = [''] }, statement) =>
      Effect === 'Deny'
        ? []
        : Action.flatMap(action => Resource.map(resource => ({ policy: id, statement, action, resource }))),
    ),
  );
  const meaningful = await Promise.all(all.map(isMeaningful));
  return all.filter((_, index) => meaningful[index]);
}

async function isMeaningful({ action, resource }: Grant): Promise<boolean> {
  // A trust policy names no resource: it is about its role.
  if (action.includes('*') || resource === '*' || resource === '') return true;
  const question = { principal: 'anyone', action, resource: resource.replaceAll('*', 'x'), context: {} };
  try {
    await simulate(question, [], undefined);
    return true;
  } catch (error) {
    if (String(error).includes('no.resource.types')) return false;
    throw error;
  }
}

/** Decides again as if one statement were not in the template. */
export function decideWithout(
  { policy, statement }: Pick<Grant, 'policy' | 'statement'>,
  { question, identityPolicies, resourcePolicy }: Omit<Decision, 'verdict'>,
): Promise<Verdict> {
  const rest = (all: readonly Policy[]) =>
    all
      .map(each =>
        each.id === policy ? { ...each, statements: each.statements.toSpliced(statement, 1) } : each,
      )
      .filter(({ statements }) => statements.length > 0);
  const [restOfResourcePolicy] = rest(resourcePolicy === undefined ? [] : [resourcePolicy]);
  return simulate(question, rest(identityPolicies), restOfResourcePolicy);
}
