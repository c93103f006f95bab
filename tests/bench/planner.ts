import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { optimum } from '../helpers/fewest-needless-purges.ts';
import { type Purge, purgeOf, requiredUrls, untouchedUrls } from '../helpers/purge.ts';
import { SCENARIOS, type Upload } from '../helpers/scenarios.ts';
import {
  type Choice,
  choicesFor,
  dollarsADeploy,
  dollarsAMonth,
  FREE_PATHS_A_MONTH,
  inDollars,
} from './choices.ts';
import { purgeChart } from './purge-chart.ts';
import { type Print, printTable } from './report.ts';

const CHART = join(import.meta.dirname, 'planner-paths.svg');
const DEPLOYS_A_MONTH = 100;

/** Our paths beside those that other tools' rules choose, on nine uploads. */
export async function benchPlanner(print: Print): Promise<void> {
  const rows = SCENARIOS.map(upload => ({ upload, choices: choicesFor(upload) }));
  const tools = rows[0]?.choices.slice(1).map(choice => choice.tool) ?? [];
  const columns = ['ours, free paths left', 'ours, none left', ...tools];

  print('Paths / untouched objects purged / changed URLs left stale:\n');
  printTable(
    print,
    ['upload', ...columns, 'optimum'],
    rows.map(({ upload, choices }) => [
      labelOf(upload),
      ...purgesOf(upload, choices).map(
        ({ paths, needlessPurges, stale }) => `${paths}/${needlessPurges}/${stale}`,
      ),
      fewestNeedlessPurges(upload),
    ]),
  );
  print(`Dollars for one deploy beyond the ${FREE_PATHS_A_MONTH} free paths:\n`);
  printDollars(print, tools, rows, dollarsADeploy);
  print(`Dollars a month at ${DEPLOYS_A_MONTH} deploys, the first ${FREE_PATHS_A_MONTH} paths free:\n`);
  printDollars(print, tools, rows, choice => dollarsAMonth(choice, DEPLOYS_A_MONTH));

  const charted = rows.map(({ upload, choices }) => ({
    name: upload.name,
    what: upload.what,
    size: `${upload.changedKeys.length} of ${upload.siteKeys.length} changed`,
    purges: purgesOf(upload, choices),
  }));
  await writeFile(CHART, purgeChart(columns, charted));
}

function printDollars(
  print: Print,
  tools: readonly string[],
  rows: readonly { upload: Upload; choices: readonly Choice[] }[],
  dollars: (choice: Choice) => number,
): void {
  const lines = rows.map(({ upload, choices }) => [
    labelOf(upload),
    ...choices.map(choice => inDollars(dollars(choice))),
  ]);
  printTable(print, ['upload', 'ours', ...tools], lines);
}

/** Ours twice: with the month's free paths left, and without. */
function purgesOf(upload: Upload, [ours, ...peers]: readonly Choice[]): Purge[] {
  const chosen = [
    ours?.pathsFor(FREE_PATHS_A_MONTH),
    ours?.pathsFor(0),
    ...peers.map(peer => peer.pathsFor(0)),
  ];
  return chosen.map(paths => purgeOf(paths ?? [], upload));
}

function labelOf({ name, what, changedKeys, siteKeys }: Upload): string {
  return `${name} ${what} (${changedKeys.length} of ${siteKeys.length})`;
}

/** The fewest needless purges there can be, and the fewest paths that reach it. */
function fewestNeedlessPurges(upload: Upload): string {
  const required = requiredUrls(upload);
  const needlessPurgesOf = optimum(required, untouchedUrls(upload));
  const least = needlessPurgesOf(required.length);
  const paths = required.findIndex((_, index) => needlessPurgesOf(index + 1) === least) + 1;
  return `${least} with ${paths}`;
}
