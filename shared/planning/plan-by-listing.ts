import { mapConcurrently } from '../concurrently.ts';
import { KEYS_PER_PAGE } from './density.ts';
import { endOf, justBefore, rightAfter } from './key-order.ts';
import type { KnownSite } from './known-site.ts';
import { nextPages, type Wanted } from './next-pages.ts';
import {
  coverTree,
  type Plan,
  type PlanOptions,
  planInTree,
  planTargets,
  prefixOf,
  type Targets,
  unlistedSite,
} from './plan.ts';
import type { Cut } from './search/url-tree.ts';

/** Some of the keys in a bucket, in the order in which S3 lists them. */
export interface KeyPage {
  readonly keys: readonly string[];
  /** Whether no key with the prefix comes after them. */
  readonly isLast: boolean;
  /** Whether keys may be missing among them, because listing took too many requests. */
  readonly isPartial?: boolean;
}

/** Where a page of keys begins. */
export interface PageStart {
  readonly prefix: string;
  /** Absent to begin with the first key that has the prefix. */
  readonly startAfter?: string;
}

export interface KeyListing {
  page(start: PageStart): Promise<KeyPage>;
}

export interface ListingOptions {
  readonly site: KeyListing;
  /** Requests after which what is not known is estimated. */
  readonly maxListRequests: number;
}

/** What a plan depends on besides the site. */
type ListedOptions = Omit<PlanOptions, 'purgesOf'>;

/** Exact paths that are free are sent without a listing, which might save some of them. */
const FEW_PATHS = 10;

/**
 * What S3 charges for a request, in US dollars: $0.005 for 1,000.
 * https://aws.amazon.com/s3/pricing/
 */
const REQUEST_PRICE = 0.000_005;

/** What a free path is worth, as a part of its later price: another deploy may need it. */
const FREE_PATH_WORTH = 0.1;

/** As many connections as the SDK opens at once. */
export const CONCURRENT_REQUESTS = 50;

/** Requests in the first round, before anything is known, and in any. */
const FIRST_ROUND = 16;
const LARGEST_ROUND = 512;

/** How many requests there may be in a round. @param round from 0 on */
export const roundSize = (round: number) => Math.min(FIRST_ROUND * 2 ** round, LARGEST_ROUND);

/**
 * Plans as if the whole site were known, and lists only what the plan depends on.
 *
 * Each round plans with what has been listed so far, as if there were nothing else. No wildcard
 * purges less than that, so no plan can be cheaper. If all wildcards of this plan are completely
 * listed, its cost is true, and it is the cheapest. Otherwise the next round lists below them, and
 * below those that may be chosen instead.
 *
 * @throws QuotaExceededError if nothing that covers everything fits the budget
 */
export async function planByListing(
  targets: Targets,
  options: ListedOptions,
  { site: listing, maxListRequests }: ListingOptions,
): Promise<Plan> {
  const worth = pathWorth(targets, options);
  const exact = exactPlan(targets, worth, options);
  if (exact !== undefined && exact.costUsd === 0 && exact.paths.length <= FEW_PATHS) return exact;
  const site = unlistedSite(targets);
  const seen = { ...options, purgesOf: site.seenBelow };
  let requests = 0;
  let isPartial = false;
  for (let round = 0; ; round++) {
    const tree = coverTree(targets, seen);
    const plan = planInTree(tree, targets, seen);
    const unproven = unlistedIn(plan, targets, site);
    if (unproven.size === 0) return isPartial ? uncertain(plan) : plan;
    if (exact !== undefined && savingOf(plan, exact, options) <= REQUEST_PRICE) return exact;
    if (requests >= maxListRequests || (requests > 0 && arePurgesFree(options)))
      return estimatedPlan(targets, options, site);
    const rivals = tree.cuts.filter(({ prefix }) => !site.isListed(prefix));
    const wanted = wantedOf(rivals, unproven, cut => gainOf(cut, worth, options), options);
    const starts = nextPages(site, wanted, Math.min(roundSize(round), maxListRequests - requests));
    const pages = await mapConcurrently(starts, CONCURRENT_REQUESTS, start =>
      learnPage(start, site, listing),
    );
    requests += starts.length;
    isPartial ||= pages.some(page => page.isPartial);
  }
}

/** What it is worth to save one path. Beyond CloudFront's limits every one has to be saved. */
function pathWorth({ targets }: Targets, { budget, prices }: ListedOptions): number {
  const different = new Map(targets.map(target => [target.text, target]));
  const bytes = [...different.values()].reduce((sum, target) => sum + target.bytes, 0);
  const wildcards = [...different.values()].filter(({ wildcardOnly }) => wildcardOnly).length;
  const fits =
    different.size <= budget.exactPaths && bytes <= budget.bytes && wildcards <= budget.wildcardPaths;
  if (!fits) return Number.POSITIVE_INFINITY;
  return prices.path * (different.size > prices.freePaths ? 1 : FREE_PATH_WORTH);
}

