import type { Scheduler } from 'fast-check';
import type { Guard } from './memory-table.ts';

/**
 * What may happen besides the uploads. Steps, looks and requests are counted over the whole run.
 */
export interface Scenario {
  readonly before: 'nothing' | 'a closed refresh' | 'an open refresh' | 'an open refresh without execution';
  /** Keys, one message each; all are delivered at the same time. */
  readonly uploads: readonly string[];
  /**
   * The process that takes the step dies: before the step has an effect, or after it, so that its
   * answer is lost.
   */
  readonly crashes: readonly { readonly step: number; readonly when: 'before' | 'after' }[];
  /** At this look somebody stops the execution. */
  readonly stopAtLook: number | undefined;
  /** How often CloudFront first answers that too many invalidations are in progress. */
  readonly refusals: number;
  /** How often the planner first finds no room beside what is in progress. */
  readonly fullLooks: number;
  /**
   * At these runs of the step Invalidate the execution does not wait for the end: the run goes on
   * beside the next one.
   */
  readonly timeouts: readonly number[];
  readonly needsSecondRound: boolean;
}

/** The process that took a step has died. */
export class Crash extends Error {}

/**
 * One run of the model: its actors take one step at a time, in the scheduler's order, and some
 * steps crash.
 */
export class ProtocolRun {
  readonly scenario: Scenario;
  readonly violations = new Set<string>();
  readonly #scheduler: Scheduler;
  readonly #without: Guard | undefined;
  readonly #crashes: Map<number, 'before' | 'after'>;
  readonly #actors: Promise<void>[] = [];
  #steps = 0;
  #clock = 0;

  constructor(scheduler: Scheduler, scenario: Scenario, without: Guard | undefined) {
    this.scenario = scenario;
    this.#scheduler = scheduler;
    this.#without = without;
    this.#crashes = new Map(scenario.crashes.map(({ step, when }) => [step, when]));
  }

  /** How many steps have had an effect. */
  get clock(): number {
    return this.#clock;
  }

  has(guard: Guard): boolean {
    return this.#without !== guard;
  }

  /** @throws Crash when the process dies at this step */
  async step<T>(label: string, effect: () => T): Promise<T> {
    await this.turn(label);
    const crash = this.#crashes.get(this.#steps++);
    if (crash === 'before') throw new Crash(label);
    this.#clock++;
    const answer = effect();
    if (crash === 'after') throw new Crash(label);
    return answer;
  }

  /** Waits until the scheduler lets this happen. It cannot crash, and is no step. */
  turn(label: string): Promise<void> {
    return this.#scheduler.schedule(Promise.resolve(), label);
  }

  crashNoMore(): void {
    this.#crashes.clear();
  }

  /** Adds somebody who acts at the same time as the others. */
  add(actor: Promise<void>): void {
    this.#actors.push(actor);
  }

  /** Waits until nobody acts any more. */
  async settle(): Promise<void> {
    await this.#scheduler.waitFor(this.#everyActor());
  }

  async #everyActor(): Promise<void> {
    // Actors may add others while they act.
    for (let awaited = 0; awaited < this.#actors.length; ) {
      awaited = this.#actors.length;
      await Promise.all(this.#actors);
    }
  }
}
