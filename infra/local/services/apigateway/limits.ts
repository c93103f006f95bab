import type { DurableMap } from '../../kernel/durable-map.ts';
import type { Throttle } from './definition.ts';

export interface TokenBuckets {
  /** Takes a token. @returns whether there was one */
  take(bucket: string, throttle: Throttle): boolean;
}

/**
 * A bucket starts with `burst` tokens and gains `rate` per second.
 *
 * @param now milliseconds since the epoch
 */
export function createTokenBuckets(now: () => number): TokenBuckets {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    take(name, { rate, burst }) {
      const time = now();
      const bucket = buckets.get(name) ?? { tokens: burst, at: time };
      const gained = ((time - bucket.at) / 1000) * rate;
      const tokens = Math.min(burst, bucket.tokens + gained);
      const isGranted = tokens >= 1;
      buckets.set(name, { tokens: isGranted ? tokens - 1 : tokens, at: time });
      return isGranted;
    },
  };
}

export interface Usage {
  /** Such as `2026-11-22`. */
  readonly day: string;
  readonly requests: number;
}

/**
 * Counts requests per UTC day. The function returns whether the quota had one left, and uses it.
 */
export function createDailyQuotas(usages: DurableMap<Usage>, now: () => number) {
  return (user: string, requestsPerDay: number): boolean => {
    const day = new Date(now()).toISOString().slice(0, 10);
    const known = usages.get(user);
    const requests = known?.day === day ? known.requests : 0;
    if (requests >= requestsPerDay) return false;
    usages.set(user, { day, requests: requests + 1 });
    return true;
  };
}
