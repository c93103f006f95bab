import type { Scheduler } from 'fast-check';
import type { RecordGuard } from './memory-records.ts';

/** What skipping rests on. A test can take each away, to see what it prevents. */
export type Guard =
  | RecordGuard
  | 'every event of a key is passed on'
  | 'the version seen before is not seen again'
  | 'headers count'
  | 'an old ETag keeps its headers'
  | 'an upload is skipped by its own version alone'
  | 'a deletion is skipped by the version that was verified'
  | 'a deletion is skipped only if it is newer than the record'
  | 'what a deletion leaves is not recorded'
  | 'an error page is known by a single event'
  | 'an error page is known only if the bucket holds another version'
  | 'an error page that costs no path is waited for'
  | 'an error page that is kept for long is purged everywhere'
  | 'what is verified is of the kind that the event names';

/** One run of the model: its actors take one step at a time, in the scheduler's order. */
export class UnchangedRun {
  readonly without: Guard | undefined;
  readonly #scheduler: Scheduler;
  #isInterleaved: boolean;

  constructor(scheduler: Scheduler, without: Guard | undefined) {
    this.#scheduler = scheduler;
    this.without = without;
    this.#isInterleaved = false;
  }

  has(guard: Guard): boolean {
    return this.without !== guard;
  }

  readonly step = async <T>(label: string, effect: () => T): Promise<T> => {
    if (this.#isInterleaved) await this.#scheduler.schedule(Promise.resolve(), label);
    return effect();
  };

  /**
   * Interleaves the steps of these actors until all have finished. Steps before it take place at
   * once.
   */
  async interleave(start: () => readonly Promise<void>[]): Promise<void> {
    this.#isInterleaved = true;
    await this.#scheduler.waitFor(Promise.all(start()));
  }
}
