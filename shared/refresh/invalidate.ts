import { QuotaExceededError, RefreshNotQuietError, UnknownRefreshError } from '../errors.ts';
import { listingPrefix, type PlanRequest, planInvalidation } from '../planning/plan.ts';
import type { Prices } from '../planning/prices.ts';
import { budgetBeside, isOverdue, lastResort, type PathsInProgress } from './quota.ts';
import {
  type Changes,
  callerReferenceOf,
  monthOf,
  newestPerKey,
  type Refresh,
  type StoredPlan,
} from './refresh.ts';
import { type UnchangedDependencies, withoutUnchanged, withUnchanged } from './unchanged.ts';

export interface ClosingRefreshes {
  get(refreshId: string): Promise<Refresh | undefined>;
  /** Closes an open refresh; false when it is not open, or not at this generation if one is given. */
  close(refreshId: string, generation?: number): Promise<boolean>;
  /** Everything collected, by strongly consistent reads. */
  changesOf(refreshId: string): Promise<Changes>;
  /**
   * Stores a plan, the one after plan `plan.number - 1`, while the refresh is not open and is at the generation that the plan
   * was made in; its state is `closed` then. False when that is over, or a twin was quicker.
   */
  storePlan(refreshId: string, plan: StoredPlan, generation: number): Promise<boolean>;
  /** Records what CloudFront made of a plan, its cost with it; false when the refresh has dropped that plan. */
  recordInvalidation(refreshId: string, invalidationId: string, planNumber: number): Promise<boolean>;
  /**
   * Drops the plan that CloudFront refused and ends its generation; a refresh that has not been superseded is open again.
   * Nothing happens when the refresh is not closed, or no longer as given: a twin was refused already, or was not.
   */
  reopen(refreshId: string, refused: RefusedPlan): Promise<void>;
}

/** The state of a refresh that CloudFront refused. */
export interface RefusedPlan {
  readonly generation: number;
  /** Number of the last plan stored, 0 for none. */
  readonly plans: number;
  readonly at: Date;
}

export interface Invalidations {
  /**
   * Creates an invalidation, or finds the one that this reference created with the same paths.
   * @throws QuotaExceededError when too many are in progress, or requests come too fast
   */
  create(paths: readonly string[], callerReference: string): Promise<string>;
  /** Whoever created them. An underestimate when very many are in progress: CloudFront's answer to `create` is what counts. */
  inProgress(): Promise<PathsInProgress>;
}

/** Paths used this month, of which the first ones are free. */
export interface PathUse {
  /** @param month UTC, as `2026-11` */
  usedIn(month: string): Promise<number>;
  /** Counts an invalidation's paths, once however often it is repeated. */
  record(month: string, callerReference: string, paths: number): Promise<void>;
}

export interface SiteListing {
  /** Every key of the site bucket that begins with a prefix. */
  keys(prefix: string): Promise<string[]>;
}

/** What every plan depends on, whatever changed. */
export interface PlanSettings extends Pick<PlanRequest, 'urls' | 'maxCollateral'> {
  readonly prices: Omit<Prices, 'freePaths'>;
  readonly freePathsPerMonth: number;
  /** How long after CloudFront's first refusal a refresh still asks for the paths it would like best. */
  readonly quotaPatienceMinutes: number;
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
  readonly pathUse: PathUse;
  readonly site: SiteListing;
  /** What the edge is known to serve. */
  readonly edge: UnchangedDependencies;
  /** A name that no other plan has. */
  readonly newMark: () => string;
  readonly settings: PlanSettings;
  readonly now: () => Date;
  /** Told why what is in progress could not be read: the plan is made as if nothing were, and CloudFront's answer decides. */
  readonly onUnknownQuota: (error: unknown) => void;
}

/**
 * Closes the refresh, plans its paths and creates its invalidation. Safe to repeat at any point: the plan is stored before
 * it is sent and its number makes the caller reference, so a repetition sends the same batch and finds the same
 * invalidation instead of paying for a second one.
 *
 * @throws RefreshNotQuietError when changes arrived since the last look, or may: a twin of this call was refused and opened
 *   the refresh again
 * @throws QuotaExceededError when CloudFront takes no more for now; the next call plans anew. The refresh is open again, so that what
 *   arrives while it waits joins it, unless another one is open already
 */
