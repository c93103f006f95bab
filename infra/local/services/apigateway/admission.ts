import type { DurableStore } from '../../kernel/durable-map.ts';
import type { ApiGatewayDefinition, ApiKeyDefinition, Throttle } from './definition.ts';
import { GatewayError } from './gateway-error.ts';
import { createDailyQuotas, createTokenBuckets, type Usage } from './limits.ts';
import { type ApiRequest, headerOf } from './messages.ts';

export interface Admission {
  /** @throws GatewayError if requests come faster than the throttle allows; without one, never */
  limit(bucket: string, throttle: Throttle | undefined): void;
  /**
   * Admits a request to a method that requires a key.
   *
   * @param stage `<api id>/<stage>`
   * @throws GatewayError if the key is missing, unknown, not in a plan of this stage, or used up
   */
  admit(request: ApiRequest, stage: string, resourcePath: string): ApiKeyDefinition;
}

/** Keys, usage plans and throttles of an account's APIs. */
export function createAdmission(
  { keys, plans }: ApiGatewayDefinition,
  store: DurableStore,
  now: () => number,
): Admission {
  const buckets = createTokenBuckets(now);
  const takeFromQuota = createDailyQuotas(store.map<Usage>('api-usage'), now);

  function limit(bucket: string, throttle: Throttle | undefined): void {
    if (throttle !== undefined && !buckets.take(bucket, throttle)) throw new GatewayError('THROTTLED');
  }

  return {
    limit,
    admit(request, stage, resourcePath) {
      const value = headerOf(request, 'x-api-key');
      const key = keys.find(each => each.enabled && each.value === value);
      const plan = plans.find(
        ({ keyIds, stages }) => key !== undefined && keyIds.includes(key.id) && stages.includes(stage),
      );
      if (key === undefined || plan === undefined) throw new GatewayError('INVALID_API_KEY');
      const user = `${plan.id}/${key.id}/${stage}`;
      // AWS does not document whether a method's limit replaces the plan's own: here both hold.
      const method = `${stage}${resourcePath}/${request.method}`;
      limit(`${user} ${method}`, plan.methodThrottles.get(method));
      limit(user, plan.throttle);
      if (plan.requestsPerDay !== undefined && !takeFromQuota(`${plan.id}/${key.id}`, plan.requestsPerDay))
        throw new GatewayError('QUOTA_EXCEEDED');
      return key;
    },
  };
}
