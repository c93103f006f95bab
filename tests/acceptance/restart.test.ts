import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type Site, startSite } from '../helpers/site.ts';

const KEYS = ['index.html', 'docs/a b.txt', 'emoji/🎒.txt'];

/** Starts the same cloud again and again: everything that it keeps is in one directory. */
function restartable(): () => Promise<Site> {
  const stateDirectory = mkdtempSync(join(tmpdir(), 'student-site-'));
  onTestFinished(() => rmSync(stateDirectory, { recursive: true }));
  return async () => {
    const site = await startSite({ stateDirectory, timeScale: 0.1 });
    onTestFinished(site.stop);
    return site;
  };
}

/** One event cannot be split over two refreshes, however slow the machine. */
const LONE_KEY = 'docs/a b.txt';

async function expectOneFreshRefresh(site: Site): Promise<void> {
  expect(await site.refreshes()).toMatchObject([
    { state: 'fresh', verification: { result: { verified: 1, superseded: 0 } } },
  ]);
  expect(await site.executions()).toMatchObject([{ status: 'SUCCEEDED' }]);
  expect(await site.invalidations()).toHaveLength(1);
  expect(site.mails()).toHaveLength(1);
  await site.expectEdgeEqualsBucket([LONE_KEY]);
}

it.each(['Settle: wait', 'Invalidate: send', 'Watch: pause', 'Verify: ask the edge', 'Report: fresh'])(
  'A refresh interrupted in "%s" ends once',
  async state => {
    const start = restartable();
    const first = await start();
    const interrupted = first.next(
      entry => entry.kind === 'execution' && entry.state === state,
      `the refresh to enter ${state}`,
    );
    await first.put(LONE_KEY, 'content');
    await interrupted;
    await first.stop();

    const second = await start();
    await second.settled();
    await expectOneFreshRefresh(second);
  },
);

it('An upload right before the stop is collected after the restart', async () => {
  const start = restartable();
  const first = await start();
  await first.put(LONE_KEY, 'content');
  await first.stop();

  const second = await start();
  await second.settled();
  await expectOneFreshRefresh(second);
});

it('Objects, mails and history outlive a restart', async () => {
  const start = restartable();
  const first = await start();
  await Promise.all(KEYS.map(key => first.put(key, `content of ${key}`, { CacheControl: 'max-age=60' })));
  await first.settled();
  const [history, mails] = [await first.refreshes(), first.mails()];
  await first.stop();

  const second = await start();
  expect(await second.refreshes()).toEqual(history);
  expect(second.mails()).toEqual(mails);
  await second.expectEdgeEqualsBucket(KEYS);

  await second.put(LONE_KEY, 'changed after the restart');
  await second.settled();
  expect(await second.refreshes()).toHaveLength(history.length + 1);
  expect(second.mails()).toHaveLength(mails.length + 1);
  await second.expectEdgeEqualsBucket(KEYS);
});
