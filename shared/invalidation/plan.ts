import { QuotaExceededError } from '../errors.ts';
import { decodePath, invalidationPath, type UrlRules, viewerPaths } from './viewer-urls.ts';

export interface PlanRequest {
  /** Keys created, overwritten or removed. */
  readonly changedKeys: readonly string[];
  /** Invalidation paths that somebody asked for by hand, already valid. */
  readonly requestedPaths: readonly string[];
  /** Keys now in the site bucket, of which a wildcard may purge some needlessly: at least those that begin with `listingPrefix`. */
  readonly siteKeys: readonly string[];
  readonly urls: UrlRules;
  readonly budget: PathBudget;
  readonly prices: Prices;
  /** So many unchanged objects may one plan purge to save money. Above it, it purges as few as the budget allows. */
  readonly maxCollateral: number;
}

/** In US dollars. */
export interface Prices {
  /** One path beyond the free ones, exact or wildcard. */
  readonly path: number;
  /** What it is worth not to purge one unchanged object: the next visitor at every edge location waits for the origin. */
  readonly refetch: number;
  /** Paths of this month's free allowance that are left. */
  readonly freePaths: number;
}

/** What one invalidation may use. */
export interface PathBudget {
  /** CloudFront's limit is 3,000 in progress. */
  readonly exactPaths: number;
  /** CloudFront's limit is 15 in progress. */
  readonly wildcardPaths: number;
  /** Length of the paths as JSON. GetInvalidation echoes them all, and a Step Functions result ends at 256 KiB. */
  readonly bytes: number;
}

export interface Plan {
  /** Invalidation paths, sorted, none covered by another; empty when no viewer can see the change. */
  readonly paths: readonly string[];
  /** Objects of the site that the paths purge although they did not change. */
  readonly collateral: number;
  /** The wildcards among the paths, each with its share of the collateral. */
  readonly wildcards: readonly { readonly path: string; readonly collateral: number }[];
  /** URLs that had to be covered. */
  readonly required: number;
  /** What the paths cost, in US dollars; refetches are not money. */
  readonly costUsd: number;
  /** Whether the cheapest plan would have purged more than `maxCollateral`. */
  readonly guarded: boolean;
}

/** What a plan depends on apart from the site's keys. */
export type Wanted = Pick<PlanRequest, 'changedKeys' | 'requestedPaths' | 'urls'>;

/** The prefix of the keys that the plan has to know: '' for all of them; undefined when it needs none. */
export function listingPrefix(wanted: Wanted): string | undefined {
  return wanted.changedKeys.length + wanted.requestedPaths.length === 0 ? undefined : '';
}

/**
 * Chooses the paths of one invalidation: every URL of every changed key is covered, whatever the budget; over budget,
 * by `/*`. The order of the input does not matter.
 *
 * @throws QuotaExceededError when nothing that covers them all fits the budget
 */
export function planInvalidation(request: PlanRequest): Plan {
  const urls = new Set(request.changedKeys.flatMap(key => viewerPaths(key, request.urls)));
  const wanted = withoutCovered([...[...urls].map(invalidationPath), ...request.requestedPaths]);
  const paths = isWithin(request.budget, wanted) ? wanted : ['/*'];
  if (!isWithin(request.budget, paths)) throw new QuotaExceededError('Not even one wildcard is free');
  const wildcards = paths
    .filter(path => path.endsWith('*'))
    .map(path => ({ path, collateral: countCollateral([path], request) }));
  return {
    paths,
    wildcards,
    collateral: countCollateral(paths, request),
    required: urls.size + request.requestedPaths.length,
    costUsd: Math.max(0, paths.length - request.prices.freePaths) * request.prices.path,
    guarded: false,
  };
}

/** Removes duplicates and every path that a wildcard of the list covers; sorts the rest. */
export function withoutCovered(paths: readonly string[]): string[] {
  const kept: string[] = [];
  let wildcard: string | undefined;
  // Sorted by what precedes the `*`, a wildcard comes right before everything it covers.
  for (const path of [...new Set(paths)].sort(byPrefix)) {
    if (wildcard !== undefined && path.startsWith(wildcard)) continue;
    kept.push(path);
    if (path.endsWith('*')) wildcard = path.slice(0, -1);
  }
  return kept;
}

function byPrefix(a: string, b: string): number {
  const [left, right] = [sortKey(a), sortKey(b)];
  if (left === right) return a.endsWith('*') ? -1 : 1;
  return left < right ? -1 : 1;
}

function sortKey(path: string): string {
  return path.endsWith('*') ? path.slice(0, -1) : path;
}

function isWithin(budget: PathBudget, paths: readonly string[]): boolean {
  const wildcards = paths.filter(path => path.endsWith('*')).length;
  return (
    wildcards <= budget.wildcardPaths &&
    paths.length - wildcards <= budget.exactPaths &&
    Buffer.byteLength(JSON.stringify(paths)) <= budget.bytes
  );
}

function countCollateral(paths: readonly string[], request: PlanRequest): number {
  const prefixes = paths.filter(path => path.endsWith('*')).map(path => decodePath(path.slice(0, -1)));
  const exact = new Set(paths.filter(path => !path.endsWith('*')).map(decodePath));
  const changed = new Set(request.changedKeys);
  const purged = (key: string) =>
    viewerPaths(key, request.urls).some(
      url => exact.has(url) || prefixes.some(prefix => url.startsWith(prefix)),
    );
  return request.siteKeys.filter(key => !changed.has(key) && purged(key)).length;
}
