import { setTimeout as pause } from 'node:timers/promises';
import type { Journal } from '../../kernel/journal.ts';
import type { InvocationResult } from './function-definition.ts';

/**
 * Lambda runs a failing asynchronous event again after one minute and after two more, then drops
 * it.
 */
const RETRY_DELAYS_SECONDS = [60, 120];

export interface EventInvokerOptions {
  readonly invoke: (name: string, payload: string) => Promise<InvocationResult>;
  readonly journal: Journal;
  /** Real seconds per AWS second. */
  readonly timeScale: number;
  readonly stopping: AbortSignal;
}

/**
 * Invocation type `Event`: the caller does not wait, and Lambda repeats what fails. Dead-letter
 * targets are not emulated.
 */
export function createEventInvoker(options: EventInvokerOptions): (name: string, payload: string) => void {
  const { invoke, journal, timeScale, stopping } = options;

  async function deliver(name: string, payload: string): Promise<void> {
    for (const delay of [0, ...RETRY_DELAYS_SECONDS]) {
      if (delay > 0) await pause(delay * 1000 * timeScale, undefined, { signal: stopping, ref: false });
      const result = await invoke(name, payload);
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
