import { expect } from 'vitest';
import type { EventDelivery } from '../../infra/local/services/s3/events.ts';
import { inParallel } from './in-parallel.ts';
import type { Site } from './site.ts';

export const keysOf = (folder: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${folder}/part-${index % 7}/file-${index}.txt`);

export const uploadAll = (site: Site, keys: readonly string[], content: string) =>
  inParallel(keys, key => site.put(key, `${content} content of ${key}`));

/**
 * S3 promises neither order nor once: every event waits for the last upload, then they come
 * shuffled, every tenth twice.
 */
export function lateShuffledAndRepeated(count: number): EventDelivery {
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

/**
 * Overwrites what every edge has cached, and expects one refresh, one invalidation, one mail and
 * fresh edges.
 */
export async function expectOneRefresh(
  site: Site,
  keys: readonly string[],
  overwrite: () => Promise<void>,
): Promise<void> {
  await site.settled();
  await site.warm(keys);
  const before = await site.counts();
  await overwrite();
  await site.settled();
  expect(await site.refreshes(1)).toMatchObject([{ state: 'fresh' }]);
  expect(await site.counts()).toEqual({
    refreshes: before.refreshes + 1,
    invalidations: before.invalidations + 1,
    mails: before.mails + 1,
  });
  await site.expectEdgeEqualsBucket(keys);
}
