import { mapConcurrently } from '../../../../../shared/concurrently.ts';
import { judgeBurst } from '../judge-refresh.ts';
import { judgeShown, type Version } from '../judge-views.ts';
import type { Probe, Trial } from '../trial.ts';
import { contentOf, type StoredFile } from '../trial-files.ts';
import { BROWSER, type View } from '../viewer.ts';

/**
 * Names that encoders and browsers spell differently, or that look like wildcards and escapes. Each
 * has a version of its own, because a purge of one may not reach another.
 */
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

const FOLDER = 'burst/';
const CONCURRENCY = 10;
const REMEDY = 'Purge everything, and see RUNBOOK.md#refresh-failed: npm run refresh -- --paths "/*" --wait';

/** Forty files, eight of them with odd names: uploaded together, kept, overwritten together. */
export const burst: Probe = {
  name: 'a burst of uploads',
  asksEdge: true,
  cost: { files: ODD_NAMES.length + PLAIN_NAMES.length, paths: 2 * (ODD_NAMES.length + PLAIN_NAMES.length) },
  async *run(trial) {
    const { files, refreshes, invalidations, viewer } = trial;
    const names = [...PLAIN_NAMES, ...ODD_NAMES].map(name => `${FOLDER}${name}`);
    const old = await upload(trial, names, 'old');
    await refreshes.follow(old.map(({ key }) => key));
    const [plain, odd] = [PLAIN_NAMES, ODD_NAMES].map(some => some.flatMap(name => urlsOf(name, trial)));
    await mapConcurrently([...(plain ?? []), ...(odd ?? [])], CONCURRENCY, path =>
      viewer.warm(path, BROWSER),
    );

    const known = await invalidations.ids();
    const latest = await upload(trial, names, 'new');
    const followed = await refreshes.follow(latest.map(({ key }) => key));
    yield judgeBurst(names.length, followed, await invalidations.madeSince(known, files.pathOf(FOLDER)));
    const versions = [...named('old', old), ...named('new', latest)];
    const expected = { shows: 'new', versions, remedy: REMEDY };
    yield judgeShown(await viewAll(plain ?? [], trial), {
      ...expected,
      about: 'every file of a burst is fresh',
    });
    yield judgeShown(await viewAll(odd ?? [], trial), {
      ...expected,
      about: 'files with odd names are fresh, however they are spelled',
    });
  },
};

const upload = ({ files }: Trial, names: readonly string[], version: string) =>
  files.putAll(names, name => contentOf(`${version} ${name}`));

const named = (name: string, stored: readonly StoredFile[]): Version[] =>
  stored.map(({ body, eTag }) => ({ name, body, eTag }));

const viewAll = (paths: readonly string[], { viewer }: Trial): Promise<View[]> =>
  mapConcurrently(paths, CONCURRENCY, path => viewer.view(path, BROWSER));

/** As encoders write a URL, and as browsers do. */
function urlsOf(name: string, { files }: Trial): string[] {
  const encoded = files.pathOf(`${FOLDER}${name}`);
  const wholly = encoded.replaceAll(
    /[!'()*~]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return [...new Set([encoded, wholly, encoded.replaceAll('%40', '@')])];
}
