import { setTimeout as pause } from 'node:timers/promises';
import { AwsError } from '../../kernel/aws-api.ts';
import type { Journal } from '../../kernel/journal.ts';
import type { InvocationResult } from './function-definition.ts';

/** Lambda runs a failing asynchronous event again after one minute and after two more, then gives it up. */
const RETRY_DELAYS_SECONDS = [60, 120];

/** A throttled event waits from one second growing to five minutes, six hours in all. */
const THROTTLE_PAUSE_SECONDS = { first: 1, longest: 300, inAll: 6 * 3600 };

export interface EventInvokerOptions {
  readonly invoke: (name: string, payload: string) => Promise<InvocationResult>;
  readonly journal: Journal;
  /** Real seconds per AWS second. */
  readonly timeScale: number;
  readonly stopping: AbortSignal;
}

/** Invocation type `Event`: the caller does not wait, Lambda repeats what fails. Dead-letter targets are not emulated. */
export function createEventInvoker(options: EventInvokerOptions): (name: string, payload: string) => void {
  const { invoke, journal, timeScale, stopping } = options;

  const wait = (seconds: number) =>
    pause(seconds * 1000 * timeScale, undefined, { signal: stopping, ref: false });

  async function invokeUnthrottled(name: string, payload: string): Promise<InvocationResult> {
    let waited = 0;
    for (let seconds = THROTTLE_PAUSE_SECONDS.first; ; seconds *= 2) {
      try {
        return await invoke(name, payload);
      } catch (error) {
        const throttled = error instanceof AwsError && error.code === 'TooManyRequestsException';
        if (!throttled || waited >= THROTTLE_PAUSE_SECONDS.inAll) throw error;
      }
      const next = Math.min(seconds, THROTTLE_PAUSE_SECONDS.longest);
      await wait(next);
      waited += next;
    }
  }

  async function deliver(name: string, payload: string): Promise<void> {
    for (const delay of [0, ...RETRY_DELAYS_SECONDS]) {
      if (delay > 0) await wait(delay);
      const result = await invokeUnthrottled(name, payload);
      if (result.functionError === undefined) return;
    }
    throw new Error(`all ${RETRY_DELAYS_SECONDS.length + 1} attempts failed`);
  }

  return (name, payload) => {
    deliver(name, payload).catch((error: unknown) => {
      if (stopping.aborted) return;
      const line = `Asynchronous event dropped: ${error instanceof Error ? error.message : String(error)}`;
      journal.record({ kind: 'log', functionName: name, line });
    });
  };
}
