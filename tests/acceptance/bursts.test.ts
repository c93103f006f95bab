import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { DEFAULTS } from '../../infra/constructs/pipeline/complete-options.ts';
import type { EventDelivery } from '../../infra/local/services/s3/events.ts';
import { expectOneRefresh, keysOf, lateShuffledAndRepeated, uploadAll } from '../helpers/bursts.ts';
import { isLook } from '../helpers/settling.ts';
import { type Site, startSite } from '../helpers/site.ts';

/*
 * Real bursts are in bursts.nightly.test.ts. Here a refresh is held open while they are collected,
 * and every look of the state machine waits for the upload that it shall find: nothing depends on
 * how fast the machine is.
 */
const TIME_SCALE = 0.02;
const QUIET_MS = DEFAULTS.quietPeriod.toMilliseconds() * TIME_SCALE;

const atOnce: EventDelivery = (_, send) => send();
let deliver = atOnce;
let site: Site;

beforeAll(async () => {
  site = await startSite({ timeScale: TIME_SCALE, deliverEvent: (event, send) => deliver(event, send) });
});
afterAll(() => site.stop());

/**
 * Does something before each look of a refresh's state machine. Returns when the looks began, and
 * when the last of them was over.
 */
function beforeEachLook(work: (look: number) => Promise<void>) {
  const looks: { readonly began: number; ended: number }[] = [];
  const remove = site.cloud.intercept(async (call, next) => {
    if (!isLook(call)) return next();
    const look = { began: performance.now(), ended: Number.POSITIVE_INFINITY };
    looks.push(look);
    await work(looks.length);
    return next().finally(() => {
      look.ended = performance.now();
    });
  });
  onTestFinished(remove);
  return looks;
}

/** Uploads, and waits until the change is in a refresh. */
async function uploadAndCollect(key: string, content: string): Promise<void> {
  await site.put(key, content);
  await site.collected();
}

it.each([1, 10])('%i uploads at once are one refresh', async count => {
  const keys = keysOf(`${count}-at-once`, count);
  await uploadAll(site, keys, 'first');
  await expectOneRefresh(site, keys, () => site.inOneRefresh(() => uploadAll(site, keys, 'second')));
});

it('120 uploads whose events come late, shuffled and repeatedly are one refresh', async () => {
  const keys = keysOf('late', 120);
  await uploadAll(site, keys, 'first');
  await site.settled();
  deliver = lateShuffledAndRepeated(keys.length);
  onTestFinished(() => {
    deliver = atOnce;
  });
  await expectOneRefresh(site, keys, () => site.inOneRefresh(() => uploadAll(site, keys, 'second')));
});

it('uploads that come one after another, each before the quiet period ends, are one refresh', async () => {
  const keys = keysOf('one-by-one', 6);
  await uploadAll(site, keys, 'first');
  await site.settled();
  const [first = '', ...later] = keys;
  const looks = beforeEachLook(async look => {
    const key = later[look - 1];
    if (key !== undefined) await uploadAndCollect(key, 'second');
  });
  await expectOneRefresh(site, keys, () => site.put(first, 'second'));
  // The last look finds nothing new.
  expect(looks).toHaveLength(keys.length);
  const pauses = looks.slice(1).map(({ began }, index) => began - (looks[index]?.ended ?? 0));
  // A timer of Node's may be a millisecond early.
  expect(Math.min(...pauses)).toBeGreaterThan(QUIET_MS - 2);
});

it('uploads that never pause do not keep a refresh open forever', async () => {
  const keys = keysOf('endless', 5);
  await uploadAll(site, keys, 'first');
  await site.settled();
  const looks = beforeEachLook(look => uploadAndCollect(keys[look % keys.length] ?? '', `content ${look}`));
  await expectOneRefresh(site, keys, () => uploadAll(site, keys, 'second'));
  expect(looks).toHaveLength(DEFAULTS.maxLooks + 1);
});
