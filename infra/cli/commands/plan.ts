import { createReadStream } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { Command } from '@commander-js/extra-typings';
import { type Cap, singleWildcard } from '../../../shared/planning/cap.ts';
import { explainPlan } from '../../../shared/planning/explain.ts';
import { keysAtHand } from '../../../shared/planning/keys-at-hand.ts';
import { listingByUrl } from '../../../shared/planning/listing-by-url.ts';
import { type Plan, type PlanRequest, prefixesAsked, targetsOf } from '../../../shared/planning/plan.ts';
import { planByListing } from '../../../shared/planning/plan-by-listing.ts';
import { CLOUDFRONT_LIMITS, costOfPaths, type PathBudget } from '../../../shared/planning/prices.ts';
import { type UrlRules, viewerPaths } from '../../../shared/planning/viewer-urls.ts';
import { toldUrls } from '../../../shared/refresh/distribution.ts';
import { EVERYTHING } from '../../../shared/refresh/kept-error-pages.ts';
import { Told } from '../../../shared/sites/told.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { changeBetween, type SiteChange } from './folder-changes.ts';
import { addOptions, type Options } from './plan-options.ts';
import { describeReport, type Report } from './plan-report.ts';
import { changedPages, type PlannedSite, readSite } from './plan-site.ts';
import { describeDoubts, describeErrorPages, describeSite } from './plan-site-report.ts';

export function define(command: Command, { input, page, print }: Terminal): void {
  addOptions(command).action(async (options, self) => {
    const { change, site } = await readFiles(options, input).catch((error: unknown) =>
      // The arguments, or the files that they name, make no plan.
      self.error(error instanceof Error ? error.message : String(error)),
    );
    const urls = site?.urls ?? urlsOf(options);
    const errorPages = site === undefined ? undefined : changedPages(change.changedKeys, site);
    const report = await planUpload(options, change, {
      urls,
      further: errorPages === undefined ? [] : [EVERYTHING],
    });
    if (site === undefined)
      return print(options.json ? JSON.stringify(report) : describeReport(report, page));
    const outside = change.changedKeys.filter(key => viewerPaths(key, urls).length === 0);
    const lines = [
      ...describeSite(site, page),
      describeReport(report, page),
      ...describeErrorPages(errorPages),
      ...describeDoubts(site, outside),
    ];
    const more = { ...site, outside, ...(errorPages === undefined ? {} : { errorPages }) };
    print(options.json ? JSON.stringify({ ...report, site: more }) : lines.join('\n'));
  });
}

async function readFiles(
  { distribution, cachePolicy, responseHeadersPolicy, website, bucket, ...options }: Options,
  input: NodeJS.ReadableStream,
): Promise<{ readonly change: SiteChange; readonly site: PlannedSite | undefined }> {
  const change = await readChange(options, input);
  const parts = { cachePolicy, responseHeadersPolicy, website, bucket };
  if (distribution !== undefined) {
    const { extensionless, urls, spaFallback } = options;
    return {
      change,
      site: readSite({ distribution, ...parts }, Told.parse({ extensionless, urls, spaFallback })),
    };
  }
  if (Object.values(parts).some(part => part !== undefined))
    throw new Error('Which distribution? Give --distribution as well');
  return { change, site: undefined };
}

/**
 * Plans as the pipeline does, so that both choose the same paths.
 *
 * @param further paths that are purged besides, although nobody asked for them
 */
async function planUpload(
  { maxListRequests, ...options }: Options,
  change: SiteChange,
  { urls, further }: { readonly urls: UrlRules; readonly further: readonly string[] },
): Promise<Report> {
  const request = { ...planningOf(options), ...change, urls };
  const { prices, requestedPaths } = request;
  const targets = targetsOf({ ...request, requestedPaths: [...requestedPaths, ...further] });
  const listing = {
    site: listingByUrl(keysAtHand(change.siteKeys), urls, { ...change, maxListRequests }),
    maxListRequests,
  };
  const planWithin = (budget: PathBudget) => planByListing(targets, { ...request, budget }, listing);
  const plan = await withinCap(await planWithin(request.budget), options, () =>
    planWithin(singleWildcard(request.budget)),
  );
  return {
    ...plan,
    explain: explainPlan(plan, request),
    changed: change.changedKeys,
    requested: requestedPaths,
    freePathsLeft: Math.max(0, prices.freePaths - plan.paths.length),
    everything: { needlessPurges: needlessPurgesOfAll(request), costUsd: costOfPaths(1, prices) },
  };
}

/** The plan, or one with a single path if it would exceed the month's limit. */
async function withinCap(
  plan: Plan,
  { used, maxPaths: limit }: Pick<Options, 'used' | 'maxPaths'>,
  planSingle: () => Promise<Plan>,
): Promise<Plan & { readonly cap?: Cap }> {
  const paths = plan.paths.length;
  if (limit === undefined || paths <= 1 || used + paths <= limit) return plan;
  return { ...(await planSingle()), cap: { limit, used, paths } };
}

/**
 * Objects that viewers see and that `/*` would purge although they neither changed nor were asked
 * for.
 */
function needlessPurgesOfAll({ changedKeys, requestedPaths, siteKeys, urls }: PlanRequest): number {
  const changed = new Set(changedKeys);
  const asked = prefixesAsked(requestedPaths);
  return siteKeys
    .filter(key => !changed.has(key))
    .flatMap(key => viewerPaths(key, urls).slice(0, 1))
    .filter(path => !asked.some(prefix => path.startsWith(prefix))).length;
}

/** The distribution as the options tell it. */
function urlsOf({ originPath, extensionless, rootObject, queryStrings, ...options }: Options): UrlRules {
  const told = toldUrls(options);
  return {
    originPath,
    extensionless,
    rootObject,
    cachesQueryStrings: queryStrings ?? false,
    ...(told === undefined ? {} : { told }),
  };
}

/** What the options say about a plan besides the change and the URLs. */
function planningOf(
  options: Omit<Options, 'maxListRequests'>,
): Omit<PlanRequest, 'changedKeys' | 'siteKeys' | 'urls'> {
  return {
    requestedPaths: options.requested ?? [],
    budget: CLOUDFRONT_LIMITS,
    prices: {
      path: options.pathPrice,
      refetch: options.refetchPrice,
      freePaths: Math.max(0, options.freePaths - options.used),
    },
    maxNeedlessPurges: options.maxNeedless,
  };
}

/** @throws Error saying which option is missing, or which file cannot be read */
async function readChange(
  {
    from,
    to,
    prefix = '',
    changed,
    inventory,
  }: Pick<Options, 'from' | 'to' | 'prefix' | 'changed' | 'inventory'>,
  input: NodeJS.ReadableStream,
): Promise<SiteChange> {
  if (from !== undefined && to !== undefined) return changeBetween(from, to, prefix);
  if (changed === '-' && inventory === '-')
    throw new Error('Only one of --changed and --inventory can be standard input');
  if (changed === undefined || inventory === undefined)
    throw new Error('What changes? Give --from and --to, or --changed and --inventory');
  return { changedKeys: await readKeys(changed, input), siteKeys: await readKeys(inventory, input) };
}

async function readKeys(file: string, input: NodeJS.ReadableStream): Promise<string[]> {
  const lines = (await text(file === '-' ? input : createReadStream(file))).split(/\r?\n/);
  return [...new Set(lines.filter(line => line !== ''))].sort();
}
