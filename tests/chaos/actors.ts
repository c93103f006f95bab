import { AsyncLocalStorage } from 'node:async_hooks';
import type { Random } from './random.ts';

/**
 * Whoever acts in the simulated cloud: an invocation of a function, or a service that performs a
 * call. The simulation moves on when every actor waits for something that the simulation itself
 * brings about: a call's answer or a timer.
 */
export interface Actor {
  /** How many answers and timers it waits for. */
  waits: number;
  /** True once it was killed. Nothing that it does has an effect any more. */
  dead: boolean;
  /** How far its host's clock is ahead. */
  readonly skewMs: number;
  /** Where its random numbers come from. Without it, from the sequence that nobody owns. */
  readonly random?: Random;
}

const current = new AsyncLocalStorage<Actor | undefined>();

export const newActor = (skewMs = 0): Actor => ({ waits: 0, dead: false, skewMs });
export const currentActor = () => current.getStore();
export const actAs = <T>(actor: Actor | undefined, work: () => T): T => current.run(actor, work);

/** Work that an actor waits for while others act. A dead one never hears of it. */
export async function waitFor<T>(actor: Actor | undefined, work: Promise<T>): Promise<T> {
  if (actor === undefined) return work;
  actor.waits++;
  try {
    return await work;
  } finally {
    actor.waits--;
    if (actor.dead) await new Promise<never>(() => undefined);
  }
}
