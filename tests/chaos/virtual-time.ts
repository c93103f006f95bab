import { AsyncLocalStorage } from 'node:async_hooks';
import { syncBuiltinESMExports } from 'node:module';
import timersPromises from 'node:timers/promises';
import { type Actor, actAs, currentActor } from './actors.ts';

/** The clocks and timers of this process: time passes when it is told to, and only then. */
export interface VirtualTime {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Begins anew, without timers. */
  reset(now: number): void;
  /**
   * Lets time pass until a timer is due, and fires that one. False when none is due by `latest`,
   * milliseconds since the epoch.
   */
  advance(latest?: number): boolean;
}

interface Timer {
  readonly dueAt: number;
  readonly actor: Actor | undefined;
  readonly fire: () => void;
}

/**
 * fauxqs looks every 20 ms whether a message is due again; visibility time-outs are whole seconds.
 */
const SHORTEST_INTERVAL_MS = 1000;

/**
 * Takes the place of this process's clocks and timers, for good. Immediates and the timers inside
 * Node stay real.
 */
export function installVirtualTime(): VirtualTime {
  const timers = new Timers(Date.now());
  installClocks(timers);
  installTimers(timers);
  syncBuiltinESMExports();
  return {
    now: () => timers.now,
    reset: now => timers.reset(now),
    advance: latest => timers.advance(latest),
  };
}

/** The timers that wait, and the time that passes when one fires. */
class Timers {
  /** By id, oldest first. */
  readonly #waiting = new Map<number, Timer>();
  #now: number;
  #ids = 0;

  constructor(now: number) {
    this.#now = now;
  }

  get now(): number {
    return this.#now;
  }

  reset(now: number): void {
    this.#waiting.clear();
    this.#now = now;
  }

  /** @returns what Node's `setTimeout` and `setInterval` return, as far as anybody uses it */
  start(callback: () => void, ms: number, repeats = false) {
    const id = ++this.#ids;
    const run = () => {
      if (repeats) this.#add(id, ms, run);
      callback();
    };
    this.#add(id, ms, run);
    const handle = {
      ref: () => handle,
      unref: () => handle,
      hasRef: () => true,
      refresh: () => {
        this.#remove(id);
        this.#add(id, ms, run);
        return handle;
      },
      close: () => this.#remove(id),
      [Symbol.toPrimitive]: () => id,
    };
    return handle;
  }

  /** @param handle of a timer, or its id; anything else is ignored, as Node does */
  readonly clear = (handle: unknown): void => this.#remove(Number(handle ?? 0));

  advance(latest = Number.POSITIVE_INFINITY): boolean {
    let [next, due]: [number, Timer | undefined] = [0, undefined];
    // Of those due at the same time the oldest, which comes first in the map.
    for (const [id, timer] of this.#waiting)
      if (due === undefined || timer.dueAt < due.dueAt) [next, due] = [id, timer];
    if (due === undefined || due.dueAt > latest) return false;
    this.#remove(next);
    this.#now = Math.max(this.#now, due.dueAt);
    if (!due.actor?.dead) due.fire();
    return true;
  }

  #add(id: number, ms: number, callback: () => void): void {
    const actor = currentActor();
    if (actor !== undefined) actor.waits++;
    const delay = Number.isFinite(ms) ? Math.max(1, ms) : 1;
    this.#waiting.set(id, { dueAt: this.#now + delay, actor, fire: AsyncLocalStorage.bind(callback) });
  }

  #remove(id: number): void {
    const actor = this.#waiting.get(id)?.actor;
    if (actor !== undefined) actor.waits--;
    this.#waiting.delete(id);
  }
}

/** `Date` is the clock of the host that the current actor is on. */
function installClocks(timers: Timers): void {
  const RealDate = Date;
  const hostTime = () => timers.now + (currentActor()?.skewMs ?? 0);
  globalThis.Date = new Proxy(RealDate, {
    construct: (date, args, target) => Reflect.construct(date, args.length > 0 ? args : [hostTime()], target),
    apply: () => new RealDate(hostTime()).toString(),
    get: (date, name) => (name === 'now' ? hostTime : Reflect.get(date, name)),
  });
  Object.assign(performance, { now: () => timers.now });
}

function installTimers(timers: Timers): void {
  Object.assign(globalThis, {
    setTimeout: (callback: (...args: unknown[]) => void, ms = 1, ...args: unknown[]) =>
      timers.start(() => callback(...args), ms),
    setInterval: (callback: (...args: unknown[]) => void, ms = 1, ...args: unknown[]) =>
      timers.start(() => callback(...args), Math.max(SHORTEST_INTERVAL_MS, ms), true),
    clearTimeout: timers.clear,
    clearInterval: timers.clear,
  });
  Object.assign(AbortSignal, { timeout: (ms: number) => signalAfter(ms, timers) });
  Object.assign(timersPromises, {
    setTimeout: (ms = 0, value?: unknown, options: { signal?: AbortSignal } = {}) =>
      sleep(ms, value, options.signal, timers),
  });
}

function signalAfter(ms: number, timers: Timers): AbortSignal {
  const controller = new AbortController();
  const error = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
  // Whoever is guarded by it does not wait for it.
  actAs(undefined, () => timers.start(() => controller.abort(error), ms));
  return controller.signal;
}

function sleep(ms: number, value: unknown, signal: AbortSignal | undefined, timers: Timers) {
  return new Promise((resolve, reject) => {
    const refuse = () => {
      timers.clear(timer);
      reject(new DOMException('The operation was aborted', 'AbortError'));
    };
    const timer = timers.start(() => {
      signal?.removeEventListener('abort', refuse);
      resolve(value);
    }, ms);
    if (signal?.aborted) refuse();
    else signal?.addEventListener('abort', refuse, { once: true });
  });
}
