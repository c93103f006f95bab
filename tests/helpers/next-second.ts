import { setTimeout as sleep } from 'node:timers/promises';

/** S3 tells versions of an object apart by whole seconds: waits until what is written next is another version than all so far. */
export async function nextSecond(): Promise<void> {
  const second = () => Math.floor(Date.now() / 1000);
  const now = second();
  while (second() === now) await sleep(1000 - (Date.now() % 1000));
}
