import { QuotaExceededError } from '../errors.ts';
import type { Guard } from './guard.ts';
import { costOfPaths, type PathBudget, type Prices } from './prices.ts';
import type { Cover } from './search/cheapest-cover.ts';
import { type GuardedCover, guardedCover } from './search/guarded-cover.ts';
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
  /** Keys that were created, overwritten or removed. */
  readonly changedKeys: readonly string[];
  /** Valid invalidation paths that somebody asked for by hand. */
  readonly requestedPaths: readonly string[];
  readonly urls: UrlRules;
}

/** What a plan depends on besides what it has to cover. */
export interface PlanOptions {
  /**
   * The keys of the site, at least those with the `listingPrefix`: a wildcard may purge some of
   * them needlessly.
   */
  readonly siteKeys: readonly string[];
  readonly budget: PathBudget;
  readonly prices: Prices;
  /**
   * How many unchanged objects one plan may purge to save money. If the cheapest plan purges more,
   * the cheapest one that does not is made instead, at whatever it costs. If every plan purges
   * more, this limit does not count. Absent for no limit.
   */
  readonly maxNeedlessPurges?: number | undefined;
}

export interface PlanRequest extends Wanted, PlanOptions {}

/** What has to be covered, in the form that the search needs. */
export interface Targets {
  readonly wanted: Wanted;
  /** Viewer paths, and wildcards asked for by hand, in ascending order. */
  readonly required: readonly string[];
  /** One for each of these. */
  readonly targets: readonly Target[];
}

export interface Plan {
  /** Invalidation paths, sorted, none covered by another. Empty if no viewer can see the change. */
  readonly paths: readonly string[];
  /** How many objects the paths purge that neither changed nor were asked for. */
  readonly needlessPurges: number;
  /** The wildcards among the paths, each with its share of the needless purges. */
  readonly wildcards: readonly { readonly path: string; readonly needlessPurges: number }[];
  /** How many URLs and paths had to be covered. */
  readonly required: number;
  /** What the paths cost in US dollars. Refetches cost no money. */
  readonly costUsd: number;
  /** Whether another plan than the cheapest was made, because that exceeds `maxNeedlessPurges`. */
  readonly guarded: boolean;
  /** Only if the cheapest plan exceeds `maxNeedlessPurges`. */
  readonly guard?: Guard;
  /** False if the search was given up: a slightly cheaper plan may exist. */
  readonly isCheapest: boolean;
}

export function targetsOf(wanted: Wanted): Targets {
  const required = requiredOf(wanted);
  return { wanted, required, targets: required.map(path => targetOf(path, wanted.urls)) };
}

/**
 * The prefix of the keys that the plan has to know: '' for all of them; undefined if it needs none.
 */
export function listingPrefix({ targets }: Targets, budget: PathBudget): string | undefined {
  const [first, ...others] = targets.toSorted((a, b) => (a.text < b.text ? -1 : 1));
  if (first === undefined) return undefined;
  if (others.length === 0 && !first.wildcardOnly && budget.exactPaths > 0) return undefined;
  const prefix = first.text.slice(0, commonLength(first.text, (others.at(-1) ?? first).text));
  // Variants of one object: no key begins with a query string.
  return prefix.includes(QUERY) ? undefined : prefix;
}

/** Plans an invalidation whose whole site is known: `targetsOf` and `planTargets` in one. */
export function planInvalidation(request: PlanRequest): Plan {
  return planTargets(targetsOf(request), request);
}

/**
 * Chooses the paths of one invalidation: the cheapest that cover every URL of every changed key and
 * every path asked for. The cost is dollars for paths plus the price of needless purges. The order
 * of the input does not matter.
 *
 * @throws QuotaExceededError if nothing that covers them all fits the budget
 */
export function planTargets(
  { wanted: { requestedPaths, urls }, required, targets }: Targets,
  { siteKeys, budget, prices, maxNeedlessPurges = Number.POSITIVE_INFINITY }: PlanOptions,
): Plan {
  const site = new SiteKeys(siteKeys, {
    keys: required.map(path => textOf(path, urls)),
    prefixes: prefixesAsked(requestedPaths).map(prefix => textOf(prefix, urls)),
  });
  const wildcardAt = (prefix: string) => `${requestPath(viewerPathOf(prefix, urls))}*`;
  const tree = worthwhileCuts(
    urlTree(targets, site, prefix => bytesOf(wildcardAt(prefix))),
    budget,
  );
  const chosen = guardedCover(tree, { budget, prices, maxNeedlessPurges });
  if (chosen === undefined)
    throw new QuotaExceededError(undefined, 'What CloudFront has in progress leaves no room for a plan');

  const wildcards = chosen.wildcards.map(({ prefix, needlessPurges }) => ({
    path: wildcardAt(prefix),
    needlessPurges,
  }));
  const exact = targets
    .filter(({ text }) => !chosen.wildcards.some(({ prefix }) => text.startsWith(prefix)))
    .map(({ text }) => requestPath(viewerPathOf(text, urls)));
  const paths = [...wildcards.map(({ path }) => path), ...exact].sort();
  return {
    paths,
    needlessPurges: chosen.needlessPurges,
    wildcards,
    required: required.length,
    costUsd: costOfPaths(paths.length, prices),
    ...guardOf(chosen, { prices, limit: maxNeedlessPurges }),
    isCheapest: chosen.isCheapest,
  };
}

/** What the limit on needless purges does to a cover. */
function guardOf(
  { guard, ...chosen }: GuardedCover,
  { prices, limit }: { readonly prices: Prices; readonly limit: number },
): Pick<Plan, 'guarded' | 'guard'> {
  if (guard === undefined) return { guarded: false };
  const { fewest, cheapest } = guard;
  const costUsd = costOf(chosen, prices) - costOf(cheapest, prices);
  const withoutLimit = cheapest.needlessPurges;
  return { guarded: fewest <= limit, guard: { limit, fewest, withoutLimit, costUsd } };
}

const costOf = ({ wildcards, exactPaths }: Cover, prices: Prices) =>
  costOfPaths(wildcards.length + exactPaths, prices);

function requiredOf({ changedKeys, requestedPaths, urls }: Wanted): string[] {
  const named = [...changedKeys.flatMap(key => viewerPaths(key, urls)), ...requestedPaths.map(decodePath)];
  const paths = [...withVariants(named, urls)].sort();
  return paths.filter((path, index) => path !== paths[index - 1]);
}

/**
 * The viewer paths before the `*` of wildcards asked for by hand, in ascending order. A name that
 * ends with an encoded star (`%2A`) looks the same once decoded. A wildcard has to purge that
 * object, too, but nobody asked for what else it purges.
 */
export function prefixesAsked(requestedPaths: readonly string[]): string[] {
  const prefixes = requestedPaths.filter(isWildcard).map(path => decodePath(path.slice(0, -1)));
  return prefixes.sort();
}

/**
 * A path of doubtful spelling is covered by a wildcard that ends before the doubtful character, and
 * so is the `*` of a wildcard. A path with variants at the edge needs a wildcard as well, unless
 * the variants are required beside it or the path names one.
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

/** The key of a viewer path, or the start of one. */
const textOf = (viewerPath: string, { originPath }: UrlRules) => `${originPath}${viewerPath}`.slice(1);

const viewerPathOf = (text: string, { originPath }: UrlRules) => `/${text}`.slice(originPath.length);

const isWildcard = (path: string) => path.endsWith('*');

/** Size in a list written as JSON. Paths are ASCII. */
const bytesOf = (path: string) => path.length + '"",'.length;