/** The plan without any wildcard; undefined if that covers not all, or does not fit. */
function exactPlan(targets: Targets, worth: number, options: ListedOptions): Plan | undefined {
  const isPossible = Number.isFinite(worth) && !targets.targets.some(({ wildcardOnly }) => wildcardOnly);
  if (!isPossible) return undefined;
  const budget = { ...options.budget, wildcardPaths: 0 };
  return planTargets(targets, { ...options, budget, purgesOf: () => 0 });
}

/** Where the wildcards of a plan end that may purge more than is known. */
function unlistedIn({ wildcards }: Plan, { wanted: { urls } }: Targets, site: KnownSite): Set<string> {
  const prefixes = wildcards.map(({ path }) => prefixOf(path, urls));
  return new Set(prefixes.filter(prefix => !site.isListed(prefix)));
}

/** What the exact paths cost more than another plan, in US dollars. */
function savingOf(plan: Plan, exact: Plan, { prices }: ListedOptions): number {
  const usedFree = ({ paths }: Plan) => Math.min(paths.length, prices.freePaths);
  const freePaths = FREE_PATH_WORTH * prices.path * (usedFree(exact) - usedFree(plan));
  return exact.costUsd - plan.costUsd - prices.refetch * plan.needlessPurges + freePaths;
}

/** Whether a plan depends on the number of purges only to choose among the cheapest. */
const arePurgesFree = ({ prices, maxNeedlessPurges }: ListedOptions) =>
  prices.refetch === 0 && maxNeedlessPurges === undefined;

/** What a wildcard saves at most, in US dollars, instead of the paths that it replaces. */
const gainOf = ({ savedPaths, needlessPurges }: Cut, worth: number, { prices }: ListedOptions) =>
  (savedPaths > 1 ? (savedPaths - 1) * worth : 0) - needlessPurges * prices.refetch;

/**
 * Chosen wildcards first, then those that purge least for each path that they save. Each gets the
 * pages that suffice to show that it is too dear.
 */
function wantedOf(
  rivals: readonly Cut[],
  chosen: ReadonlySet<string>,
  gainOf: (cut: Cut) => number,
  { prices }: ListedOptions,
): Wanted[] {
  const rank = ({ prefix, needlessPurges, savedPaths }: Cut) =>
    chosen.has(prefix) ? -1 : needlessPurges / savedPaths;
  // One that is chosen although it saves nothing has to be taken: only its purges are unknown.
  const pagesFor = (gain: number) =>
    gain > 0 && prices.refetch > 0
      ? 1 + Math.floor(gain / (prices.refetch * KEYS_PER_PAGE))
      : Number.POSITIVE_INFINITY;
  return rivals
    .filter(cut => chosen.has(cut.prefix) || gainOf(cut) > 0)
    .sort((a, b) => rank(a) - rank(b) || b.savedPaths - a.savedPaths)
    .map(cut => ({ prefix: cut.prefix, pages: pagesFor(gainOf(cut)) }));
}

/**
 * Lists a page and takes it in.
 *
 * @returns its keys that no other page has
 */
export async function learnPage(
  start: string,
  site: KnownSite,
  listing: KeyListing,
): Promise<{ readonly found: readonly string[]; readonly isPartial: boolean }> {
  const prefix = site.scope;
  const startAfter = start === prefix ? undefined : justBefore(start);
  const {
    keys,
    isLast,
    isPartial = false,
  } = await listing.page({
    prefix,
    ...(startAfter === undefined ? {} : { startAfter }),
  });
  const to = isLast ? endOf(prefix) : rightAfter(keys.at(-1) ?? '');
  return { found: site.learn({ from: start, to }, keys), isPartial };
}

/** What was not listed is taken to be like what lies around it. */
function estimatedPlan(targets: Targets, options: ListedOptions, site: KnownSite): Plan {
  const plan = planTargets(targets, { ...options, purgesOf: site.estimateBelow });
  const isEstimated = unlistedIn(plan, targets, site).size > 0;
  return isEstimated ? uncertain(plan) : { ...plan, isCheapest: false };
}

/** A plan whose wildcards may purge more than was seen. */
const uncertain = (plan: Plan): Plan =>
  plan.wildcards.length === 0 ? plan : { ...plan, isCheapest: false, isEstimated: true };
