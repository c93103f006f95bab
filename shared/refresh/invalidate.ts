import { QuotaExceededError, RefreshNotQuietError, UnknownRefreshError } from '../errors.ts';
import { listingPrefix, type PlanRequest, planInvalidation } from '../invalidation/plan.ts';
import type { Changes, Refresh, StoredPlan } from './refresh.ts';
import { type UnchangedDependencies, withoutUnchanged, withUnchanged } from './unchanged.ts';

export interface ClosingRefreshes {
  get(refreshId: string): Promise<Refresh | undefined>;
  /** Closes an open refresh; false when it is not open, or not at this generation if one is given. */
  close(refreshId: string, generation?: number): Promise<boolean>;
  /** Everything collected, by strongly consistent reads. */
  changesOf(refreshId: string): Promise<Changes>;
  /** Stores a plan in place of plan number `plan.number - 1`; answers the stored one, which a twin may have written. */
  storePlan(refreshId: string, plan: StoredPlan): Promise<StoredPlan>;
  recordInvalidation(refreshId: string, invalidationId: string): Promise<void>;
}

export interface Invalidations {
  /**
   * Creates an invalidation, or finds the one that this reference created with the same paths.
   * @throws QuotaExceededError when too many are in progress
   */
  create(paths: readonly string[], callerReference: string): Promise<string>;
}

export interface SiteListing {
  /** Every key of the site bucket that begins with a prefix. */
  keys(prefix: string): Promise<string[]>;
}

export interface InvalidateInput {
  readonly refreshId: string;
  /** Generation at the last look; absent to close however many uploads still arrive. */
  readonly generation?: number;
  /** 1, or 2 when the first invalidation never completed or left the edge stale. */
  readonly round: number;
}

export interface InvalidateResult {
  /** Absent when no viewer can see any of the changes. */
  readonly invalidationId?: string;
  readonly paths: number;
}

export interface InvalidateDependencies {
  readonly refreshes: ClosingRefreshes;
  readonly invalidations: Invalidations;
  readonly site: SiteListing;
  /** What the edge is known to serve. */
  readonly edge: UnchangedDependencies;
  /** A name that no other plan has. */
  readonly newMark: () => string;
  readonly planning: Pick<PlanRequest, 'urls' | 'budget' | 'prices' | 'maxCollateral'>;
}

/**
 * Closes the refresh, plans its paths and creates its invalidation. Safe to repeat at any point: the plan is stored before
 * it is sent and its number makes the caller reference, so a repetition sends the same batch and finds the same
 * invalidation instead of paying for a second one.
 *
 * @throws RefreshNotQuietError when changes arrived since the last look
 * @throws QuotaExceededError when CloudFront takes no more for now; the next call plans anew
 */
export async function invalidate(
  { refreshId, generation, round }: InvalidateInput,
  dependencies: InvalidateDependencies,
): Promise<InvalidateResult> {
  const { refreshes, invalidations } = dependencies;
  const closed = await refreshes.close(refreshId, generation);
  const refresh = await refreshes.get(refreshId);
  if (refresh === undefined) throw new UnknownRefreshError(refreshId);
  if (!closed && refresh.state === 'open') throw new RefreshNotQuietError(refreshId);

  const plan = await planOf(refresh, round, dependencies);
  if (plan.paths.length === 0) return { paths: 0 };
  const invalidationId = await createOrReplan(plan, refresh.id, invalidations, refreshes);
  await refreshes.recordInvalidation(refreshId, invalidationId);
  return { invalidationId, paths: plan.paths.length };
}

async function planOf(
  refresh: Refresh,
  round: number,
  { refreshes, site, planning, edge, newMark }: InvalidateDependencies,
): Promise<StoredPlan> {
  if (refresh.plan?.round === round) return refresh.plan;
  const changes = await refreshes.changesOf(refresh.id);
  const mark = newMark();
  const select = round === 1 ? withoutUnchanged : withUnchanged;
  const { changedKeys, skipped } = await select(changes.objects, { refreshId: refresh.id, mark }, edge);
  const request = { ...planning, changedKeys, requestedPaths: changes.paths };
  const prefix = listingPrefix(request);
  const plan = planInvalidation({
    ...request,
    siteKeys: prefix === undefined ? [] : await site.keys(prefix),
  });
  const number = (refresh.plan?.number ?? 0) + 1;
  return refreshes.storePlan(refresh.id, { ...plan, round, number, mark, skipped });
}

async function createOrReplan(
  plan: StoredPlan,
  refreshId: string,
  invalidations: Invalidations,
  refreshes: ClosingRefreshes,
): Promise<string> {
  try {
    return await invalidations.create(plan.paths, `${refreshId}-${plan.number}`);
  } catch (error) {
    if (error instanceof QuotaExceededError) {
      // A plan of no round: the next call makes its own, under what is free then.
      await refreshes.storePlan(refreshId, { ...plan, round: 0, number: plan.number + 1 });
    }
    throw error;
  }
}
