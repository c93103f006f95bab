/// <reference lib="dom" />
import type { Notice } from '../page/notice.ts';
import { ApiFailure } from './call.ts';
import { describeFailure, passesByWaiting } from './failures.ts';

/** Waits before each further try of a throttled request. */
const PAUSES_SECONDS = [3, 6, 12] as const;

export interface AttemptOptions {
  /** Where progress and failures are shown. */
  readonly notice: Notice;
  /** The action of the "Try again" button, shown after a failure. */
  readonly again?: () => void;
}

/**
 * Runs a request. While the API is busy it pauses, counts down and tries again. The notice shows a
 * failure.
 *
 * @returns undefined if it failed or the visitor stopped it
 */
export async function attempt<Result>(
  work: () => Promise<Result>,
  { notice, again }: AttemptOptions,
): Promise<Result | undefined> {
  for (const pause of [...PAUSES_SECONDS, undefined]) {
    try {
      return await work();
    } catch (failure) {
      const trouble = await waitOut(failure, pause, notice);
      if (trouble === undefined) continue;
      if (trouble !== '') notice.show('trouble', trouble, again && { label: 'Try again', run: again });
      return undefined;
    }
  }
  return undefined;
}

/**
 * Waits if that can help.
 *
 * @returns undefined to try again; otherwise the message to show, empty if the caller aborted
 */
async function waitOut(
  failure: unknown,
  pause: number | undefined,
  notice: Notice,
): Promise<string | undefined> {
  if (failure instanceof DOMException && failure.name === 'AbortError') return '';
  if (!(failure instanceof ApiFailure)) throw failure;
  if (pause === undefined || !passesByWaiting(failure)) return describeFailure(failure);
  const waited = await countDown(failure.retryAfterSeconds ?? pause, notice);
  return waited ? undefined : 'Stopped. Nothing you entered is lost.';
}

/** @returns false if the visitor stopped it */
function countDown(seconds: number, notice: Notice): Promise<boolean> {
  return new Promise(resolve => {
    let left = Math.max(1, Math.ceil(seconds));
    const end = (waited: boolean) => {
      clearInterval(timer);
      resolve(waited);
    };
    const timer = setInterval(() => {
      left -= 1;
      notice.rewrite(busyFor(left));
      if (left === 0) end(true);
    }, 1000);
    notice.show('waiting', busyFor(left), { label: 'Stop', run: () => end(false) });
  });
}

function busyFor(seconds: number): string {
  return seconds === 0
    ? 'Trying again now …'
    : `The service is busy. Trying again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`;
}
