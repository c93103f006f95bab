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
  const timers = new Map<number, Timer>();
  const RealDate = Date;
  let [clock, ids] = [RealDate.now(), 0];

  function add(id: number, ms: number, callback: () => void): void {
    const actor = currentActor();
    if (actor !== undefined) actor.waits++;
    const delay = Number.isFinite(ms) ? Math.max(1, ms) : 1;
    timers.set(id, { dueAt: clock + delay, actor, fire: AsyncLocalStorage.bind(callback) });
  }

  function remove(id: number): Timer | undefined {
    const timer = timers.get(id);
    if (timer?.actor !== undefined) timer.actor.waits--;
    timers.delete(id);
    return timer;
  }

  function start(callback: () => void, ms: number, repeats: boolean) {
    const id = ++ids;
    const run = () => {
      if (repeats) add(id, ms, run);
      callback();
    };
    add(id, ms, run);
    const handle = {
      ref: () => handle,
      unref: () => handle,
      hasRef: () => true,
      refresh() {
        remove(id);
        add(id, ms, run);
        return handle;
      },
      close: () => void remove(id),
      [Symbol.toPrimitive]: () => id,
    };
    return handle;
  }

  const clear = (handle: unknown) => void remove(Number(handle ?? 0));
  const sleep = (ms = 0, value?: unknown, { signal }: { signal?: AbortSignal } = {}) =>
    new Promise((resolve, reject) => {
      const refuse = () => {
        clear(timer);
        reject(new DOMException('The operation was aborted', 'AbortError'));
      };
      const timer = start(
        () => {
          signal?.removeEventListener('abort', refuse);
          resolve(value);
        },
        ms,
        false,
      );
      if (signal?.aborted) refuse();
      else signal?.addEventListener('abort', refuse, { once: true });
    });

  const hostTime = () => clock + (currentActor()?.skewMs ?? 0);
  const timeOut = (ms: number) => {
    const controller = new AbortController();
    const error = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
    // Whoever is guarded by it does not wait for it.
    actAs(undefined, () => start(() => controller.abort(error), ms, false));
    return controller.signal;
  };
  Object.assign(globalThis, {
    setTimeout: (callback: (...args: unknown[]) => void, ms = 1, ...args: unknown[]) =>
      start(() => callback(...args), ms, false),
    setInterval: (callback: (...args: unknown[]) => void, ms = 1, ...args: unknown[]) =>
      start(() => callback(...args), Math.max(SHORTEST_INTERVAL_MS, ms), true),
    clearTimeout: clear,
    clearInterval: clear,
    Date: new Proxy(RealDate, {
      construct: (date, args, target) =>
        Reflect.construct(date, args.length > 0 ? args : [hostTime()], target),
      apply: () => new RealDate(hostTime()).toString(),
      get: (date, name) => (name === 'now' ? hostTime : Reflect.get(date, name)),
    }),
  });
  Object.assign(performance, { now: () => clock });
  Object.assign(AbortSignal, { timeout: timeOut });
  Object.assign(timersPromises, { setTimeout: sleep });
  syncBuiltinESMExports();

  return {
    now: () => clock,
    reset(now) {
      timers.clear();
      clock = now;
    },
    advance(latest = Number.POSITIVE_INFINITY) {
      let [next, due]: [number, Timer | undefined] = [0, undefined];
      // Of those due at the same time the oldest, which comes first in the map.
      for (const [id, timer] of timers)
        if (due === undefined || timer.dueAt < due.dueAt) [next, due] = [id, timer];
      if (due === undefined || due.dueAt > latest) return false;
      remove(next);
      clock = Math.max(clock, due.dueAt);
      if (!due.actor?.dead) due.fire();
      return true;
    },
  };
}
