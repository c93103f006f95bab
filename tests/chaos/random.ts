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
