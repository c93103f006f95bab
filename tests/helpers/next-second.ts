import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits for the next second. S3 tells versions of an object apart by whole seconds, and refreshes
 * are listed by them.
 */
export async function nextSecond(): Promise<void> {
  const second = () => Math.floor(Date.now() / 1000);
  const now = second();
  while (second() === now) await sleep(1000 - (Date.now() % 1000));
}
