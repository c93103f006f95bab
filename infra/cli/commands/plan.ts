import { createReadStream } from 'node:fs';
import { text } from 'node:stream/consumers';
import { type Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { type Cap, singleWildcard } from '../../../shared/planning/cap.ts';
import { explainPlan } from '../../../shared/planning/explain.ts';
import { keysAtHand } from '../../../shared/planning/keys-at-hand.ts';
import { type Plan, type PlanRequest, prefixesAsked, targetsOf } from '../../../shared/planning/plan.ts';
import { planByListing } from '../../../shared/planning/plan-by-listing.ts';
import { CLOUDFRONT_LIMITS, costOfPaths, type PathBudget } from '../../../shared/planning/prices.ts';
import { viewerPaths } from '../../../shared/planning/viewer-urls.ts';
import { readCdkJson } from '../../settings.ts';
import { invalidationPaths, usDollars, wholeNumber } from '../option-values.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { changeBetween, type SiteChange } from './folder-changes.ts';
import { describeReport, type Report } from './plan-report.ts';

/** What a deployment without `-c` options is made with. */
const DEPLOYED = readCdkJson();

export function define(command: Command, { input, page, print }: Terminal): void {
  addOptions(command).action(async (options, self) => {
    const change = await readChange(options, input).catch((error: unknown) =>
      // The arguments, or the files that they name, make no plan.
      self.error(error instanceof Error ? error.message : String(error)),
    );
    const report = await planUpload(options, change);
    print(options.json ? JSON.stringify(report) : describeReport(report, page));
  });
}

/** Options that exclude two folders. */
const LISTS = ['changed', 'inventory'];

const USAGE = `--from <folder> --to <folder> [options]
       … --changed <file> --inventory <file> [options]`;

const MORE_HELP = `
The plan supposes that everything that differs is uploaded, and nothing else,
and that no other invalidation is in progress.`;

const { freePathsPerMonth, maxPathsPerMonth, pathPriceUsd, refetchPriceUsd, maxNeedlessPurges } = DEPLOYED;

const addOptions = (command: Command) =>
  command
    .description('Shows which paths an upload would invalidate, why, and what that costs. Works offline.')
    .usage(USAGE)
    .optionsGroup('What changes, from two folders:')
    .addOption(new Option('--from <folder>', "the site's files as they are").conflicts(LISTS))
    .addOption(new Option('--to <folder>', "the site's files as they will be").conflicts(LISTS))
    .addOption(
      new Option('--prefix <prefix>', 'folder of the bucket to upload to; the other ones stay unknown')
        .conflicts(LISTS)
        .argParser(folderPrefix),
    )
    .optionsGroup('What changes, from two lists of keys, one a line and not encoded; - is standard input:')
    .option('--changed <file>', 'keys that are added, overwritten or removed')
    .option('--inventory <file>', 'every key of the site after the change')
    .optionsGroup('The distribution:')
    .option('--origin-path <path>', 'its origin path', originPath, '')
    .option('--root-object <name>', "its default root object; '' for none", 'index.html')
    .option('--query-strings', 'it caches by query strings')
    .option('--extensionless', 'it also serves page.html as /page', DEPLOYED.extensionlessUrls)
    .option('--no-extensionless', 'it does not')
    .optionsGroup('Prices and limits:')
    .option('--used <count>', 'paths invalidated this month so far', wholeNumber(), 0)
    .option('--free-paths <count>', 'paths a month that cost nothing', wholeNumber(), freePathsPerMonth)
    .option('--path-price <usd>', 'price of each further path', usDollars, pathPriceUsd)
    .option('--refetch-price <usd>', 'worth of not purging an unchanged object', usDollars, refetchPriceUsd)
    .option(
      '--max-paths <count>',
      'paths that may be asked for in a month',
      wholeNumber({ min: 1 }),
      maxPathsPerMonth,
    )
    .option(
      '--max-needless <count>',
      'unchanged objects that may be purged to save money',
      wholeNumber(),
      maxNeedlessPurges,
    )
    .option(
      '--max-list-requests <count>',
      'pages of 1,000 keys that the pipeline may list for a plan',
      wholeNumber(),
      DEPLOYED.maxListRequests,
    )
    .optionsGroup('Options:')
    .option('--requested <path...>', "paths asked for by hand as well, such as '/docs/*'", invalidationPaths)
    .option('--json', 'print the whole report as JSON')
    .addHelpText('after', MORE_HELP);

type Options = ReturnType<ReturnType<typeof addOptions>['opts']>;

/** As the AWS CLI reads a destination: `docs` and `docs/` are the same folder. */
function folderPrefix(prefix: string): string {
  if (prefix.startsWith('/')) throw new InvalidArgumentError('It must not begin with /.');
  return prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
}

function originPath(path: string): string {
  if (/^(?:\/.*[^/])?$/.test(path)) return path;
  throw new InvalidArgumentError('It must be empty, or begin with / and not end with it, such as /public.');
}

/** Plans as the pipeline does, so that both choose the same paths. */
async function planUpload(options: Options, change: SiteChange): Promise<Report> {
  const request = { ...planningOf(options), ...change };
  const { prices, requestedPaths } = request;
  const listing = { site: keysAtHand(change.siteKeys), maxListRequests: options.maxListRequests };
  const planWithin = (budget: PathBudget) =>
    planByListing(targetsOf(request), { ...request, budget }, listing);
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
  { used, maxPaths: limit }: Options,
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

/** What the options say about a plan besides the change. */
function planningOf(options: Options): Omit<PlanRequest, 'changedKeys' | 'siteKeys'> {
  return {
    requestedPaths: options.requested ?? [],
    urls: {
      originPath: options.originPath,
      extensionless: options.extensionless,
      rootObject: options.rootObject,
      cachesQueryStrings: options.queryStrings ?? false,
    },
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
  { from, to, prefix = '', changed, inventory }: Options,
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
