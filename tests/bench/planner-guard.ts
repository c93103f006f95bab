import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Plan, planInvalidation } from '../../shared/planning/plan.ts';
import { PEERS } from '../helpers/peers.ts';
import { PLANNING } from '../helpers/planning.ts';
import { purgeOf } from '../helpers/purge.ts';
import type { Upload } from '../helpers/scenarios.ts';
import { inDollars } from './choices.ts';
import { type Frontier, frontierChart, type Point } from './frontier-chart.ts';
import { installed } from './planner-sites.ts';
import { type PublishedSite, upgrade } from './published-site.ts';
import { type Print, printTable, type Size } from './report.ts';

const SITES: readonly PublishedSite[] = [
  { package: '@tabler/icons', versions: ['3.51.0', '3.52.0'], folder: 'icons' },
  { package: 'lucide-static', versions: ['1.47.0', '1.48.0'], folder: '' },
  { package: '@intlayer/docs', versions: ['8.9.2', '8.9.6'], folder: '' },
];

const CHART = join(import.meta.dirname, 'planner-frontier.svg');
/** Limits at which a curve is drawn. */
const STEPS = { whole: 60, smoke: 3 };

/** One tool's paths for an upload, and ours that purge no more needlessly. */
interface Comparison {
  readonly tool: string;
  readonly theirs: Point;
  readonly ours: Plan;
}

/** What a limit on needless purges costs, beside tools that purge as many, for published sites. */
export async function benchPlannerGuard(print: Print, size: Size): Promise<void> {
  const uploads = await (size === 'whole' ? Promise.all(SITES.map(upgrade)) : installed());
  const frontiers: Frontier[] = [];
  const all: Comparison[] = [];
  for (const upload of uploads) {
    const comparisons = compare(upload);
    all.push(...comparisons);
    printComparisons(print, upload, comparisons);
    const tools = comparisons.map(({ tool, theirs }) => ({ tool, ...theirs }));
    frontiers.push({ ...labelsOf(upload), curve: curveOf(upload, STEPS[size]), tools });
  }
  const kept = all.filter(({ ours }) => isKept(ours));
  const noDearer = kept.filter(({ ours, theirs }) => ours.costUsd <= theirs.dollars).length;
  print(`Ours costs no more in ${noDearer} of ${kept.length} comparisons.`);
  const chart = frontierChart(frontiers);
  if (size === 'whole') await writeFile(CHART, chart);
}

function printComparisons(print: Print, upload: Upload, comparisons: readonly Comparison[]): void {
  const { name, size } = labelsOf(upload);
  print(`**${name}** ${upload.what}: ${size}.\n`);
  printTable(
    print,
    ['tool', 'needless purges', '$', "ours, with the tool's as the limit", '$ of ours'],
    comparisons.map(({ tool, theirs, ours }) => [
      tool,
      String(theirs.needlessPurges),
      inDollars(theirs.dollars),
      ...(isKept(ours)
        ? [String(ours.needlessPurges), inDollars(ours.costUsd)]
        : [`at least ${ours.guard?.fewest}`, '']),
    ]),
  );
}

/** The tools that leave nothing stale and that CloudFront would take at once. */
function compare(upload: Upload): Comparison[] {
  return PEERS.flatMap(({ name, pathsFor }) => {
    const paths = pathsFor(upload.changedKeys);
    const { needlessPurges, stale } = purgeOf(paths, upload);
    if (stale > 0 || !isAccepted(paths)) return [];
    const theirs = { needlessPurges, dollars: paths.length * PLANNING.prices.path };
    return [{ tool: name, theirs, ours: oursWithin(upload, needlessPurges) }];
  });
}

function isAccepted(paths: readonly string[]): boolean {
  const wildcards = paths.filter(path => path.endsWith('*')).length;
  const { wildcardPaths, exactPaths } = PLANNING.budget;
  return wildcards <= wildcardPaths && paths.length - wildcards <= exactPaths;
}

function curveOf(upload: Upload, steps: number): Point[] {
  const { needlessPurges } = oursWithin(upload, undefined);
  return Array.from({ length: steps + 1 }, (_, step) => Math.round((needlessPurges * step) / steps))
    .map(limit => oursWithin(upload, limit))
    .filter(isKept)
    .map(plan => ({ needlessPurges: plan.needlessPurges, dollars: plan.costUsd }));
}

/** Our cheapest paths once no free ones are left, if a needless purge by itself costs nothing. */
function oursWithin(upload: Upload, maxNeedlessPurges: number | undefined): Plan {
  const prices = { ...PLANNING.prices, refetch: 0, freePaths: 0 };
  return planInvalidation({ ...PLANNING, ...upload, requestedPaths: [], prices, maxNeedlessPurges });
}

/** Whether a plan is within its limit on needless purges, if it has one. */
const isKept = ({ guard, guarded }: Plan) => guard === undefined || guarded;

function labelsOf({ name, changedKeys, siteKeys }: Upload) {
  return { name, size: `${changedKeys.length} keys changed, ${siteKeys.length} in the site` };
}
