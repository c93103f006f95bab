import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startSite } from '../helpers/site.ts';

const ASSEMBLY = join(import.meta.dirname, '../../cdk.out');

it('2,000 exact paths within the budget are sent as they are, and the echo of GetInvalidation does no harm', async () => {
  const site = await startSite({
    assemblyDirectory: await assemblyWithExactPaths(3000),
    timeScale: 0.02,
    invalidationDelayMs: 500,
  });
  onTestFinished(site.stop);
  // 146,000 bytes as JSON, just below the 150,000 that a plan may have.
  const paths = Array.from({ length: 2000 }, (_, index) => `/${String(index).padStart(69, '0')}`);
  await site.send({ paths });
  await site.settled();

  const [refresh] = await site.refreshes();
  expect(refresh?.state).toBe('fresh');
  expect(await site.invalidations()).toEqual([paths]);
});

it('paths over the budget become /*', async () => {
  const site = await startSite({ timeScale: 0.02, invalidationDelayMs: 0 });
  onTestFinished(site.stop);
  await site.send({ paths: Array.from({ length: 51 }, (_, index) => `/${index}.txt`) });
  await site.settled();
  expect((await site.refreshes())[0]?.state).toBe('fresh');
  expect(await site.invalidations()).toEqual([['/*']]);
});

/** The synthesised assembly as `-c maxExactPaths` would make it; to synthesise again would take longer than the test. */
async function assemblyWithExactPaths(maximum: number): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'assembly-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  for (const name of await readdir(ASSEMBLY)) {
    if (name.endsWith('.template.json')) {
      const template = await readFile(join(ASSEMBLY, name), 'utf8');
      const changed = template.replace(/"MAX_EXACT_PATHS": "\d+"/, `"MAX_EXACT_PATHS": "${maximum}"`);
      expect(changed).not.toBe(template);
      await writeFile(join(directory, name), changed);
    } else await symlink(join(ASSEMBLY, name), join(directory, name));
  }
  return directory;
}
