import { setTimeout as timeout } from 'node:timers/promises';

/** Ends what would otherwise wait. */
export interface Stopping {
  readonly aborted: boolean;
  abort(): void;
  /** Resolves early, with `undefined`, when stopped. */
  untilStopped<T>(work: Promise<T>): Promise<T | undefined>;
  /** Resolves early when stopped. */
  pause(ms: number): Promise<void>;
}

export function createStopping(): Stopping {
  const controller = new AbortController();
  const { signal } = controller;
  return {
    get aborted() {
      return signal.aborted;
    },
    abort: () => controller.abort(),
    async untilStopped(work) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const stop = () => resolve(undefined);
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop);
      return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', stop));
    },
    pause: ms => timeout(ms, undefined, { signal }).catch(() => undefined),
  };
}
