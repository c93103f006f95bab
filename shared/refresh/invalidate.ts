import { QuotaExceededError, RefreshNotQuietError, UnknownRefreshError } from '../errors.ts';
import { tagPath } from '../planning/cache-tags.ts';
import { singleWildcard } from '../planning/cap.ts';
import { listingByUrl } from '../planning/listing-by-url.ts';
import { type Plan, type PlanRequest, targetsOf } from '../planning/plan.ts';
import { type KeyListing, planByListing } from '../planning/plan-by-listing.ts';
import { costOfPaths, type PathBudget, type Prices } from '../planning/prices.ts';
import { EVERYTHING, waitSeconds } from './kept-error-pages.ts';
import { type PathUse, withinLimit } from './path-use.ts';
import { budgetBeside, isOverdue, lastResort, type PathsInProgress } from './quota.ts';
import {
  type Changes,
  callerReferenceOf,
  monthOf,
  newestPerKey,
  type Refresh,
  type StoredPlan,
} from './refresh.ts';
import { markAll, markChanged, type UnchangedDependencies } from './unchanged.ts';

export interface InvalidateStore {
  get(refreshId: string): Promise<Refresh | undefined>;
  /** Closes an open refresh; false if it is not open, or not at the generation given. */
  close(refreshId: string, generation?: number): Promise<boolean>;
  /** Everything collected, by strongly consistent reads. */
  changesOf(refreshId: string): Promise<Changes>;
  /**
   * Stores a plan, the one after plan `plan.number - 1`, while the refresh is not open and is still
   * at the plan's generation. The state is `closed` then. False when that is over, or when a twin
   * was quicker.
   */
  storePlan(refreshId: string, plan: StoredPlan, generation: number): Promise<boolean>;
  /**
   * Records the invalidation of a plan, and its cost; false if the refresh has dropped that plan.
   */
  recordInvalidation(refreshId: string, invalidationId: string, planNumber: number): Promise<boolean>;
  /**
   * Drops the plan that CloudFront refused and ends its generation. A refresh that has not been
   * superseded is open again. Does nothing if the refresh is not closed, or no longer as given:
   * then a twin was refused before, or was not.
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
   * Creates an invalidation, or finds the one that this reference has created with the same paths.
   * @throws QuotaExceededError if too many are in progress, or if requests come too fast
   */
  create(paths: readonly string[], callerReference: string): Promise<string>;
  /**
   * Whoever created them. Too low when very many are in progress: CloudFront's answer to `create`
   * is what counts.
   */
  inProgress(): Promise<PathsInProgress>;
}

/** What every plan depends on besides what changed. */
export interface PlanSettings extends Pick<PlanRequest, 'urls' | 'maxNeedlessPurges'> {
  readonly prices: Omit<Prices, 'freePaths'>;
  readonly freePathsPerMonth: number;
  /** Beyond so many paths a refresh asks for a single one. Undefined for no limit. */
  readonly maxPathsPerMonth?: number | undefined;
  /** Listing requests of one plan, beyond which the keys that a wildcard purges are estimated. */
  readonly maxListRequests: number;
  /** How long after CloudFront's first refusal a refresh still insists on the cheapest paths. */
  readonly quotaPatienceMinutes: number;
}

export interface InvalidateInput {
  readonly refreshId: string;
  /** Generation at the last look; absent to close even while uploads arrive. */
  readonly generation?: number;
  /** 1, or 2 when the first invalidation never completed or left the edge stale. */
  readonly round: number;
}

export interface InvalidateResult {
  /** Absent when no viewer can see any of the changes. */
  readonly invalidationId?: string;
  readonly paths: number;
  /** How long to wait, after the invalidation, until no edge keeps a former error page; or 0. */
  readonly waitSeconds: number;
}

export interface InvalidateDependencies {
  readonly refreshes: InvalidateStore;
  readonly invalidations: Invalidations;
  readonly pathUse: PathUse;
  readonly site: KeyListing;
  /** What the edge is known to serve. */
  readonly edge: UnchangedDependencies;
  /** Makes a name that no other plan has. */
  readonly newMark: () => string;
  readonly settings: PlanSettings;
  readonly now: () => Date;
  /**
   * Told why the invalidations in progress could not be read. The plan then assumes none, and
   * CloudFront's answer decides.
   */
  readonly onUnknownQuota: (error: unknown) => void;
}

/**
 * Closes the refresh, plans its paths and creates its invalidation. Safe to repeat at any point:
 * the plan is stored before it is sent, and its number makes the caller reference. So a repetition
 * sends the same batch and finds the same invalidation instead of paying for a second one.
 *
 * @throws RefreshNotQuietError if changes have arrived since the last look, or may have: a twin of
 *   this call was refused and reopened the refresh
 * @throws QuotaExceededError if CloudFront takes no more for now. The next call makes a new plan.
 *   Unless another refresh is open already, this one is open again, so that what arrives while it
 *   waits joins it
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

  let { plans } = refresh;
  try {
    const plan = await planOf(refresh, round, dependencies);
    const result = { paths: plan.paths.length, waitSeconds: waitOf(plan) };
    if (plan.paths.length === 0) return result;
    plans = plan.number;
    return { invalidationId: await send(plan, refreshId, dependencies), ...result };
  } catch (error) {
    if (error instanceof QuotaExceededError)
      await refreshes.reopen(refreshId, { generation: refresh.generation, plans, at: now() });
    throw error;
  }
}

function waitOf({ errorPages }: StoredPlan): number {
  return errorPages === undefined ? 0 : (waitSeconds(errorPages) ?? 0);
}

/**
 * The stored plan of this round. One made by a twin is as good, if the refresh has not been
 * reopened since; so is that of a later round, for a run that is late.
 */
