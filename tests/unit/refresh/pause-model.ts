import type { Scheduler } from 'fast-check';
import type { CollectStore } from '../../../shared/refresh/collect.ts';
import {
  collectOrHold,
  type HeldChanges,
  isPaused,
  type Pause,
  type PauseStore,
  resume,
} from '../../../shared/refresh/pause.ts';
import type { Changes } from '../../../shared/refresh/refresh.ts';
import { CrashingSteps, type PlannedCrash } from './crashing-steps.ts';

/** What somebody does with the pause while uploads arrive. */
export type Move = 'pause' | 'resume';

export interface PauseScenario {
  /** One message each, delivered at the same time but for some turns of waiting. */
  readonly uploads: readonly { readonly path: string; readonly turns: number }[];
  /** Of people who act at the same time, each in this order. */
  readonly people: readonly (readonly Move[])[];
  readonly crashes: readonly PlannedCrash[];
}

/** What keeps changes from being lost. */
export const PAUSE_GUARDS = [
  'a second look at the pause after holding',
  'a pause is marked as resumed before what it holds is read',
  'each pause holds what is its own',
  'what was held is dropped only after it was collected',
] as const;
export type PauseGuard = (typeof PAUSE_GUARDS)[number];

/**
 * Collectors, and people who pause and resume, one step at a time in the scheduler's order.
 *
 * @param without a guard that is forgotten, to see that the model notices
 * @returns what went against the promises
 */
export async function runPauses(
  scheduler: Scheduler,
  { uploads, people, crashes }: PauseScenario,
  without?: PauseGuard,
): Promise<string[]> {
  const world = new World(new CrashingSteps(scheduler, crashes), without);
  const actors = [
    ...uploads.map(upload => world.deliver(upload)),
    ...people.map(moves => world.operate(moves)),
  ];
  await scheduler.waitFor(Promise.all(actors));
  return world.violations();
}

class World {
  readonly #steps: CrashingSteps;
  readonly #without: PauseGuard | undefined;
  #pause: Pause | undefined;
  #pauses = 0;
  /** By partition. */
  readonly #held = new Map<string, Set<string>>();
  /** When each was asked for, by the number of the step. */
  readonly #uploads: { readonly path: string; readonly at: number }[] = [];
  readonly #collected: { readonly path: string; readonly at: number }[] = [];
  readonly #wrong: string[] = [];

  constructor(steps: CrashingSteps, without: PauseGuard | undefined) {
    this.#steps = steps;
    this.#without = without;
  }

  /** A message that comes again until a collector has taken it. */
  async deliver({ path, turns }: PauseScenario['uploads'][number]): Promise<void> {
    await this.#steps.wait(turns);
    const changes = { objects: [], paths: [path] };
    await this.#steps.untilDone(() =>
      this.#steps.take('arrive', () => void this.#uploads.push({ path, at: this.#steps.taken })),
    );
    await this.#steps.untilDone(() => collectOrHold(changes, { ...this.#collecting(), ...this.#holding() }));
  }

  /** Somebody who repeats a command until it has come to its end. */
  async operate(moves: readonly Move[]): Promise<void> {
    for (const move of moves)
      await this.#steps.untilDone(() => (move === 'pause' ? this.#begin() : this.#finish()));
  }

  /** What was asked for is to be collected after it, or held by the pause that there is. */
  violations(): string[] {
    const held = this.#pause && this.#held.get(this.#partitionOf(this.#pause.id));
    const lost = this.#uploads.filter(
      ({ path, at }) =>
        !held?.has(path) && !this.#collected.some(each => each.path === path && each.at >= at),
    );
    return [...this.#wrong, ...lost.map(({ path }) => `${path} was lost`)];
  }

  async #begin(): Promise<void> {
    const former = await this.#store().current();
    if (former?.resumedAt !== undefined) await this.#finish();
    await this.#store().begin({ id: `p${++this.#pauses}`, since: '', by: '' });
  }

  async #finish(): Promise<void> {
    const pause = await this.#store().current();
    if (pause === undefined) return;
    const site = { id: 'E1', held: this.#holding().held, ...this.#collecting() };
    await resume(pause, [site], { pauses: this.#store(), now: () => new Date(0) });
  }

  #has(guard: PauseGuard): boolean {
    return this.#without !== guard;
  }

  #partitionOf(pauseId: string): string {
    return this.#has('each pause holds what is its own') ? pauseId : 'all';
  }

  #collecting() {
    const collected = ({ paths }: Changes) =>
      this.#steps.take('collect', () => {
        this.#collected.push(...paths.map(path => ({ path, at: this.#steps.taken })));
      });
    const refreshes: CollectStore = {
      current: async () => 'r1',
      isOpen: async () => true,
      replace: async (_, next) => next,
      addChanges: (_, changes) => collected(changes),
      commit: async () => true,
      abandon: async () => false,
    };
    return { refreshes, executions: { ensureStarted: async () => true }, newRefreshId: () => 'r2' };
  }

  #holding(): { readonly pauses: Pick<PauseStore, 'current'>; readonly held: HeldChanges } {
    let looks = 0;
    let seen: Pause | undefined;
    return {
      pauses: {
        current: async () => {
          const isSecond = looks++ > 0;
          if (isSecond && !this.#has('a second look at the pause after holding')) return seen;
          seen = await this.#store().current();
          return seen;
        },
      },
      held: {
        hold: (pauseId, changes) =>
          this.#steps.take('hold', () => {
            const partition = this.#partitionOf(pauseId);
            const held = this.#held.get(partition) ?? new Set();
            for (const path of changes.paths) held.add(path);
            this.#held.set(partition, held);
          }),
        heldBy: async pauseId => {
          const paths = await this.#steps.take('read what is held', () => [
            ...(this.#held.get(this.#partitionOf(pauseId)) ?? []),
          ]);
          if (!this.#has('what was held is dropped only after it was collected'))
            await this.#steps.take('drop early', () => this.#drop(pauseId, paths));
          return { objects: [], paths };
        },
        drop: (pauseId, changes) => this.#steps.take('drop', () => this.#drop(pauseId, changes.paths)),
      },
    };
  }

  #drop(pauseId: string, paths: readonly string[]): void {
    for (const path of paths) this.#held.get(this.#partitionOf(pauseId))?.delete(path);
  }

  #store(): PauseStore {
    return {
      current: () => this.#steps.take('look at the pause', () => this.#pause),
      begin: pause =>
        this.#steps.take('pause', () => {
          if (this.#pause !== undefined) return false;
          this.#pause = pause;
          return true;
        }),
      resumed: (pauseId, at) =>
        this.#steps.take('mark as resumed', () => {
          if (!this.#has('a pause is marked as resumed before what it holds is read')) return;
          if (this.#pause?.id === pauseId) this.#pause = { ...this.#pause, resumedAt: at.toISOString() };
        }),
      end: pauseId =>
        this.#steps.take('end the pause', () => {
          if (this.#pause?.id !== pauseId) return;
          if (isPaused(this.#pause) && this.#has('a pause is marked as resumed before what it holds is read'))
            this.#wrong.push('a pause ended that was not resumed');
          this.#pause = undefined;
        }),
    };
  }
}
