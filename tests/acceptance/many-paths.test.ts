import { expect, it, onTestFinished } from 'vitest';
import { keepBusy } from '../helpers/busy.ts';
import { startSite } from '../helpers/site.ts';

it('2,000 exact paths are sent as they are while no wildcard is free, and GetInvalidation’s long answer does no harm', async () => {
  let completionMs: number | null = null;
  const site = await startSite({ timeScale: 0.02, invalidationDelayMs: () => completionMs });
  onTestFinished(site.stop);
  await keepBusy(site, { wildcards: 15 });
  completionMs = 500;
  // 146,000 bytes as JSON, just below the 150,000 that a plan may have.
  const paths = Array.from({ length: 2000 }, (_, index) => `/${String(index).padStart(69, '0')}`);
  await site.send({ paths });
  await site.settled();

  const [refresh] = await site.refreshes();
  expect(refresh?.state).toBe('fresh');
  expect((await site.invalidations(1))[0]).toEqual(paths);
});

it('3,001 paths, one more than CloudFront takes, are covered by fewer', async () => {
  const site = await startSite({ timeScale: 0.02, invalidationDelayMs: 0 });
  onTestFinished(site.stop);
  const paths = Array.from({ length: 3001 }, (_, index) => `/${index}.txt`);
  // A message takes 3,000.
  await site.inOneRefresh(() =>
    Promise.all([site.send({ paths: paths.slice(1) }), site.send({ paths: paths.slice(0, 1) })]),
  );
  await site.settled();
  expect((await site.refreshes(1))[0]?.state).toBe('fresh');
  const [sent = [], ...others] = await site.invalidations();
  expect(others).toEqual([]);
  const covers = (wider: string, path: string) =>
    wider.endsWith('*') ? path.startsWith(wider.slice(0, -1)) : path === wider;
  expect(paths.filter(path => !sent.some(wider => covers(wider, path)))).toEqual([]);
});
