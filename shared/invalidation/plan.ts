import { decodePath, invalidationPath, viewerPaths } from './viewer-urls.ts';

export interface PlanRequest {
  /** Keys created, overwritten or removed. */
  readonly changedKeys: readonly string[];
  /** Invalidation paths that somebody asked for by hand, already valid. */
  readonly requestedPaths: readonly string[];
  /** Every key now in the site bucket: what a wildcard may purge needlessly. */
  readonly siteKeys: readonly string[];
  /** The distribution's origin path: '' or `/folder`. */
  readonly originPath: string;
  readonly budget: PathBudget;
}

/** What one invalidation may use. */
export interface PathBudget {
  /** Above so many exact paths one `/*` is cheaper to send and to pay. CloudFront's own limit is 3,000 in progress. */
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
}

/**
 * Chooses the paths of one invalidation: every URL of every changed key is covered, whatever the budget; over budget,
 * by `/*`. The order of the input does not matter.
 */
export function planInvalidation(request: PlanRequest): Plan {
  const urls = request.changedKeys.flatMap(key => viewerPaths(key, request.originPath));
  const wanted = withoutCovered([...urls.map(invalidationPath), ...request.requestedPaths]);
  const paths = isWithin(request.budget, wanted) ? wanted : ['/*'];
  return { paths, collateral: countCollateral(paths, request) };
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
    viewerPaths(key, request.originPath).some(
      url => exact.has(url) || prefixes.some(prefix => url.startsWith(prefix)),
    );
  return request.siteKeys.filter(key => !changed.has(key) && purged(key)).length;
}
