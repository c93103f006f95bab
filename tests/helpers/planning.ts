import type { PlanRequest } from '../../shared/planning/plan.ts';
import { customErrorPages } from '../../shared/refresh/error-pages.ts';
import type { PlanSettings } from '../../shared/refresh/invalidate.ts';
import type { StoredPlan } from '../../shared/refresh/refresh.ts';
import { NOTHING_SKIPPED } from '../../shared/refresh/unchanged.ts';

/**
 * What plans are made under by default: AWS's limits and prices, nothing in progress, the month's
 * allowance untouched.
 */
export const PLANNING = {
  urls: { originPath: '', extensionless: false, rootObject: 'index.html', cachesQueryStrings: false },
  budget: { exactPaths: 3000, wildcardPaths: 15, bytes: 150_000 },
  prices: { path: 0.005, refetch: 0.00001, freePaths: 1000 },
} satisfies Partial<PlanRequest>;

/** The same as the step Invalidate is given it. */
export const PLAN_SETTINGS: PlanSettings = {
  urls: PLANNING.urls,
  prices: PLANNING.prices,
  freePathsPerMonth: PLANNING.prices.freePaths,
  maxListRequests: 2000,
  quotaPatienceMinutes: 60,
};

/** Those of a distribution that has none. */
export const NO_ERROR_PAGES = customErrorPages({ behaviours: [], errorResponses: [] }, PLANNING.urls);

/** A stored plan of some paths. */
export function planOf(paths: readonly string[], details: Partial<StoredPlan> = {}): StoredPlan {
  const counts = { changeCount: paths.length, requestedPathCount: 0 };
  const numbers = {
    number: 1,
    round: 1,
    needlessPurges: 0,
    required: paths.length,
    costUsd: 0,
    totalCostUsd: 0,
  };
  return {
    ...numbers,
    ...counts,
    plannedAt: '2026-11-02T10:00:02.000Z',
    paths,
    wildcards: [],
    guarded: false,
    isCheapest: true,
    mark: 'm1',
    skipped: NOTHING_SKIPPED,
    ...details,
  };
}
