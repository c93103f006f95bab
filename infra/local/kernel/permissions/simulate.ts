import { anonymousPrincipal, runSimulation, type Simulation } from '@cloud-copilot/iam-simulate';
import { LOCAL_ACCOUNT } from '../aws-api.ts';
import type { Policy, PolicyStatement } from './policies.ts';

/** Whether a principal may perform one action on one resource. */
export interface Question {
  /**
   * An ARN, the name of an AWS service, or the id of a canonical user; undefined if nobody signed
   * it.
   */
  readonly principal: string | undefined;
  readonly action: string;
  /** An ARN without wildcards, or `*` for an action that has no resources. */
  readonly resource: string;
  readonly context: Readonly<Record<string, string | string[]>>;
}

/** A statement that decided, with the action and resource in it that matched. */
export interface Match {
  readonly policy: string;
  /** Counted from 0. */
  readonly statement: number;
  readonly action: string;
  readonly resource: string;
}

export interface Verdict {
  readonly result: 'Allowed' | 'ExplicitlyDenied' | 'ImplicitlyDenied';
  /** The statements that allowed it, or those that denied it. */
  readonly matches: readonly Match[];
}

/**
 * Decides as IAM does. The library is under the AGPL: it runs on this machine only, and nothing
 * that deploys may import it.
 *
 * @throws Error for an action that does not exist or has no such resource, or for a policy that IAM
 * would refuse
 */
export async function simulate(
  { principal, action, resource, context }: Question,
  identityPolicies: readonly Policy[],
  resourcePolicy: Policy | undefined,
): Promise<Verdict> {
  const simulation: Simulation = {
    request: {
      principal: principal ?? anonymousPrincipal,
      action,
      resource: { resource, accountId: LOCAL_ACCOUNT },
      contextVariables: context,
    },
    identityPolicies: identityPolicies.map(policy => ({ name: policy.id, policy: documentOf(policy) })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    ...(resourcePolicy === undefined ? {} : { resourcePolicy: documentOf(resourcePolicy) }),
  };
  const outcome = await runSimulation(simulation, {});
  if (outcome.resultType !== 'single') {
    const reason =
      outcome.resultType === 'error' ? JSON.stringify(outcome.errors) : 'its resource has a wildcard';
    throw new Error(`Whether ${principal} may ${action} on ${resource} cannot be decided: ${reason}`);
  }
  const { result, identityAnalysis, resourceAnalysis } = outcome.result.analysis;
  const deciding = result === 'ExplicitlyDenied' ? 'denyStatements' : 'allowStatements';
  const decisive = [
    ...(identityAnalysis?.[deciding] ?? []).map(each => ({ ...each, policy: each.policyId })),
    ...(resourceAnalysis?.[deciding] ?? []).map(each => ({ ...each, policy: resourcePolicy?.id ?? '' })),
  ];
  return {
    result,
    matches: decisive.map(({ policy, statement, explain }) => ({
      policy,
      statement: statement.index() - 1,
      action: matching(explain.actions, each => each.action),
      resource: matching(explain.resources, each => each.resource),
    })),
  };
}

function documentOf({ statements }: { readonly statements: readonly PolicyStatement[] }): object {
  return { Version: '2012-10-17', Statement: statements };
}

/** Which of a statement's values matched; empty where the statement names none. */
function matching<T extends { readonly matches: boolean }>(
  explained: T | readonly T[] | undefined,
  value: (each: T) => string,
): string {
  const all: readonly T[] = Array.isArray(explained) ? explained : explained === undefined ? [] : [explained];
  const found = all.find(({ matches }) => matches);
  return found === undefined ? '' : value(found);
}
