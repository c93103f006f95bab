import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { currentActor } from './actors.ts';

/** From 0 up to but not including 1, the same for the same seed. */
export type Random = () => number;

/** Mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from 0 up to but not including `count`. */
export const below = (count: number, random: Random) => Math.floor(random() * count);

export function pick<T>(from: readonly T[], random: Random): T {
  const picked = from[below(from.length, random)];
  if (picked === undefined) throw new Error('There is nothing to pick from');
  return picked;
}

/**
 * Has everything in this process that draws lots draw them here: names, back-off. Each actor has its own, as a module that is loaded for one
 * must not change what another one draws.
 */
export function seedRandomness(seed: number): void {
  const nobodys = createRandom(seed);
  const random = () => (currentActor()?.random ?? nobodys)();
  const hex = (digits: number) =>
    below(16 ** digits, random)
      .toString(16)
      .padStart(digits, '0');
  const randomUUID = () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(6)}${hex(6)}`;
  const randomInt = (min: number, max?: number) =>
    max === undefined ? below(min, random) : min + below(max - min, random);
  Math.random = random;
  Object.assign(crypto, { randomUUID, randomInt });
  Object.assign(globalThis.crypto, { randomUUID });
  syncBuiltinESMExports();
}
