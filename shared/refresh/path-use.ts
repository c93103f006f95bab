import type { Cap } from '../planning/cap.ts';
import type { Plan } from '../planning/plan.ts';

/** Paths used in a month; the first ones are free. */
export interface PathUse {
  /** @param month UTC, as `2026-11` */
  usedIn(month: string): Promise<number>;
  /** Counts the paths of an invalidation, once however often this is repeated. */
  record(month: string, callerReference: string, paths: number): Promise<void>;
  /**
   * Reserves paths for an invalidation to be created. If they would exceed the month's limit beside
   * those that others have used or reserved, only one. Of several at the same time, those that get
   * all their paths stay within the limit together. If repeated, replaces what was reserved.
   *
   * @returns how many others have used or reserved, if the paths would exceed the limit
   */
  reserve(month: string, callerReference: string, paths: PathsWanted): Promise<number | undefined>;
  /** Gives back what was reserved for an invalidation that CloudFront refused. */
  release(month: string, callerReference: string): Promise<void>;
}

export interface PathsWanted {
  readonly wanted: number;
  /** Of the month. */
  readonly limit: number;
}

interface LimitedPlan {
  readonly pathUse: Pick<PathUse, 'reserve' | 'release'>;
  /** `maxPathsPerMonth`; undefined for no limit. */
  readonly limit: number | undefined;
  readonly month: string;
  /** Caller reference of the invalidation to be created. */
  readonly reference: string;
  /** Makes a plan of a single path. */
  readonly planSingle: () => Promise<Plan>;
}

/**
 * The plan, or one with a single path if it would exceed the month's limit.
 *
 * @throws QuotaExceededError if CloudFront has no room for that path
 */
export async function withinLimit(
  plan: Plan,
  { pathUse, limit, month, reference, planSingle }: LimitedPlan,
): Promise<Plan & { readonly cap?: Cap }> {
  const wanted = plan.paths.length;
  if (limit === undefined || wanted === 0) return plan;
  const used = await pathUse.reserve(month, reference, { wanted, limit });
  if (used === undefined || wanted === 1) return plan;
  try {
    return { ...(await planSingle()), cap: { limit, used, paths: wanted } };
  } catch (error) {
    await pathUse.release(month, reference);
    throw error;
  }
}
