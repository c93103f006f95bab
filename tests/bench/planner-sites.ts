import { fileURLToPath } from 'node:url';
import { purgeOf } from '../helpers/purge.ts';
import type { Upload } from '../helpers/scenarios.ts';
import { choicesFor, dollarsADeploy, dollarsAMonth, FREE_PATHS_A_MONTH, inDollars } from './choices.ts';
import { type PublishedSite, replacement, upgrade } from './published-site.ts';
import { type Print, printTable, type Size } from './report.ts';

const SITES: readonly PublishedSite[] = [
  { package: 'bootstrap', versions: ['5.3.7', '5.3.8'], folder: 'dist' },
  { package: 'swagger-ui-dist', versions: ['5.34.1', '5.35.0'], folder: '' },
  { package: 'reveal.js', versions: ['6.0.0', '6.0.1'], folder: '' },
  { package: 'mathjax', versions: ['4.1.1', '4.1.2'], folder: '' },
  { package: 'ace-builds', versions: ['1.45.1', '1.45.2'], folder: '' },
];

const DEPLOYS_A_MONTH = [1, 10, 100];

/** Our paths beside those that other tools' rules choose, for published versions of real sites. */
export async function benchPlannerSites(print: Print, size: Size): Promise<void> {
  for (const upload of await (size === 'whole' ? Promise.all(SITES.map(upgrade)) : installed())) {
    const [changed, all] = [upload.changedKeys.length, upload.siteKeys.length];
    print(`**${upload.name}** ${upload.what}: ${changed} keys changed, ${all} in the site.\n`);
    const months = DEPLOYS_A_MONTH.map(deploys => `$ a month at ${deploys}`);
    printTable(
      print,
      ['tool', 'paths', 'untouched purged', 'stale', '$ a deploy', ...months],
      rowsOf(upload),
    );
  }
}

/** One installed package replaces another, so nothing is downloaded. */
export async function installed(): Promise<Upload[]> {
  const [before, after] = ['zod/v4/locales', 'zod/v4/core'].map(folder =>
    fileURLToPath(new URL(`../../node_modules/${folder}`, import.meta.url)),
  );
  const keys = await replacement(before ?? '', after ?? '');
  return [{ name: 'zod', what: 'locales → core', ...keys }];
}

/**
 * Ours takes two rows: a month begins as in the first, a deploy beyond the free paths is the
 * second.
 */
function rowsOf(upload: Upload): string[][] {
  const [ours, ...peers] = choicesFor(upload);
  if (ours === undefined) return [];
  const purged = (paths: readonly string[]) => {
    const purge = purgeOf(paths, upload);
    return [purge.paths, purge.needlessPurges, purge.stale].map(String);
  };
  const months = (choice: typeof ours) =>
    DEPLOYS_A_MONTH.map(deploys => inDollars(dollarsAMonth(choice, deploys)));
  const nothing = DEPLOYS_A_MONTH.map(() => '');
  return [
    ['ours, free paths left', ...purged(ours.pathsFor(FREE_PATHS_A_MONTH)), '', ...months(ours)],
    ['ours, none left', ...purged(ours.pathsFor(0)), inDollars(dollarsADeploy(ours)), ...nothing],
    ...peers.map(peer => [
      peer.tool,
      ...purged(peer.pathsFor(0)),
      inDollars(dollarsADeploy(peer)),
      ...months(peer),
    ]),
  ];
}
