import type { Plan, Wanted } from './plan.ts';
import { decodePath, viewerPaths } from './viewer-urls.ts';

/** Why a path is in a plan. */
export interface PathReason {
  readonly path: string;
  /** Changed keys of which it covers a URL, sorted. */
  readonly keys: readonly string[];
  /** Paths asked for by hand that it covers, sorted. */
  readonly requestedPaths: readonly string[];
  /** Unchanged objects that it purges. */
  readonly collateral: number;
}

/** The reason of every path of a plan, in the plan's order. */
export function explainPlan(
  { paths, wildcards }: Pick<Plan, 'paths' | 'wildcards'>,
  { changedKeys, requestedPaths, urls }: Wanted,
): PathReason[] {
  const collateral = new Map(wildcards.map(wildcard => [wildcard.path, wildcard.collateral]));
  return paths.map(path => ({
    path,
    keys: changedKeys.filter(key => viewerPaths(key, urls).some(url => covers(path, url))).sort(),
    requestedPaths: requestedPaths.filter(asked => covers(path, decodePath(asked))).sort(),
    collateral: collateral.get(path) ?? 0,
  }));
}

function covers(path: string, viewerPath: string): boolean {
  const decoded = decodePath(path);
  return decoded.endsWith('*') ? viewerPath.startsWith(decoded.slice(0, -1)) : viewerPath === decoded;
}
