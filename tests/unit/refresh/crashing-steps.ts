import type { Scheduler } from 'fast-check';

/** The process that takes the step dies, before the step has an effect or after it. */
export interface PlannedCrash {
  /** Its number, of all steps that are taken. */
  readonly step: number;
  readonly when: 'before' | 'after';
}

class Crash extends Error {}

/** What processes do, one step at a time in the scheduler's order, and where they die. */
export class CrashingSteps {
  readonly #scheduler: Scheduler;
  readonly #crashes: ReadonlyMap<number, PlannedCrash['when']>;
  #taken = 0;

  constructor(scheduler: Scheduler, crashes: readonly PlannedCrash[]) {
    this.#scheduler = scheduler;
    this.#crashes = new Map(crashes.map(({ step, when }) => [step, when]));
  }

  /** How many have been taken so far. */
  get taken(): number {
    return this.#taken;
  }

  /** Takes turns without an effect. */
  async wait(turns: number): Promise<void> {
    for (let turn = 0; turn < turns; turn++) await this.#scheduler.schedule(Promise.resolve(), 'wait');
  }

  async take<T>(label: string, effect: () => T): Promise<T> {
    await this.#scheduler.schedule(Promise.resolve(), label);
    const crash = this.#crashes.get(this.#taken++);
    if (crash === 'before') throw new Crash(label);
    const answer = effect();
    if (crash === 'after') throw new Crash(label);
    return answer;
  }

  /** Does work again, from its beginning, each time that its process has died. */
  async untilDone(work: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await work();
        return;
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
      }
    }
  }
}
