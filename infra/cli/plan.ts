import { createReadStream } from 'node:fs';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { setting } from '../../shared/config.ts';
import { explainPlan } from '../../shared/planning/explain.ts';
import { type PlanRequest, planInvalidation, prefixesAsked } from '../../shared/planning/plan.ts';
import { CLOUDFRONT_LIMITS, costOfPaths } from '../../shared/planning/prices.ts';
import { pathProblem, viewerPaths } from '../../shared/planning/viewer-urls.ts';
import { OriginPath } from '../../shared/refresh/distribution.ts';
import { readCdkJson } from '../settings.ts';
import { changeBetween, type SiteChange } from './folder-changes.ts';
import { describeReport, type Report } from './plan-report.ts';

/** What a deployment is made with, but for `-c` options. */
const DEPLOYED = readCdkJson();

const USAGE = `Tells which paths an upload would invalidate, why, and what that costs. Needs neither AWS nor network.

  npm run plan -- --from OLD_DIR --to NEW_DIR [options]
  npm run plan -- --changed FILE --inventory FILE [options]

  --from DIR            the site's files as they are
  --to DIR              the site's files as they will be: added, removed and different ones are the change
  --prefix PREFIX       folder of the bucket that the files are uploaded to; what else is in the bucket stays unknown
  --changed FILE        keys added, overwritten or removed: one a line, not encoded; - is standard input
  --inventory FILE      every key of the site after the change, in the same way

  --requested PATH      path that is asked for by hand as well, such as '/docs/*'; may be repeated
  --origin-path PATH    the distribution's origin path ('')
  --root-object NAME    the distribution's default root object (index.html); '' for none
  --query-strings       the distribution caches by query strings
  --extensionless       pages are also served without .html; --no-extensionless: they are not
  --used N              paths invalidated this month so far (0)
  --free-paths N        paths a month that cost nothing (${DEPLOYED.freePathsPerMonth})
  --path-price USD      price of each further one (${DEPLOYED.pathPriceUsd})
  --refetch-price USD   what it is worth not to purge one unchanged object (${DEPLOYED.refetchPriceUsd})
  --max-needless N      so many unchanged objects may be purged to save money (${DEPLOYED.maxNeedlessPurges})
  --json                tell it as JSON, complete
  --help                this text

It supposes that whatever differs is uploaded, nothing else, and that no other invalidation is in progress.`;

/**
 * `npm run plan`, without the process around it.
 *
 * @param print takes the report
 * @param complain takes what went wrong
 * @param input standard input
 * @returns the exit code: 0, or 2 when the arguments, or the files they name, make no plan
 */
