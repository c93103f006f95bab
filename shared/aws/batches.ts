import { setTimeout as pause } from 'node:timers/promises';

/** A partition takes 1,000 writes a second: a burst may meet that, and is spread over time. */
const MAX_ROUNDS = 8;
const BACK_OFF = { firstMs: 50, longestMs: 2000 };

/**
 * Sends a batch to DynamoDB, and what that leaves unprocessed again, with growing pauses.
 *
 * @param send answers what was left unprocessed
 */
export async function untilProcessed<T>(
  batch: readonly T[],
  send: (batch: readonly T[]) => Promise<readonly T[] | undefined>,
): Promise<void> {
  let left = batch;
  for (let round = 0; left.length > 0; round++) {
    if (round > 0) await pause(Math.random() * Math.min(BACK_OFF.firstMs * 2 ** round, BACK_OFF.longestMs));
    if (round === MAX_ROUNDS) {
      throw new Error(`DynamoDB left ${left.length} items unprocessed, ${round} times in a row`);
    }
    left = (await send(left)) ?? [];
  }
}

export function* chunks<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
