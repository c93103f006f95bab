/**
 * What happens in the local cloud, in order. Tests wait on it, `npm start` narrates it, and
 * CloudWatch counts it.
 */
export type JournalEntry =
  | {
      readonly kind: 'call';
      readonly caller: string;
      readonly service: string;
      readonly action: string;
      readonly status: number;
      /** The AWS error code, when the call was refused. */
      readonly error?: string;
    }
  | { readonly kind: 'object'; readonly bucket: string; readonly key: string; readonly event: string }
  | {
      readonly kind: 'execution';
      readonly machineArn: string;
      readonly name: string;
      readonly status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
      /** The state entered; absent once the execution has ended. */
      readonly state?: string;
      readonly error?: string;
      readonly cause?: string;
    }
  | {
      readonly kind: 'invalidation';
      readonly id: string;
      readonly distributionId: string;
      readonly status: 'InProgress' | 'Completed';
      readonly paths: readonly string[];
    }
  | {
      readonly kind: 'invocation';
      readonly functionName: string;
      readonly requestId: string;
      readonly outcome: 'success' | 'error' | 'timeout';
      readonly milliseconds: number;
    }
  | {
      /** A request to an API of API Gateway, answered. */
      readonly kind: 'request';
      readonly apiName: string;
      readonly stage: string;
      readonly status: number;
      readonly milliseconds: number;
    }
  | {
      readonly kind: 'alarm';
      readonly name: string;
      readonly state: 'OK' | 'ALARM';
      readonly previousState: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
      readonly reason: string;
    }
  /** EventBridge dropped an event because its target refused it. */
  | { readonly kind: 'undelivered'; readonly ruleName: string }
  | { readonly kind: 'log'; readonly functionName: string; readonly line: string }
  | { readonly kind: 'mail'; readonly to: readonly string[]; readonly subject: string };

export interface Journal {
  record(entry: JournalEntry): void;
  /** Calls back for every later entry. @returns the function that ends it */
  subscribe(listener: (entry: JournalEntry) => void): () => void;
  /**
   * Resolves with the first entry that matches, whether recorded already or to come.
   *
   * @throws Error after `timeoutMs` (real time), naming what was waited for
   */
  waitFor<T extends JournalEntry>(
    matches: (entry: JournalEntry) => entry is T,
    what: string,
    timeoutMs?: number,
  ): Promise<T>;
  waitFor(matches: (entry: JournalEntry) => boolean, what: string, timeoutMs?: number): Promise<JournalEntry>;
  readonly entries: readonly JournalEntry[];
}

/** @param capacity number of entries kept; older ones are forgotten */
export function createJournal(capacity = 100_000): Journal {
  let entries: JournalEntry[] = [];
  const listeners = new Set<(entry: JournalEntry) => void>();

  return {
    get entries() {
      return entries;
    },
    record(entry) {
      entries.push(entry);
      // Halved rather than shifted one by one: a shift per entry would be quadratic.
      if (entries.length > capacity) entries = entries.slice(capacity / 2);
      for (const listener of [...listeners]) listener(entry);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    waitFor(matches: (entry: JournalEntry) => boolean, what: string, timeoutMs = 60_000) {
      const { promise, resolve, reject } = Promise.withResolvers<JournalEntry>();
      const known = entries.find(matches);
      if (known !== undefined) return Promise.resolve(known) as Promise<never>;
      const timer = setTimeout(
        () => settle(() => reject(new Error(`Waited ${timeoutMs} ms in vain for ${what}`))),
        timeoutMs,
      );
      const stop = this.subscribe(entry => {
        if (matches(entry)) settle(() => resolve(entry));
      });
      const settle = (end: () => void) => {
        clearTimeout(timer);
        stop();
        end();
      };
      return promise as Promise<never>;
    },
  };
}