export async function invalidate(
  { refreshId, generation, round }: InvalidateInput,
  dependencies: InvalidateDependencies,
): Promise<InvalidateResult> {
  const { refreshes, now } = dependencies;
  await refreshes.close(refreshId, generation);
  const refresh = await refreshes.get(refreshId);
  if (refresh === undefined) throw new UnknownRefreshError(refreshId);
  if (refresh.state === 'open') throw new RefreshNotQuietError(refreshId);

  let plans = refresh.plans ?? 0;
  try {
    const plan = await planOf(refresh, round, dependencies);
    if (plan.paths.length === 0) return { paths: 0 };
    plans = plan.number;
    return { invalidationId: await send(plan, refreshId, dependencies), paths: plan.paths.length };
  } catch (error) {
    if (error instanceof QuotaExceededError)
      await refreshes.reopen(refreshId, { generation: refresh.generation, plans, at: now() });
    throw error;
  }
}

/**
 * The stored plan of this round. One made by a twin is as good, if the refresh has not been opened since; so is that of a later
 * round, for a run that is late.
 */
async function planOf(
  refresh: Refresh,
  round: number,
  dependencies: InvalidateDependencies,
): Promise<StoredPlan> {
  if (isOfRound(refresh.plan, round)) return refresh.plan;
  const { refreshes, site, edge, newMark, settings, now } = dependencies;
  const plannedAt = now();
  const changes = await refreshes.changesOf(refresh.id);
  const mark = newMark();
  const select = round === 1 ? withoutUnchanged : withUnchanged;
  const [{ changedKeys, skipped }, free, freePaths] = await Promise.all([
    select(changes.objects, { refreshId: refresh.id, mark }, edge),
    freeBudget(dependencies),
    freePathsLeft(plannedAt, dependencies),
  ]);
  const overdue = isOverdue(refresh.refusedAt, plannedAt, settings.quotaPatienceMinutes);
  const { urls, maxCollateral } = settings;
  const wanted = {
    urls,
    changedKeys,
    requestedPaths: changes.paths,
    budget: overdue ? lastResort(free) : free,
  };
  const prefix = listingPrefix(wanted);
  const cheapest = planInvalidation({
    ...wanted,
    siteKeys: prefix === undefined ? [] : await site.keys(prefix),
    prices: { ...settings.prices, freePaths },
    maxCollateral,
  });
  const plan = {
    ...cheapest,
    number: (refresh.plans ?? 0) + 1,
    round,
    plannedAt: plannedAt.toISOString(),
    mark,
    changeCount: newestPerKey(changes.objects).length,
    requestedPathCount: changes.paths.length,
    skipped,
    totalCostUsd: (refresh.spentUsd ?? 0) + cheapest.costUsd,
  };
  if (await refreshes.storePlan(refresh.id, plan, refresh.generation)) return plan;
  const stored = (await refreshes.get(refresh.id))?.plan;
  if (isOfRound(stored, round)) return stored;
  throw new RefreshNotQuietError(refresh.id);
}

function isOfRound(plan: StoredPlan | undefined, round: number): plan is StoredPlan {
  return plan !== undefined && plan.round >= round;
}

async function freeBudget({ invalidations, onUnknownQuota }: InvalidateDependencies) {
  try {
    return budgetBeside(await invalidations.inProgress());
  } catch (error) {
    onUnknownQuota(error);
    return budgetBeside({ exact: 0, wildcard: 0 });
  }
}

async function freePathsLeft(at: Date, { pathUse, settings }: InvalidateDependencies): Promise<number> {
  return Math.max(0, settings.freePathsPerMonth - (await pathUse.usedIn(monthOf(at.toISOString()))));
}

async function send(
  plan: StoredPlan,
  refreshId: string,
  { refreshes, invalidations, pathUse }: InvalidateDependencies,
): Promise<string> {
  const callerReference = callerReferenceOf(refreshId, plan.number);
  const invalidationId = await invalidations.create(plan.paths, callerReference);
  await pathUse.record(monthOf(plan.plannedAt), callerReference, plan.paths.length);
  // A twin was refused and dropped the plan before CloudFront took it from us: what has come since is not in it.
  if (!(await refreshes.recordInvalidation(refreshId, invalidationId, plan.number)))
    throw new RefreshNotQuietError(refreshId);
  return invalidationId;
}
