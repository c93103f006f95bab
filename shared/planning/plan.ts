import { QuotaExceededError } from '../errors.ts';
import type { Guard } from './guard.ts';
import { sortedKeys } from './key-order.ts';
import { KnownSite, rangeOf } from './known-site.ts';
import { decodePath, doubtfulFrom, isPlain, queryAt, requestPath } from './path-spelling.ts';
import { costOfPaths, type PathBudget, type Prices } from './prices.ts';
import type { Cover } from './search/cheapest-cover.ts';
import { type GuardedCover, guardedCover } from './search/guarded-cover.ts';
import { type CoverTree, type NeedlessPurges, type Target, urlTree } from './search/url-tree.ts';
import { worthwhileCuts } from './search/worthwhile-cuts.ts';
import { type UrlRules, viewerPaths, withVariants } from './viewer-urls.ts';

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
  /** Asked for wildcards that end after what some targets have in common. */
  readonly purgesOf: NeedlessPurges;
  readonly budget: PathBudget;
  readonly prices: Prices;
  /**
   * How many unchanged objects one plan may purge to save money. If the cheapest plan purges more,
   * the cheapest one that does not is made instead, at whatever it costs. If every plan purges
   * more, this limit does not count. Absent for no limit.
   */
  readonly maxNeedlessPurges?: number | undefined;
}

/** A plan for a site all of whose keys are at hand. */
export interface PlanRequest extends Wanted, Omit<PlanOptions, 'purgesOf'> {
  readonly siteKeys: readonly string[];
}

/** What has to be covered, in the form that the search needs. */
export interface Targets {
  readonly wanted: Wanted;
  /** The keys of viewer paths, and of wildcards asked for by hand. */
  readonly keys: readonly string[];
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
  /** False if the search was given up, or not all was listed: a cheaper plan may exist. */
  readonly isCheapest: boolean;
  /** Present if the needless purges are estimated, because too little of the site was listed. */
  readonly isEstimated?: true;
}

export function targetsOf(wanted: Wanted): Targets {
  const required = requiredOf(wanted);
  const keys = required.map(path => textOf(path, wanted.urls));
  const targets = required.map((path, index) => targetOf(path, keys[index] as string, wanted.urls));
  return { wanted, keys, targets };
}

/** What is known of a site before any of it has been listed. */
export function unlistedSite({ wanted: { requestedPaths, urls }, keys, targets }: Targets): KnownSite {
  const prefixes = prefixesAsked(requestedPaths).map(prefix => textOf(prefix, urls));
  const others = targets.map(({ text }) => text).filter((text, index) => text !== keys[index]);
  return new KnownSite({ keys, prefixes }, others);
}

/** Plans an invalidation whose whole site is known. */
export function planInvalidation({ siteKeys, ...request }: PlanRequest): Plan {
  const targets = targetsOf(request);
  const site = unlistedSite(targets);
  site.learn(rangeOf(''), sortedKeys(siteKeys));
  return planTargets(targets, { ...request, purgesOf: site.seenBelow });
}

/**
 * Chooses the paths of one invalidation: the cheapest that cover every URL of every changed key and
 * every path asked for. The cost is dollars for paths plus the price of needless purges. The order
 * of the input does not matter.
 *
 * @throws QuotaExceededError if nothing that covers them all fits the budget
 */
export function planTargets(all: Targets, options: PlanOptions): Plan {
  return planInTree(coverTree(all, options), all, options);
}

/** The same, in a tree that was made of these targets with these options. */
export function planInTree(
  tree: CoverTree,
  { wanted: { urls }, targets }: Targets,
  { budget, prices, maxNeedlessPurges = Number.POSITIVE_INFINITY }: Omit<PlanOptions, 'purgesOf'>,
): Plan {
  const chosen = guardedCover(tree, { budget, prices, maxNeedlessPurges });
  if (chosen === undefined)
    throw new QuotaExceededError(undefined, 'What CloudFront has in progress leaves no room for a plan');

  const wildcards = chosen.wildcards.map(({ prefix, needlessPurges }) => ({
    path: wildcardAt(prefix, urls),
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
    required: targets.length,
    costUsd: costOfPaths(paths.length, prices),
    ...guardOf(chosen, { prices, limit: maxNeedlessPurges }),
    isCheapest: chosen.isCheapest,
  };
}

/** Where wildcards may be worth while. */
export function coverTree(
  { wanted: { urls }, targets }: Targets,
  { purgesOf, budget }: Pick<PlanOptions, 'purgesOf' | 'budget'>,
): CoverTree {
  const wildcardBytes = (prefix: string) => bytesOf(wildcardAt(prefix, urls));
  const tree = urlTree(targets, { purgesOf, bytesOf: wildcardBytes, budget });
  return worthwhileCuts(tree, budget.wildcardPaths);
}

const wildcardAt = (prefix: string, urls: UrlRules) => `${requestPath(viewerPathOf(prefix, urls))}*`;

/** The start of the keys that a wildcard of a plan purges. */
export const prefixOf = (wildcard: string, urls: UrlRules) => textOf(decodePath(wildcard.slice(0, -1)), urls);

/** What the limit on needless purges does to a cover. */
function guardOf(
  { guard, ...chosen }: GuardedCover,
  { prices, limit }: { readonly prices: Prices; readonly limit: number },
): Pick<Plan, 'guarded' | 'guard'> {
  if (guard === undefined) return { guarded: false };
  const { cheapest, ...fewest } = guard;
  const withoutLimit = cheapest.needlessPurges;
  const costUsd = costOf(chosen, prices) - costOf(cheapest, prices);
  return { guarded: fewest.fewest === undefined, guard: { limit, withoutLimit, costUsd, ...fewest } };
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
function targetOf(viewerPath: string, key: string, urls: UrlRules): Target {
  const hasVariants = urls.cachesQueryStrings && !viewerPath.endsWith('/') && queryAt(viewerPath) < 0;
  if (isPlain(viewerPath)) return { text: key, wildcardOnly: hasVariants, bytes: bytesOf(viewerPath) };
  const asked = isWildcard(viewerPath) ? viewerPath.slice(0, -1) : viewerPath;
  const sure = asked.slice(0, doubtfulFrom(asked));
  return {
    text: key.slice(0, key.length - viewerPath.length + sure.length),
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
