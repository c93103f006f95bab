import { QuotaExceededError } from '../errors.ts';
import { cheapestCover } from './cheapest-cover.ts';
import { costOfPaths, type PathBudget, type Prices } from './prices.ts';
import type { CoverProblem } from './relaxed-cover.ts';
import { type Exempt, SiteKeys } from './site-keys.ts';
import { findCuts, type Target } from './url-tree.ts';
import { decodePath, doubtfulFrom, QUERY, requestPath, type UrlRules, viewerPaths } from './viewer-urls.ts';

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
  /** False when the search was given up, and a slightly cheaper plan may exist. */
  readonly isCheapest: boolean;
}

/** The prefix of the keys that the plan has to know: '' for all of them; undefined when it needs none. */
export function listingPrefix(wanted: Wanted & Pick<PlanRequest, 'budget'>): string | undefined {
  const targets = targetsOf(wanted);
  const [first] = targets;
  if (first === undefined) return undefined;
  if (targets.length === 1 && !first.wildcardOnly && wanted.budget.exactPaths > 0) return undefined;
  const [root] = findCuts(targets, new SiteKeys([], NOTHING), { bytesOfWildcard: () => 0, isCoarse: true });
  // Variants of one object: no key begins with a query string.
  return root?.prefix.includes(QUERY) ? undefined : root?.prefix;
}

/**
 * Chooses the paths of one invalidation: the cheapest that cover every URL of every changed key and every path asked for, where
 * cost is dollars for paths plus the price of needless purges. The order of the input does not matter.
 *
 * @throws QuotaExceededError when nothing that covers them all fits the budget
 */
export function planInvalidation(request: PlanRequest): Plan {
  const { urls, budget, prices, maxCollateral } = request;
  const targets = targetsOf(request);
  const required = requiredOf(request);
  const site = new SiteKeys(request.siteKeys, exemptOf(request, required));
  const wildcardAt = (prefix: string) => `${requestPath(viewerPathOf(prefix, urls))}*`;
  const isCoarse = targets.length > MOST_FINE_TARGETS;
  const cuts = findCuts(targets, site, { bytesOfWildcard: prefix => bytesOf(wildcardAt(prefix)), isCoarse });

  const cheapest = choose({ cuts, budget, prices, isCoarse });
  const guarded = cheapest.collateral > maxCollateral;
  const chosen = guarded ? choose({ cuts, budget, prices: LEAST_COLLATERAL, isCoarse }) : cheapest;

  const wildcards = chosen.wildcards.map(({ prefix, collateral }) => ({
    path: wildcardAt(prefix),
    collateral,
  }));
  const exact = targets
    .filter(({ text }) => !chosen.wildcards.some(({ prefix }) => text.startsWith(prefix)))
    .map(({ text }) => requestPath(viewerPathOf(text, urls)));
  const paths = [...new Set([...wildcards.map(({ path }) => path), ...exact])].sort();
  return {
    paths,
    collateral: chosen.collateral,
    wildcards,
    required: required.size,
    costUsd: costOfPaths(paths.length, prices),
    guarded,
    isCheapest: chosen.isCheapest,
  };
}

function choose(problem: CoverProblem) {
  const cover = cheapestCover(problem);
  if (cover === undefined)
    throw new QuotaExceededError(undefined, 'What CloudFront has in progress leaves no room for a plan');
  return { ...cover, collateral: cover.wildcards.reduce((sum, cut) => sum + cut.collateral, 0) };
}

/** Above so many targets, a wildcard for a single one is not considered: there are 15 for all. */
const MOST_FINE_TARGETS = 3000;

const NOTHING: Exempt = { keys: new Set(), prefixes: [] };

/** Paths cost nothing: ties go to fewer needless purges. */
const LEAST_COLLATERAL: Prices = { path: 0, refetch: 0, freePaths: 0 };

function targetsOf({ changedKeys, requestedPaths, urls }: Wanted): Target[] {
  const exact = changedKeys.flatMap(key => viewerPaths(key, urls)).map(path => targetOf(path, urls));
  return [...exact, ...requestedPaths.map(path => requestedTarget(path, urls))];
}

/** A path with a spelling in doubt is covered by a wildcard that ends before the doubt. */
function targetOf(viewerPath: string, urls: UrlRules): Target {
  const doubtful = doubtfulFrom(viewerPath);
  const text = textOf(viewerPath.slice(0, doubtful), urls);
  return { text, wildcardOnly: doubtful !== undefined, bytes: bytesOf(requestPath(viewerPath)) };
}

function requestedTarget(path: string, urls: UrlRules): Target {
  if (!isWildcard(path)) return targetOf(decodePath(path), urls);
  return { ...targetOf(prefixOf(path), urls), wildcardOnly: true };
}

/** What may be purged: what has to be, and what is asked for. */
function exemptOf({ changedKeys, requestedPaths, urls }: Wanted, required: ReadonlySet<string>): Exempt {
  const keys = new Set(changedKeys);
  for (const path of required) keys.add(textOf(path, urls));
  return { keys, prefixes: requestedPaths.filter(isWildcard).map(path => textOf(prefixOf(path), urls)) };
}

/** What has to be covered, doubtful or not: viewer paths, and wildcards asked for by hand. */
function requiredOf({ changedKeys, requestedPaths, urls }: Wanted): Set<string> {
  return new Set([...changedKeys.flatMap(key => viewerPaths(key, urls)), ...requestedPaths.map(decodePath)]);
}

/** The key of a viewer path, or the beginning of one. */
const textOf = (viewerPath: string, { originPath }: UrlRules) => `${originPath}${viewerPath}`.slice(1);

const viewerPathOf = (text: string, { originPath }: UrlRules) => `/${text}`.slice(originPath.length);

const isWildcard = (path: string) => path.endsWith('*');

/** What precedes the `*`, decoded. */
const prefixOf = (wildcard: string) => decodePath(wildcard.slice(0, -1));

/** In a list written as JSON. All of ASCII. */
const bytesOf = (path: string) => path.length + '"",'.length;
