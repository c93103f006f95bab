import { CLOUDFRONT_LIMITS, type PathBudget } from '../planning/prices.ts';

/** Paths of one distribution in invalidations that CloudFront has not completed. */
export interface PathsInProgress {
  readonly exact: number;
  readonly wildcard: number;
}

/**
 * What a plan may use while others are in progress. Exact paths and wildcards are counted
 * separately.
 */
export function budgetBeside(busy: PathsInProgress): PathBudget {
  const { exactPaths, wildcardPaths, bytes } = CLOUDFRONT_LIMITS;
  return {
    exactPaths: Math.max(0, exactPaths - busy.exact),
    wildcardPaths: Math.max(0, wildcardPaths - busy.wildcard),
    bytes,
  };
}

/**
 * Whether a refresh has waited so long since its first refusal that one path for everything will
 * do.
 */
export function isOverdue(refusedAt: string | undefined, now: Date, patienceMinutes: number): boolean {
  return refusedAt !== undefined && now.getTime() - Date.parse(refusedAt) > patienceMinutes * 60_000;
}

/**
 * The budget of an overdue refresh: one wildcard for everything, whatever CloudFront counts. If no
 * wildcard is free, exact paths still may be.
 */
export function lastResort(free: PathBudget): PathBudget {
  return free.wildcardPaths > 0 ? { ...free, exactPaths: 0, wildcardPaths: 1 } : free;
}
