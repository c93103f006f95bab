import type { Requirement } from '../api-traits.ts';
import type { Policies, Policy } from './policies.ts';
import { type Question, simulate, type Verdict } from './simulate.ts';

/** A question that was asked, and how it was decided. */
export interface Decision {
  readonly question: Question;
  /** Policies of the caller. */
  readonly identityPolicies: readonly Policy[];
  readonly resourcePolicy: Policy | undefined;
  readonly verdict: Verdict;
}

/** Who calls, as policies name it, and the policies of its own. */
export interface Caller {
  readonly principal: string | undefined;
  readonly policies: readonly Policy[];
  readonly context: Readonly<Record<string, string>>;
}

export interface Decider {
  ask(caller: Caller, requirement: Requirement): Promise<Decision>;
  /** Every question so far, once for each way in which the policies answered it. */
  readonly decisions: readonly Decision[];
}

/**
 * Asks each question once: a decision about one resource holds for all that the same patterns
 * match.
 */
export function createDecider({ resourcePolicies }: Policies): Decider {
  const known = new Map<string, Promise<Decision>>();
  const decisions: Decision[] = [];
  const matchers = new Map<string, RegExp>();

  function isMatch(pattern: string, resource: string): boolean {
    const matcher = matchers.get(pattern) ?? wildcardPattern(pattern);
    matchers.set(pattern, matcher);
    return matcher.test(resource);
  }

  async function decide(
    question: Question,
    identityPolicies: readonly Policy[],
    resourcePolicy: Policy | undefined,
  ): Promise<Decision> {
    const verdict = await simulate(question, identityPolicies, resourcePolicy);
    const decision = { question, identityPolicies, resourcePolicy, verdict };
    decisions.push(decision);
    return decision;
  }

  function ask(caller: Caller, { action, resource, context = {} }: Requirement): Promise<Decision> {
    const owner = ownerOf(resource);
    const resourcePolicy = resourcePolicies.get(owner);
    const applicable = [...caller.policies, ...(resourcePolicy === undefined ? [] : [resourcePolicy])];
    const patterns = applicable.flatMap(({ statements }) => statements.flatMap(each => each.Resource ?? []));
    const question = {
      principal: caller.principal,
      action,
      // A key may hold wildcards itself, which a question must not.
      resource: resource.replaceAll(/[*?$]/g, '_'),
      // Policies ask whether the connection is safe. Here all is HTTP on one machine; AWS has TLS.
      context: { 'aws:SecureTransport': 'true', ...caller.context, ...context },
    };
    const shape = patterns.map(pattern => isMatch(pattern, question.resource));
    const key = JSON.stringify([question.principal, action, owner, shape, question.context]);
    const decision = known.get(key) ?? decide(question, caller.policies, resourcePolicy);
    known.set(key, decision);
    return decision;
  }

  return { ask, decisions };
}

/** The resource that carries the policy: an object's is its bucket's. */
function ownerOf(resource: string): string {
  return resource.startsWith('arn:aws:s3:::') ? resource.replace(/\/.*$/s, '') : resource;
}

function wildcardPattern(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's');
}
