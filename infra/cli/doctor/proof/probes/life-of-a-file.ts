import { setTimeout as pause } from 'node:timers/promises';
import type { Finding } from '../../finding.ts';
import { judgeFree, judgeHistory, judgeOneInvalidation } from '../judge-refresh.ts';
import { judgeKept, judgeShown, unlessKept, type Version } from '../judge-views.ts';
import { purgeEverything } from '../remedies.ts';
import type { Probe, Trial } from '../trial.ts';
import { contentOf, type StoredFile } from '../trial-files.ts';
import { BROWSER, VARIANTS, type View, type Warmed } from '../viewer.ts';

const NAME = 'page.txt';

/**
 * One file: new, kept by the edge in every variant, overwritten, uploaded again unchanged, removed.
 */
export const lifeOfAFile: Probe = {
  name: 'the life of a file',
  asksEdge: true,
  cost: { files: 1, paths: 3 },
  async *run(trial) {
    const old = yield* appear(trial);
    const isKept = yield* keep(trial);
    const latest = yield* overwrite(trial, old, isKept);
    yield* repeat(trial, latest);
    yield* disappear(trial, [old, latest]);
  },
};

const versionOf = (name: string, { body, eTag }: StoredFile): Version => ({ name, body, eTag });

async function* appear(trial: Trial): Step<Version> {
  const { files, refreshes, viewer } = trial;
  const path = files.pathOf(NAME);
  // An edge that keeps the answer for a missing file has to be purged of it.
  await viewer.view(path, BROWSER);
  const stored = await files.put(NAME, contentOf('old'));
  await refreshes.follow([stored.key]);
  const old = versionOf('old', stored);
  yield judgeShown([await viewer.view(path, BROWSER)], {
    about: 'a new file is shown',
    shows: 'old',
    versionsOf: () => [old],
    remedy: purgeEverything(trial.stack),
  });
  return old;
}

/** Has the edge keep every variant. Returns whether it does. */
async function* keep({ files, viewer }: Trial): Step<boolean> {
  const warmed: Warmed[] = [];
  for (const variant of VARIANTS) warmed.push(await viewer.warm(files.pathOf(NAME), variant));
  const kept = judgeKept('the edge keeps every variant', warmed);
  yield kept;
  return kept.verdict === 'confirmed';
}

async function* overwrite(trial: Trial, old: Version, isKept: boolean): Step<Version> {
  const { files, refreshes, invalidations, site } = trial;
  const path = files.pathOf(NAME);
  const known = await invalidations.ids();
  const stored = await files.put(NAME, contentOf('new'));
  const followed = await refreshes.follow([stored.key]);
  const made = await invalidations.madeSince(known, path);
  // An exact path would leave variants by query string.
  const planned = site.distribution.urls.cachesQueryStrings ? `${path}*` : path;
  yield judgeOneInvalidation(planned, followed, made);
  const latest = versionOf('new', stored);
  const purged = judgeShown(await everyVariant(trial), {
    about: 'a purge reaches every variant',
    shows: 'new',
    versionsOf: () => [old, latest],
    remedy: purgeEverything(trial.stack),
  });
  yield isKept ? purged : unlessKept(purged);
  yield judgeHistory(followed.at(-1), made);
  return latest;
}

async function* repeat(
  { files, refreshes, invalidations, waiting: { signal } }: Trial,
  { body }: Version,
): Step<void> {
  // S3 dates versions by the second, and two of the same second are never taken for the same. A
  // refresh takes longer, but not in a cloud whose time is scaled.
  await pause(1000, undefined, { signal });
  const known = await invalidations.ids();
  const { key } = await files.put(NAME, body);
  const followed = await refreshes.follow([key]);
  yield judgeFree(followed, await invalidations.madeSince(known, files.pathOf(NAME)));
}

async function* disappear(trial: Trial, versions: readonly Version[]): Step<void> {
  const { files, refreshes } = trial;
  await files.remove(NAME);
  await refreshes.follow([files.keyOf(NAME)], { change: 'removed' });
  yield judgeShown(await everyVariant(trial), {
    about: 'a removed file is gone in every variant',
    shows: 'nothing',
    versionsOf: () => versions,
    remedy: purgeEverything(trial.stack),
  });
}

/** One at a time, so that no answer joins another's request to the origin. */
async function everyVariant({ files, viewer }: Trial): Promise<View[]> {
  const views: View[] = [];
  for (const variant of VARIANTS) views.push(await viewer.view(files.pathOf(NAME), variant));
  return views;
}

/** Findings, and what later steps need. */
type Step<Result> = AsyncGenerator<Finding, Result, undefined>;
