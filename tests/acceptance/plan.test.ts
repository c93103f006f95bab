import { expect, it, onTestFinished } from 'vitest';
import { main } from '../../infra/cli/main.ts';
import { folderOf } from '../helpers/folders.ts';
import { inParallel } from '../helpers/in-parallel.ts';
import { runCommand } from '../helpers/run-command.ts';
import { startSite } from '../helpers/site.ts';

/** Content by file, before the upload and after it. */
const FILES: Readonly<Record<string, { readonly before?: string; readonly after?: string }>> = {
  'index.html': { before: 'home', after: 'new home' },
  'styles.css': { before: 'styles', after: 'styles' },
  'docs/index.html': { before: 'docs', after: 'new docs' },
  'docs/a.html': { before: 'a', after: 'new a' },
  'docs/b.html': { before: 'b', after: 'b' },
  'docs/deep/index.html': { after: 'deep' },
  'docs/deep/er/index.html': { before: 'deeper' },
  'gone.txt': { before: 'gone' },
  'added.txt': { after: 'added' },
  'copy (1).txt': { before: 'copy', after: 'new copy' },
  'copyright.txt': { before: 'copyright', after: 'copyright' },
  '~teacher/index.html': { before: 'teacher', after: 'teacher' },
  'home/~teacher.txt': { before: 'teacher', after: 'new teacher' },
  'home/pupil.txt': { before: 'pupil', after: 'pupil' },
  'price/50%.txt': { before: '50', after: '51' },
  'price/50%25.txt': { before: '50', after: '51' },
  'sum/1+1=2.txt': { before: '2', after: '10' },
  'sum/2.txt': { before: '2', after: '2' },
  'hash/#1.txt': { after: '1' },
  'query/a=1&b=2?.txt': { before: '3' },
  "quotes/it's.txt": { before: 'is', after: 'has' },
  'back\\slash.txt': { before: 'back', after: 'forth' },
  'Phạm Thị E.txt': { before: 'E', after: 'F' },
  'emoji/🎒.txt': { before: 'empty', after: 'full' },
};

type Moment = 'before' | 'after';

const siteAt = (moment: Moment) =>
  Object.fromEntries(
    Object.entries(FILES).flatMap(([file, content]) =>
      content[moment] === undefined ? [] : [[file, content[moment]] as const],
    ),
  );

async function planJson(...args: string[]) {
  const { exitCode, printed, complaint } = await runCommand(main, ['plan', ...args, '--json']);
  expect({ exitCode, complaint }).toEqual({ exitCode: 0, complaint: '' });
  return JSON.parse(printed);
}

it('npm run plan predicts the plan that uploading a folder makes', async () => {
  const site = await startSite({ timeScale: 0.02 });
  onTestFinished(site.stop);

  await inParallel(Object.entries(siteAt('before')), ([file, content]) => site.put(file, content));
  await site.settled();
  const earlier = await site.invalidations();

  const changed = Object.entries(FILES).filter(([, { before, after }]) => before !== after);
  await site.inOneRefresh(() =>
    inParallel(changed, ([file, { after }]) =>
      after === undefined ? site.remove(file) : site.put(file, after),
    ),
  );
  await site.settled();

  const [from, to] = [folderOf(siteAt('before')), folderOf(siteAt('after'))];
  const used = String(earlier.flat().length);
  const { paths, wildcards, needlessPurges, required, costUsd, guarded } = await planJson(
    ...['--from', from, '--to', to, '--used', used],
  );
  const [refresh] = await site.refreshes(1);
  expect(refresh).toMatchObject({
    state: 'fresh',
    plan: { paths, wildcards, needlessPurges, required, costUsd, guarded },
  });
  const invalidations = await site.invalidations();
  expect(invalidations).toHaveLength(earlier.length + 1);
  expect(paths).toEqual(invalidations[0]);
});
