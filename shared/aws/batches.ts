import { setTimeout as pause } from 'node:timers/promises';
import { mapConcurrently } from '../concurrently.ts';

/** The shortest of the functions that wait for it has 30 s, and waits twice. */
const PATIENCE_MS = 12_000;
const BACK_OFF = { firstMs: 100, longestMs: 2000 };
/** More of one call at a time would throttle each other, and other collectors. */
const CONCURRENCY = 4;
/** Thrown after the SDK's own three attempts, which take about a second. */
const THROTTLED = ['ProvisionedThroughputExceededException', 'RequestLimitExceeded', 'ThrottlingException'];

/**
 * Sends items to DynamoDB in batches, and what a batch leaves unprocessed again, with growing pauses: a partition takes 1,000 writes a
 * second, and all changes of a refresh lie in one. A batch of which DynamoDB can process nothing is not left unprocessed but throttled.
 *
 * @param send answers what was left unprocessed
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

/** Calls DynamoDB again, with growing pauses, as long as it throttles. */
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