export async function main(
  args: readonly string[],
  print: (line: string) => void,
  complain: (line: string) => void,
  input: NodeJS.ReadableStream = process.stdin,
): Promise<0 | 2> {
  try {
    const options = readOptions(args);
    if (options.help) print(USAGE);
    else {
      const report = await planUpload(options, input);
      print(options.json ? JSON.stringify(report) : describeReport(report));
    }
    return 0;
  } catch (error) {
    complain(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    return 2;
  }
}

type Options = ReturnType<typeof readOptions>;

/** @throws Error naming the option that is wrong */
function readOptions(args: readonly string[]) {
  const options = {
    from: { type: 'string' },
    to: { type: 'string' },
    prefix: { type: 'string' },
    changed: { type: 'string' },
    inventory: { type: 'string' },
    requested: { type: 'string', multiple: true },
    'origin-path': { type: 'string', default: '' },
    extensionless: { type: 'boolean', default: DEPLOYED.extensionlessUrls },
    'root-object': { type: 'string', default: 'index.html' },
    'query-strings': { type: 'boolean', default: false },
    used: { type: 'string', default: '0' },
    'free-paths': { type: 'string', default: String(DEPLOYED.freePathsPerMonth) },
    'path-price': { type: 'string', default: String(DEPLOYED.pathPriceUsd) },
    'refetch-price': { type: 'string', default: String(DEPLOYED.refetchPriceUsd) },
    'max-needless': { type: 'string', default: String(DEPLOYED.maxNeedlessPurges) },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const;
  return parseArgs({ args: [...args], options, allowNegative: true }).values;
}

async function planUpload(options: Options, input: NodeJS.ReadableStream): Promise<Report> {
  const planning = planningOf(options);
  const { changedKeys, siteKeys } = await readChange(options, input);
  const request = { ...planning, changedKeys, siteKeys };
  const plan = planInvalidation(request);
  return {
    ...plan,
    explain: explainPlan(plan, request),
    changed: changedKeys,
    requested: planning.requestedPaths,
    freePathsLeft: Math.max(0, planning.prices.freePaths - plan.paths.length),
    maxNeedless: planning.maxNeedlessPurges,
    everything: { needlessPurges: needlessPurgesOfAll(request), costUsd: costOfPaths(1, planning.prices) },
  };
}

/** The objects that viewers see and that `/*` would purge although they neither changed nor were asked for. */
function needlessPurgesOfAll({ changedKeys, requestedPaths, siteKeys, urls }: PlanRequest): number {
  const changed = new Set(changedKeys);
  const asked = prefixesAsked(requestedPaths);
  return siteKeys
    .filter(key => !changed.has(key))
    .flatMap(key => viewerPaths(key, urls).slice(0, 1))
    .filter(path => !asked.some(prefix => path.startsWith(prefix))).length;
}

/** All of a plan's circumstances that options tell. */
function planningOf(options: Options): Omit<PlanRequest, 'changedKeys' | 'siteKeys'> {
  const requestedPaths = [...new Set(options.requested)];
  const originPath = OriginPath.safeParse(options['origin-path']);
  if (!originPath.success) {
    throw new Error('--origin-path must be empty, or begin with / and not end with it, such as /public');
  }
  for (const path of requestedPaths) {
    const problem = pathProblem(path);
    if (problem !== undefined) throw new Error(`--requested ${path}: ${problem}`);
  }
  return {
    requestedPaths,
    urls: {
      originPath: originPath.data,
      extensionless: options.extensionless,
      rootObject: options['root-object'],
      cachesQueryStrings: options['query-strings'],
    },
    budget: CLOUDFRONT_LIMITS,
    prices: {
      path: readPrice(options, 'path-price'),
      refetch: readPrice(options, 'refetch-price'),
      freePaths: Math.max(0, readCount(options, 'free-paths') - readCount(options, 'used')),
    },
    maxNeedlessPurges: readCount(options, 'max-needless'),
  };
}

function readCount(options: Options, name: 'used' | 'free-paths' | 'max-needless'): number {
  const count = setting.count.safeParse(options[name]);
  if (count.success && Number.isSafeInteger(count.data)) return count.data;
  throw new Error(`--${name} ${options[name]}: it must be a whole number, 0 or more`);
}

function readPrice(options: Options, name: 'path-price' | 'refetch-price'): number {
  const price = setting.amount.safeParse(options[name]);
  if (price.success) return price.data;
  throw new Error(`--${name} ${options[name]}: it must be US dollars, such as 0.005`);
}

function readChange(options: Options, input: NodeJS.ReadableStream): SiteChange | Promise<SiteChange> {
  const { from, to, prefix, changed, inventory } = options;
  const compares = [from, to, prefix].some(value => value !== undefined);
  const reads = [changed, inventory].some(value => value !== undefined);
  if (compares && reads) {
    throw new Error(
      'Give two folders (--from, --to, --prefix) or two lists (--changed, --inventory), not both',
    );
  }
  if (from !== undefined && to !== undefined) return changeBetween(from, to, readPrefix(prefix));
  if (changed !== undefined && inventory !== undefined) return readLists(changed, inventory, input);
  throw new Error('What changes? Give --from and --to, or --changed and --inventory');
}

/** As the AWS CLI reads a destination: `docs` and `docs/` are the same folder. */
function readPrefix(prefix = ''): string {
  if (prefix.startsWith('/')) throw new Error(`--prefix ${prefix}: it must not begin with /`);
  return prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
}

async function readLists(
  changed: string,
  inventory: string,
  input: NodeJS.ReadableStream,
): Promise<SiteChange> {
  if (changed === '-' && inventory === '-') {
    throw new Error('Only one of --changed and --inventory can be standard input');
  }
  const readKeys = async (file: string) => {
    const lines = (await text(file === '-' ? input : createReadStream(file))).split(/\r?\n/);
    return [...new Set(lines.filter(line => line !== ''))].sort();
  };
  return { changedKeys: await readKeys(changed), siteKeys: await readKeys(inventory) };
}
