import { QuotaExceededError } from '../errors.ts';
import { costOfPaths, type PathBudget, type Prices } from './prices.ts';
import { cheapestCover } from './search/cheapest-cover.ts';
import type { CoverProblem } from './search/relaxed-cover.ts';
import { commonLength, type Target, urlTree } from './search/url-tree.ts';
import { worthwhileCuts } from './search/worthwhile-cuts.ts';
import { SiteKeys } from './site-keys.ts';
import {
  decodePath,
  doubtfulFrom,
  QUERY,
  requestPath,
  type UrlRules,
  viewerPaths,
  withVariants,
} from './viewer-urls.ts';

/** What an invalidation has to cover. */
export interface Wanted {
  /** Keys created, overwritten or removed. */
  readonly changedKeys: readonly string[];
  /** Invalidation paths that somebody asked for by hand, already valid. */
  readonly requestedPaths: readonly string[];
  readonly urls: UrlRules;
}

export interface PlanRequest extends Wanted {
  /** The keys of the site, at least those that begin with the `listingPrefix`: a wildcard may purge some of them needlessly. */
  readonly siteKeys: readonly string[];
  readonly budget: PathBudget;
  readonly prices: Prices;
  /** How many unchanged objects one plan may purge to save money; above it, the plan with the fewest needless purges is made. */
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
  const targets = requiredOf(wanted).map(path => targetOf(path, wanted.urls));
  const [first, ...others] = targets.sort((a, b) => (a.text < b.text ? -1 : 1));
  if (first === undefined) return undefined;
  if (others.length === 0 && !first.wildcardOnly && wanted.budget.exactPaths > 0) return undefined;
  const prefix = first.text.slice(0, commonLength(first.text, (others.at(-1) ?? first).text));
  // Variants of one object: no key begins with a query string.
  return prefix.includes(QUERY) ? undefined : prefix;
}

/**
 * Chooses the paths of one invalidation: the cheapest that cover every URL of every changed key and every path asked for, where
 * cost is dollars for paths plus the price of needless purges. The order of the input does not matter.
 *
 * @throws QuotaExceededError when nothing that covers them all fits the budget
 */
export function planInvalidation(request: PlanRequest): Plan {
  const { urls, budget, prices, maxCollateral } = request;
  const required = requiredOf(request);
  const targets = required.map(path => targetOf(path, urls));
  const site = new SiteKeys(request.siteKeys, {
    keys: required.map(path => textOf(path, urls)),
    prefixes: prefixesAsked(request.requestedPaths).map(prefix => textOf(prefix, urls)),
  });
  const wildcardAt = (prefix: string) => `${requestPath(viewerPathOf(prefix, urls))}*`;
  const tree = worthwhileCuts(
    urlTree(targets, site, prefix => bytesOf(wildcardAt(prefix))),
    budget,
  );

  const least = choose({ ...tree, budget, prices: LEAST_COLLATERAL });
  const isTooMuch = least.collateral > maxCollateral;
  const cheapest = isTooMuch ? least : choose({ ...tree, budget, prices });
  const guarded = cheapest.collateral > maxCollateral;
  const chosen = guarded ? least : cheapest;

  const wildcards = chosen.wildcards.map(({ prefix, collateral }) => ({
    path: wildcardAt(prefix),
    collateral,
  }));
  const exact = targets
    .filter(({ text }) => !chosen.wildcards.some(({ prefix }) => text.startsWith(prefix)))
    .map(({ text }) => requestPath(viewerPathOf(text, urls)));
  const paths = [...wildcards.map(({ path }) => path), ...exact].sort();
  return {
    paths,
    collateral: chosen.collateral,
    wildcards,
    required: required.length,
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

/** Paths cost nothing: ties go to fewer needless purges. */
const LEAST_COLLATERAL: Prices = { path: 0, refetch: 0, freePaths: 0 };

/** What has to be covered, in ascending order: viewer paths, and wildcards asked for by hand. */
function requiredOf({ changedKeys, requestedPaths, urls }: Wanted): string[] {
  const named = [...changedKeys.flatMap(key => viewerPaths(key, urls)), ...requestedPaths.map(decodePath)];
  const paths = [...withVariants(named, urls)].sort();
  return paths.filter((path, index) => path !== paths[index - 1]);
}

/**
 * The viewer paths before the `*` of wildcards asked for by hand, in ascending order. Decoded, an object whose name ends with a star
 * (`%2A`) looks like one: a wildcard has to purge it as well, but nobody asked for what else that purges.
 */
export function prefixesAsked(requestedPaths: readonly string[]): string[] {
  const prefixes = requestedPaths.filter(isWildcard).map(path => decodePath(path.slice(0, -1)));
  return prefixes.sort();
}

/**
 * A path with a spelling in doubt is covered by a wildcard that ends before the doubt; the `*` itself is one. So is a path of which edges
 * keep variants, unless they are required beside it or the path names one.
 */
function targetOf(viewerPath: string, urls: UrlRules): Target {
  const asked = isWildcard(viewerPath) ? viewerPath.slice(0, -1) : viewerPath;
  const sure = asked.slice(0, doubtfulFrom(asked));
  const hasVariants = urls.cachesQueryStrings && !viewerPath.endsWith('/') && !viewerPath.includes(QUERY);
  return {
    text: textOf(sure, urls),
    wildcardOnly: hasVariants || sure.length < viewerPath.length,
    bytes: bytesOf(requestPath(viewerPath)),
  };
}

/** The key of a viewer path, or the beginning of one. */
const textOf = (viewerPath: string, { originPath }: UrlRules) => `${originPath}${viewerPath}`.slice(1);

const viewerPathOf = (text: string, { originPath }: UrlRules) => `/${text}`.slice(originPath.length);

const isWildcard = (path: string) => path.endsWith('*');

/** In a list written as JSON. All of ASCII. */
const bytesOf = (path: string) => path.length + '"",'.length;