async function planOf(
  refresh: Refresh,
  round: number,
  dependencies: InvalidateDependencies,
): Promise<StoredPlan> {
  if (isOfRound(refresh.plan, round)) return refresh.plan;
  const { refreshes } = dependencies;
  const plan = await makePlan(refresh, round, dependencies);
  if (await refreshes.storePlan(refresh.id, plan, refresh.generation)) return plan;
  const stored = (await refreshes.get(refresh.id))?.plan;
  if (isOfRound(stored, round)) return stored;
  throw new RefreshNotQuietError(refresh.id);
}

async function makePlan(
  refresh: Refresh,
  round: number,
  dependencies: InvalidateDependencies,
): Promise<StoredPlan> {
  const { refreshes, edge, newMark, settings, now } = dependencies;
  const plannedAt = now();
  const changes = await refreshes.changesOf(refresh.id);
  const mark = newMark();
  const select = round === 1 ? markChanged : markAll;
  const [{ changedKeys, skipped, pages }, free, freePaths] = await Promise.all([
    select(changes.objects, { refreshId: refresh.id, mark }, edge),
    freeBudget(dependencies),
    freePathsLeft(plannedAt, dependencies),
  ]);
  const isLate = isOverdue(refresh.quota?.refusedAt, plannedAt, settings.quotaPatienceMinutes);
  const budget = isLate ? lastResort(free) : free;
  const errorPages = changes.paths.includes(EVERYTHING) ? undefined : edge.errorPages.keptOf(pages);
  const isPurged = errorPages !== undefined && waitSeconds(errorPages) === undefined;
  const asked = isPurged ? { ...changes, paths: [...changes.paths, EVERYTHING] } : changes;
  const number = refresh.plans + 1;
  const planWithin = (within: PathBudget) =>
    choosePaths(changedKeys, asked, { budget: within, freePaths }, dependencies);
  const plan = await withinLimit(await planWithin(budget), {
    pathUse: dependencies.pathUse,
    limit: settings.maxPathsPerMonth,
    month: monthOf(plannedAt.toISOString()),
    reference: callerReferenceOf(refresh.id, number),
    planSingle: () => planWithin(singleWildcard(free)),
  });
  return {
    ...plan,
    number,
    round,
    plannedAt: plannedAt.toISOString(),
    mark,
    changeCount: newestPerKey(changes.objects).length,
    requestedPathCount: changes.paths.length + (changes.tags?.length ?? 0),
    skipped,
    ...(errorPages === undefined ? {} : { errorPages }),
    totalCostUsd: (refresh.invalidation?.spentUsd ?? 0) + plan.costUsd,
  };
}

/**
 * The cheapest paths, and the tags beside them: each counts and costs as one exact path. If there
 * is no room for the tags, `/*` purges what they name as well.
 */
async function choosePaths(
  changedKeys: readonly string[],
  { paths: requestedPaths, tags = [] }: Changes,
  { budget, freePaths }: { readonly budget: PathBudget; readonly freePaths: number },
  { site, settings: { urls, prices, maxNeedlessPurges, maxListRequests } }: InvalidateDependencies,
): Promise<Plan> {
  const room = budget.exactPaths - tags.length;
  const targets = targetsOf({
    changedKeys,
    requestedPaths: room < 0 ? [...requestedPaths, EVERYTHING] : requestedPaths,
    urls,
  });
  const options = {
    budget: { ...budget, exactPaths: Math.max(0, room) },
    prices: { ...prices, freePaths: Math.max(0, freePaths - tags.length) },
    maxNeedlessPurges,
  };
  const plan = await planByListing(targets, options, {
    site: listingByUrl(site, urls, { changedKeys, maxListRequests }),
    maxListRequests,
  });
  if (tags.length === 0) return plan;
  const isCovered = plan.paths.includes(EVERYTHING);
  const paths = isCovered ? plan.paths : [...plan.paths, ...tags.map(tagPath).sort()];
  return { ...plan, paths, costUsd: costOfPaths(paths.length, { ...prices, freePaths }) };
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
  dependencies: InvalidateDependencies,
): Promise<string> {
  const { refreshes, pathUse } = dependencies;
  const callerReference = callerReferenceOf(refreshId, plan.number);
  const month = monthOf(plan.plannedAt);
  const invalidationId = await create(plan, { month, callerReference }, dependencies);
  await pathUse.record(month, callerReference, plan.paths.length);
  // A twin was refused and dropped the plan before CloudFront took it from us: later changes are
  // not in it.
  if (!(await refreshes.recordInvalidation(refreshId, invalidationId, plan.number)))
    throw new RefreshNotQuietError(refreshId);
  return invalidationId;
}

/** A plan that CloudFront refused is given up: its paths were not asked for. */
async function create(
  { paths }: StoredPlan,
  { month, callerReference }: { readonly month: string; readonly callerReference: string },
  { invalidations, pathUse, settings }: InvalidateDependencies,
): Promise<string> {
  try {
    return await invalidations.create(paths, callerReference);
  } catch (error) {
    if (error instanceof QuotaExceededError && settings.maxPathsPerMonth !== undefined)
      await pathUse.release(month, callerReference);
    throw error;
  }
}
