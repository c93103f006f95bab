import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { inParallel } from '../helpers/in-parallel.ts';
import { ODD_KEYS as KEYS } from '../helpers/odd-keys.ts';
import { type Site, startSite } from '../helpers/site.ts';

let site: Site;
/** Refreshes that earlier tests have looked at. */
let seen = 0;
beforeAll(async () => {
  site = await startSite({ timeScale: 0.02 });
  await seed(KEYS);
});
afterEach(async () => {
  const { refreshes, mails } = await site.counts();
  const ended = await site.refreshes(refreshes - seen);
  seen = refreshes;
  expect(ended.filter(({ state }) => state !== 'fresh')).toEqual([]);
  expect(mails).toBe(refreshes);
});
afterAll(() => site.stop());

async function seed(keys: readonly string[]): Promise<void> {
  await inParallel(keys, key => site.put(key, `first content of ${key}`, { ContentType: 'text/plain' }));
  await site.settled();
  await site.warm(keys);
}

/** Deploys of a few keys that have nothing in common, so that no path covers another's. */
const DEPLOYS = 11;
const deploys = Array.from({ length: DEPLOYS }, (_, deploy) =>
  KEYS.filter((_key, index) => index % DEPLOYS === deploy),
);

it.each(deploys.map(keys => ({ keys })))('A deploy of $keys gets paths of its own', async ({ keys }) => {
  await site.warm(keys);
  await site.inOneRefresh(() => inParallel(keys, key => site.put(key, `second content of ${key}`)));
  await site.settled();
  await site.expectEdgeEqualsBucket(keys);
  const [paths] = await site.invalidations(1);
  expect(paths?.length).toBeGreaterThanOrEqual(keys.length);
  expect(paths).not.toContain('/*');
});

it('No edge is stale after all keys are overwritten or removed at once', async () => {
  await site.warm(KEYS);
  await inParallel([...KEYS.entries()], ([index, key]) =>
    index % 3 === 0 ? site.remove(key) : site.put(key, `third content of ${key}`),
  );
  await site.settled();
  await site.expectEdgeEqualsBucket(KEYS);
});

it('Visitors see headers that changed without the content', async () => {
  await seed(['style.css']);
  await site.replaceHeaders('style.css', { CacheControl: 'max-age=60', ContentType: 'text/css' });
  await site.settled();
  await site.expectEdgeEqualsBucket(['style.css']);
});

it('A removed key is missing, and is back once it is uploaded again', async () => {
  await seed(['notice.txt']);
  await site.remove('notice.txt');
  await site.settled();
  await site.expectEdgeEqualsBucket(['notice.txt']);
  await site.put('notice.txt', 'back again');
  await site.settled();
  await site.expectEdgeEqualsBucket(['notice.txt']);
});

it('An overwrite with equal content is verified', async () => {
  await seed(['same.txt']);
  await site.put('same.txt', 'first content of same.txt', { ContentType: 'text/plain' });
  await site.settled();
  await site.expectEdgeEqualsBucket(['same.txt']);
});

it('A single change sends one exact path, and leaves its neighbours cached', async () => {
  await seed(['x/a.txt', 'x/a.txt.map', 'x/b.txt']);
  await site.put('x/a.txt', 'changed');
  await site.settled();
  const [paths] = await site.invalidations(1);
  expect(paths).toEqual(['/x/a.txt']);
  const neighbour = await site.cloud.view('/x/a.txt.map');
  expect(neighbour.headers['x-cache']).toBe('Hit from cloudfront');
});

it('A character that RFC 1738 leaves alone stays in an exact path', async () => {
  await seed(['w/@scope/(1).txt', 'w/@scope/2.txt']);
  await site.put('w/@scope/(1).txt', 'changed');
  await site.settled();
  const [paths] = await site.invalidations(1);
  expect(paths).toEqual(['/w/@scope/(1).txt']);
  const neighbour = await site.cloud.view('/w/@scope/2.txt');
  expect(neighbour.headers['x-cache']).toBe('Hit from cloudfront');
});

it('A path is cut before the first doubtful character, and purges no more than that', async () => {
  await seed(['y/(1).txt', 'y/~2.txt', 'z.txt']);
  await site.put('y/~2.txt', 'changed');
  await site.settled();
  const [paths] = await site.invalidations(1);
  expect(paths).toEqual(['/y/*']);
  const neighbour = await site.cloud.view('/z.txt');
  expect(neighbour.headers['x-cache']).toBe('Hit from cloudfront');
});
