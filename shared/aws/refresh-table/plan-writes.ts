import type { InvalidateStore, RefusedPlan } from '../../refresh/invalidate.ts';
import { totalsOf } from '../../refresh/refresh.ts';
import { type Table, type UpdateInput, updateRecord } from './table.ts';

/**
 * What happens to a refresh's plan, each by one conditional write. Of two runs of the step
 * Invalidate, the late one changes nothing: a plan is stored in the generation that it was made in,
 * its invalidation is recorded while the plan is there, and a refusal ends both the plan and the
 * generation.
 */
export function planWrites(
  table: Table,
): Pick<InvalidateStore, 'storePlan' | 'recordInvalidation' | 'reopen'> {
  const update = (refreshId: string, input: UpdateInput) => updateRecord(table, refreshId, input);
  return {
    async storePlan(refreshId, plan, generation) {
      const last = lastPlanIs(plan.number - 1);
      const stored = await update(refreshId, {
        UpdateExpression:
          'SET #plan = :plan, totals = :totals, plans = :number, #state = :closed REMOVE verifyingAt',
        ConditionExpression: `#state <> :open AND attribute_not_exists(finishedAt) AND generation = :generation AND ${last.condition}`,
        ExpressionAttributeNames: { '#state': 'state', '#plan': 'plan' },
        ExpressionAttributeValues: {
          ':plan': plan,
          ':totals': totalsOf(plan),
          ':number': plan.number,
          ':closed': 'closed',
          ':open': 'open',
          ':generation': generation,
          ...last.values,
        },
      });
      return stored !== undefined;
    },

    async recordInvalidation(refreshId, invalidationId, planNumber) {
      const recorded = await update(refreshId, {
        UpdateExpression:
          'SET #state = :state, invalidationId = :id, invalidatedAt = :at, spentUsd = totals.totalCostUsd',
        ConditionExpression: '#plan.#number = :number AND attribute_not_exists(finishedAt)',
        ExpressionAttributeNames: { '#state': 'state', '#plan': 'plan', '#number': 'number' },
        ExpressionAttributeValues: {
          ':state': 'invalidating',
          ':id': invalidationId,
          ':at': table.now().toISOString(),
          ':number': planNumber,
        },
      });
      return recorded !== undefined;
    },

    async reopen(refreshId, refused) {
      const opened = await update(refreshId, dropping(refused, 'reopen'));
      if (opened === undefined) await update(refreshId, dropping(refused, 'keep closed'));
    },
  };
}

/** Drops a refused plan. Only a refresh that has not been superseded opens again. */
function dropping({ generation, plans, at }: RefusedPlan, how: 'reopen' | 'keep closed'): UpdateInput {
  const last = lastPlanIs(plans);
  const opens = how === 'reopen';
  const [set, remove, where] = opens
    ? [', #state = :open', 'REMOVE #plan, totals, closedAt', ' AND attribute_not_exists(superseded)']
    : ['', 'REMOVE #plan, totals', ''];
  return {
    UpdateExpression: `SET refusedAt = if_not_exists(refusedAt, :at)${set} ${remove} ADD generation :one, refusals :one`,
    ConditionExpression: `#state = :closed AND generation = :generation AND ${last.condition}${where}`,
    ExpressionAttributeNames: { '#state': 'state', '#plan': 'plan' },
    ExpressionAttributeValues: {
      ':at': at.toISOString(),
      ':one': 1,
      ':closed': 'closed',
      ':generation': generation,
      ...(opens ? { ':open': 'open' } : {}),
      ...last.values,
    },
  };
}

/** The condition that the last plan stored has this number, 0 for none. */
function lastPlanIs(number: number) {
  return number === 0
    ? { condition: 'attribute_not_exists(plans)', values: {} }
    : { condition: 'plans = :plans', values: { ':plans': number } };
}
