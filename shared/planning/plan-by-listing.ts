import { mapConcurrently } from '../concurrently.ts';
import { KEYS_PER_PAGE } from './density.ts';
import { endOf, justBefore, rightAfter } from './key-order.ts';
import type { KnownSite } from './known-site.ts';
import { nextPages } from './next-pages.ts';
import {
  type Candidate,
  candidatesOf,
  type Plan,
  type PlanOptions,
  planTargets,
  prefixOf,
  type Targets,
  unlistedSite,
} from './plan.ts';

/** Some of the keys in a bucket, in the order in which S3 lists them. */
export interface KeyPage {
  readonly keys: readonly string[];
  /** Whether no key with the prefix comes after them. */
  readonly isLast: boolean;
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
const CONCURRENT_REQUESTS = 50;

/** Requests in the first round, before anything is known, and in any. */
const FIRST_ROUND = 16;
const LARGEST_ROUND = 512;

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
  options: Omit<PlanOptions, 'purgesOf'>,
  { site: listing, maxListRequests }: ListingOptions,
): Promise<Plan> {
  const exact = exactPlan(targets, options);
  if (exact !== undefined && exact.costUsd === 0 && exact.paths.length <= FEW_PATHS) return exact;
  const site = unlistedSite(targets);
  const seen = { ...options, purgesOf: site.seenBelow };
  let requests = 0;
  for (let most = FIRST_ROUND; ; most = Math.min(2 * most, LARGEST_ROUND)) {
    const plan = planTargets(targets, seen);
    const unproven = unlistedIn(plan, targets, site);
    if (unproven.length === 0) return plan;
    if (exact !== undefined && savingOf(plan, exact, options) <= REQUEST_PRICE) return exact;
    if (requests >= maxListRequests || (requests > 0 && arePurgesFree(options)))
      return estimatedPlan(targets, options, site);
    const rivals = candidatesOf(targets, seen).filter(({ prefix }) => !site.isListed(prefix));
    const wanted = inOrder(rivals, new Set(unproven)).map(cut => ({
      prefix: cut.prefix,
      pages:
        exact === undefined
          ? Number.POSITIVE_INFINITY
          : pagesToRefute(cut, pathWorth(exact, options), options),
    }));
    const starts = nextPages(site, wanted, Math.min(most, maxListRequests - requests));
    await mapConcurrently(starts, CONCURRENT_REQUESTS, start => learnPage(start, site, listing));
    requests += starts.length;
  }
}

/** The plan without any wildcard; undefined if that covers not all, or does not fit. */
function exactPlan(targets: Targets, options: Omit<PlanOptions, 'purgesOf'>): Plan | undefined {
  const { budget } = options;
  const bytes = new Map(targets.targets.map(({ text, bytes }) => [text, bytes]));
  const length = [...bytes.values()].reduce((sum, each) => sum + each, 0);
  const fits = bytes.size <= budget.exactPaths && length <= budget.bytes;
  if (!fits || targets.targets.some(({ wildcardOnly }) => wildcardOnly)) return undefined;
  return planTargets(targets, { ...options, budget: { ...budget, wildcardPaths: 0 }, purgesOf: () => 0 });
}

/** Where the wildcards of a plan end that may purge more than is known. */
function unlistedIn({ wildcards }: Plan, { wanted: { urls } }: Targets, site: KnownSite): string[] {
  return wildcards.map(({ path }) => prefixOf(path, urls)).filter(prefix => !site.isListed(prefix));
}

/** What the exact paths cost more than another plan, in US dollars. */
function savingOf(plan: Plan, exact: Plan, { prices }: Pick<PlanOptions, 'prices'>): number {
  const usedFree = ({ paths }: Plan) => Math.min(paths.length, prices.freePaths);
  const freePaths = FREE_PATH_WORTH * prices.path * (usedFree(exact) - usedFree(plan));
  return exact.costUsd - plan.costUsd - prices.refetch * plan.needlessPurges + freePaths;
}

/** What it is worth to save one path. */
const pathWorth = (exact: Plan, { prices }: Pick<PlanOptions, 'prices'>) =>
  prices.path * (exact.costUsd > 0 ? 1 : FREE_PATH_WORTH);

/** Whether a plan depends on the number of purges only to choose among the cheapest. */
const arePurgesFree = ({ prices, maxNeedlessPurges }: Pick<PlanOptions, 'prices' | 'maxNeedlessPurges'>) =>
  prices.refetch === 0 && maxNeedlessPurges === undefined;

/** Chosen wildcards first, then those that purge least for each path that they save. */
function inOrder(cuts: readonly Candidate[], chosen: ReadonlySet<string>): Candidate[] {
  const rank = ({ prefix, needlessPurges, savedPaths }: Candidate) =>
    chosen.has(prefix) ? -1 : needlessPurges / savedPaths;
  return cuts.toSorted((a, b) => rank(a) - rank(b) || b.savedPaths - a.savedPaths);
}

/** Pages that suffice to show that a wildcard is dearer than the paths it replaces; 0 if it is. */
function pagesToRefute(
  { savedPaths, needlessPurges }: Candidate,
  pathWorth: number,
  { prices }: Pick<PlanOptions, 'prices'>,
): number {
  const gain = (savedPaths - 1) * pathWorth - needlessPurges * prices.refetch;
  return gain < 0 ? 0 : 1 + Math.floor(gain / (prices.refetch * KEYS_PER_PAGE));
}

async function learnPage(start: string, site: KnownSite, listing: KeyListing): Promise<void> {
  const prefix = site.scope;
  const startAfter = start === prefix ? undefined : justBefore(start);
  const { keys, isLast } = await listing.page({
    prefix,
    ...(startAfter === undefined ? {} : { startAfter }),
  });
  const to = isLast ? endOf(prefix) : rightAfter(keys.at(-1) ?? '');
  site.learn({ from: start, to }, keys);
}

/** What was not listed is taken to be like what lies around it. */
function estimatedPlan(targets: Targets, options: Omit<PlanOptions, 'purgesOf'>, site: KnownSite): Plan {
  const plan = planTargets(targets, { ...options, purgesOf: site.estimateBelow });
  const isEstimated = unlistedIn(plan, targets, site).length > 0;
  return { ...plan, isCheapest: false, ...(isEstimated ? { isEstimated } : {}) };
}
