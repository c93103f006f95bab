import { expect, it, onTestFinished } from 'vitest';
import type { LocalCloudOptions } from '../../infra/local/local-cloud.ts';
import type { EventDelivery } from '../../infra/local/services/s3/events.ts';
import { inParallel } from '../helpers/in-parallel.ts';
import { type Site, startSite } from '../helpers/site.ts';

const keysOf = (count: number) =>
  Array.from({ length: count }, (_, index) => `folder-${index % 7}/file-${index}.txt`);

/** Starts a site whose way of delivering events may be changed while it runs. */
async function start(options: LocalCloudOptions = {}) {
  const events: { deliver: EventDelivery } = { deliver: (_, send) => send() };
  const site = await startSite({
    timeScale: 0.5,
    deliverEvent: (event, send) => events.deliver(event, send),
    ...options,
  });
  onTestFinished(site.stop);
  return { site, events };
}

/** S3 promises neither order nor once: every event waits for the last upload, then they come shuffled, every tenth twice. */
function lateShuffledAndRepeated(count: number): EventDelivery {
  const waiting: (() => Promise<void>)[] = [];
  const delivered = Promise.withResolvers<void>();
  return async (_, send) => {
    waiting.push(send);
    if (waiting.length === count) {
      const repeated = waiting.filter((_send, index) => index % 10 === 0);
      await inParallel(shuffled([...waiting, ...repeated]), each => each());
      delivered.resolve();
    }
    await delivered.promise;
  };
}

/** The step is prime, so that every place is met once. */
function shuffled<T>(items: readonly T[]): T[] {
  const STEP = 7919;
  const byPlace = items.map((item, index) => ({ item, place: (index * STEP) % items.length }));
  return byPlace.sort((a, b) => a.place - b.place).map(({ item }) => item);
}

async function counts(site: Site) {
  const refreshes = await site.refreshes();
  expect(refreshes.filter(({ state }) => state !== 'fresh')).toEqual([]);
  return {
    refreshes: refreshes.length,
    invalidations: (await site.invalidations()).length,
    mails: site.mails().length,
  };
}

/** Overwrites what every edge has cached, and expects one refresh, one invalidation, one mail and fresh edges. */
async function expectOneRefresh(site: Site, overwrite: () => Promise<void>): Promise<void> {
  await site.settled();
  await site.warm();
  const before = await counts(site);
  await overwrite();
  await site.settled();
  expect(await counts(site)).toEqual({
    refreshes: before.refreshes + 1,
    invalidations: before.invalidations + 1,
    mails: before.mails + 1,
  });
  await site.expectEdgeEqualsBucket();
}

const uploadAll = (site: Site, keys: readonly string[], content: string) =>
  inParallel(keys, key => site.put(key, `${content} content of ${key}`));

it.each([1, 10, 300])('%i uploads at once are one refresh', async count => {
  const { site } = await start();
  const keys = keysOf(count);
  await uploadAll(site, keys, 'first');
  await expectOneRefresh(site, () => uploadAll(site, keys, 'second'));
});

it('300 uploads whose events come late, shuffled and repeatedly are one refresh', async () => {
  const { site, events } = await start();
  const keys = keysOf(300);
  await uploadAll(site, keys, 'first');
  await expectOneRefresh(site, async () => {
    events.deliver = lateShuffledAndRepeated(keys.length);
    await uploadAll(site, keys, 'second');
  });
});

it('uploads that come one after another, each before the quiet period ends, are one refresh', async () => {
  const { site } = await start();
  const keys = keysOf(6);
  await uploadAll(site, keys, 'first');
  await expectOneRefresh(site, async () => {
    for (const key of keys) {
      const looked = site.next(
        entry => entry.kind === 'execution' && entry.state === 'Settle: wait',
        'the refresh to wait on',
      );
      await site.put(key, `second content of ${key}`);
      await looked;
    }
  });
});

it('uploads that never pause do not keep a refresh open for ever', async () => {
  const { site } = await start({ timeScale: 0.1 });
  let closed = false;
  const closing = site
    .next(entry => entry.kind === 'execution' && entry.state === 'Watch: begin', 'the refresh to close')
    .then(() => {
      closed = true;
    });
  for (let upload = 0; !closed; upload++) await site.put(`file-${upload % 50}.txt`, `content ${upload}`);
  await closing;
  await site.settled();
  const { refreshes, invalidations, mails } = await counts(site);
  expect([invalidations, mails]).toEqual([refreshes, refreshes]);
  await site.expectEdgeEqualsBucket();
});

it('more uploads than CloudFront takes paths, whose events come late, shuffled and repeatedly, are one refresh', async () => {
  // In real time: the quiet period must be longer than the pauses of a busy machine.
  const { site, events } = await start({ timeScale: 1 });
  const keys = keysOf(4000);
  await site.put('index.html', 'collectors that are warm');
  await site.settled();
  // What was there before the events were.
  events.deliver = async () => undefined;
  await uploadAll(site, keys, 'first');
  await expectOneRefresh(site, async () => {
    events.deliver = lateShuffledAndRepeated(keys.length);
    await uploadAll(site, keys, 'second');
  });
});
