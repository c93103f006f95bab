import { QuotaExceededError } from '../errors.ts';
import { cheapestCover } from './cheapest-cover.ts';
import { costOfPaths, type PathBudget, type Prices } from './prices.ts';
import { findCuts, type Target } from './url-tree.ts';
import { decodePath, doubtfulFrom, requestPath, type UrlRules, viewerPaths } from './viewer-urls.ts';

/** What an invalidation has to cover. */
export interface Wanted {
  /** Keys created, overwritten or removed. */
  readonly changedKeys: readonly string[];
  /** Invalidation paths that somebody asked for by hand, already valid. */
  readonly requestedPaths: readonly string[];
  readonly urls: UrlRules;
}

export interface PlanRequest extends Wanted {
  /** Keys of the site bucket, of which a wildcard may purge some needlessly: at least those with the `listingPrefix`. */
  readonly siteKeys: readonly string[];
  readonly budget: PathBudget;
  readonly prices: Prices;
  /** So many unchanged objects may one plan purge to save money. Above it, it purges as few as the budget allows. */
  readonly maxCollateral: number;
}

export interface Plan {
  /** Invalidation paths, sorted, none covered by another; empty when no viewer can see the change. */
  readonly paths: readonly string[];
  /** Objects of the site that the paths purge although they neither changed nor were asked for. */
  readonly collateral: number;
  /** The wildcards among the paths, each with its share of the collateral. */
  readonly wildcards: readonly { readonly path: string; readonly collateral: number }[];
  /** URLs and paths that had to be covered. */
  readonly required: number;
  /** What the paths cost, in US dollars; refetches are not money. */
  readonly costUsd: number;
  /** Whether the cheapest plan would have purged more than `maxCollateral`. */
  readonly guarded: boolean;
}

/** The prefix of the keys that the plan has to know: '' for all of them; undefined when it needs none. */
export function listingPrefix(wanted: Wanted): string | undefined {
  const targets = targetsOf(wanted);
  const [first] = targets;
  if (first === undefined || (targets.length === 1 && !first.wildcardOnly)) return undefined;
  const [root] = findCuts(targets, [], () => 0);
  return `${wanted.urls.originPath}${root?.prefix ?? ''}`.slice(1);
}

/**
 * Chooses the paths of one invalidation: the cheapest that cover every URL of every changed key and every path asked for, where
 * cost is dollars for paths plus the price of needless purges. The order of the input does not matter.
 *
 * @throws QuotaExceededError when nothing that covers them all fits the budget
 */
export function planInvalidation(request: PlanRequest): Plan {
  const targets = targetsOf(request);
  const cuts = findCuts(targets, bystandersOf(request), prefix => bytesOf(`${requestPath(prefix)}*`));
  const choose = (prices: Prices) => {
    const cover = cheapestCover({ cuts, budget: request.budget, prices });
    if (cover === undefined) throw new QuotaExceededError('No set of paths fits the budget');
    const collateral = cover.wildcards.reduce((sum, cut) => sum + cut.collateral, 0);
    return { wildcards: cover.wildcards, collateral };
  };
  const cheapest = choose(request.prices);
  const guarded = cheapest.collateral > request.maxCollateral;
  const { wildcards, collateral } = guarded ? choose(LEAST_COLLATERAL) : cheapest;

  const isCovered = (text: string) => wildcards.some(({ prefix }) => text.startsWith(prefix));
  const exact = targets.filter(({ text }) => !isCovered(text)).map(({ text }) => requestPath(text));
  const paths = [...new Set([...wildcards.map(({ prefix }) => `${requestPath(prefix)}*`), ...exact])].sort();
  return {
    paths,
    collateral,
    wildcards: wildcards.map(cut => ({ path: `${requestPath(cut.prefix)}*`, collateral: cut.collateral })),
    required: requiredOf(request).size,
    costUsd: costOfPaths(paths.length, request.prices),
    guarded,
  };
}

/** Every path is free, and no purge. */
const LEAST_COLLATERAL: Prices = { path: 0, refetch: 1, freePaths: 0 };

function targetsOf({ changedKeys, requestedPaths, urls }: Wanted): Target[] {
  const exact = changedKeys.flatMap(key => viewerPaths(key, urls)).map(targetOf);
  return [...exact, ...requestedPaths.map(requestedTarget)];
}

/** A path with a spelling in doubt is covered by a wildcard that ends before the doubt. */
function targetOf(text: string): Target {
  const doubtful = doubtfulFrom(text);
  if (doubtful !== undefined) return { text: text.slice(0, doubtful), wildcardOnly: true, bytes: 0 };
  return { text, wildcardOnly: false, bytes: bytesOf(requestPath(text)) };
}

function requestedTarget(path: string): Target {
  return isWildcard(path) ? { ...targetOf(prefixOf(path)), wildcardOnly: true } : targetOf(decodePath(path));
}

/** In a list written as JSON. All of ASCII. */
function bytesOf(path: string): number {
  return path.length + '"",'.length;
}

/** The viewer paths of objects that a wildcard would purge needlessly. */
function bystandersOf(request: PlanRequest): string[] {
  const changed = new Set(request.changedKeys);
  const required = requiredOf(request);
  const asked = request.requestedPaths.filter(isWildcard).map(prefixOf);
  return request.siteKeys
    .filter(key => !changed.has(key))
    .flatMap(key => viewerPaths(key, request.urls).slice(0, 1))
    .filter(path => !required.has(path) && !asked.some(prefix => path.startsWith(prefix)));
}

/** What has to be covered, doubtful or not: viewer paths, and wildcards asked for by hand. */
function requiredOf({ changedKeys, requestedPaths, urls }: Wanted): Set<string> {
  return new Set([...changedKeys.flatMap(key => viewerPaths(key, urls)), ...requestedPaths.map(decodePath)]);
}

const isWildcard = (path: string) => path.endsWith('*');

/** What precedes the `*`, decoded. */
const prefixOf = (wildcard: string) => decodePath(wildcard.slice(0, -1));
