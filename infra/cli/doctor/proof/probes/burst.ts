import { mapConcurrently } from '../../../../../shared/concurrently.ts';
import { judgeBurst } from '../judge-refresh.ts';
import { judgeShown, unlessKept, type Version } from '../judge-views.ts';
import { purgeEverything } from '../remedies.ts';
import type { Probe, Trial } from '../trial.ts';
import { contentOf } from '../trial-files.ts';
import { BROWSER, type View } from '../viewer.ts';

/** Names that encoders and browsers spell differently, or that look like wildcards and escapes. */
const ODD_NAMES = [
  'café.txt',
  'a b.txt',
  'tilde~.txt',
  'copy (1).txt',
  '1+1.txt',
  'me@home.txt',
  '50%.txt',
  'a*b.txt',
];

const PLAIN_NAMES = Array.from({ length: 32 }, (_, index) => `file-${index}.txt`);

const NAMES = [...PLAIN_NAMES, ...ODD_NAMES];
const GROUPS = [
  { about: 'every file of a burst is fresh', names: PLAIN_NAMES },
  { about: 'files with odd names are fresh, however they are spelled', names: ODD_NAMES },
];

const FOLDER = 'burst/';
const CONCURRENCY = 10;

/** Forty files, eight of them with odd names: uploaded together, kept, overwritten together. */
export const burst: Probe = {
  name: 'a burst of uploads',
  asksEdge: true,
  cost: { files: NAMES.length, paths: 2 * NAMES.length },
  async *run(trial) {
    const { files, refreshes, invalidations, viewer, stack } = trial;
    await refreshes.follow(await upload('old', trial));
    const paths = NAMES.flatMap(name => urlsOf(name, trial));
    const warmed = await mapConcurrently(paths, CONCURRENCY, path => viewer.warm(path, BROWSER));

    const known = await invalidations.ids();
    const followed = await refreshes.follow(await upload('new', trial));
    yield judgeBurst(NAMES.length, followed, await invalidations.madeSince(known, files.pathOf(FOLDER)));

    for (const { about, names } of GROUPS) {
      const finding = judgeShown(await viewAll(names, trial), {
        about,
        shows: 'new',
        versionsOf: versionsIn(trial),
        remedy: purgeEverything(stack),
      });
      yield warmed.every(({ isKept }) => isKept) ? finding : unlessKept(finding);
    }
  },
};

/** Returns the keys. */
async function upload(version: string, { files }: Trial): Promise<string[]> {
  const names = NAMES.map(name => `${FOLDER}${name}`);
  const stored = await files.putAll(names, name => contentOf(`${version} ${name}`));
  return stored.map(({ key }) => key);
}

/** A URL has to show its own file: all of them are purged together. */
function versionsIn(trial: Trial): (view: View) => readonly Version[] {
  const nameAt = new Map(NAMES.flatMap(name => urlsOf(name, trial).map(path => [path, name] as const)));
  return ({ path }) =>
    ['old', 'new'].map(name => ({
      name,
      body: contentOf(`${name} ${FOLDER}${nameAt.get(path)}`),
      eTag: '',
    }));
}

function viewAll(names: readonly string[], trial: Trial): Promise<View[]> {
  const paths = names.flatMap(name => urlsOf(name, trial));
  return mapConcurrently(paths, CONCURRENCY, path => trial.viewer.view(path, BROWSER));
}

/** As browsers write a URL, and with all escaped that may be. */
function urlsOf(name: string, { files }: Trial): string[] {
  const path = `${FOLDER}${name}`;
  return [...new Set([files.pathOf(path), files.escapedPathOf(path)])];
}
