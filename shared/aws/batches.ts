import { setTimeout as pause } from 'node:timers/promises';
import { mapConcurrently } from '../concurrently.ts';

/** The shortest time-out of the functions that wait is 30 seconds, and they wait twice. */
const PATIENCE_MS = 12_000;
const BACK_OFF = { firstMs: 100, longestMs: 2000 };
/** More calls at a time would throttle one another, and other collectors. */
const CONCURRENCY = 4;
/** Thrown after three attempts of the SDK's own, which take about a second. */
const THROTTLED = ['ProvisionedThroughputExceededException', 'RequestLimitExceeded', 'ThrottlingException'];

/**
 * Sends items to DynamoDB in batches, and sends again what a batch leaves unprocessed, with growing
 * pauses. A partition takes 1,000 writes a second, and all changes of a refresh are in one. If
 * DynamoDB can process nothing of a batch, it throttles the request instead.
 *
 * @param send resolves to what was left unprocessed
 */
export async function untilProcessed<T>(
  items: readonly T[],
  batchSize: number,
  send: (batch: readonly T[]) => Promise<readonly T[] | undefined>,
): Promise<void> {
  const until = Date.now() + PATIENCE_MS;
  await mapConcurrently([...chunks(items, batchSize)], CONCURRENCY, async batch => {
    let left = batch;
    for (let round = 0; left.length > 0; round++) {
      if (round > 0) await backOff(round);
      if (round > 0 && Date.now() > until) throw new Error(`DynamoDB left ${left.length} items unprocessed`);
      const sent = left;
      left = [...((await whileThrottled(() => send(sent), until)) ?? [])];
    }
  });
}

/** Repeats a call to DynamoDB, with growing pauses, for as long as it is throttled. */
export async function whileThrottled<T>(
  call: () => Promise<T>,
  until = Date.now() + PATIENCE_MS,
): Promise<T> {
  for (let round = 1; ; round++) {
    try {
      return await call();
    } catch (error) {
      const isThrottled = error instanceof Error && THROTTLED.includes(error.name);
      if (!isThrottled || Date.now() > until) throw error;
      await backOff(round);
    }
  }
}

async function backOff(round: number): Promise<void> {
  await pause(Math.random() * Math.min(BACK_OFF.firstMs * 2 ** (round - 1), BACK_OFF.longestMs));
}

export function* chunks<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
