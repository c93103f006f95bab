/**
 * The order in which S3 lists keys, and positions between them. S3 compares UTF-8 bytes, which is
 * the order of code points; JavaScript's `<` compares UTF-16 units, and puts emoji before `｡`.
 *
 * A position is a string, too. It comes after every key below it in this order.
 */

/**
 * Negative if `a` comes before `b`.
 *
 * @param from units that they are known to have in common at their start
 */
export function compareKeys(a: string, b: string, from = 0): number {
  const at = sharedLength(a, b, from);
  if (at === a.length || at === b.length) return a.length - b.length;
  return rankOf(a.charCodeAt(at)) - rankOf(b.charCodeAt(at));
}

/** Surrogates stand for the highest code points, but are not the highest units. */
function rankOf(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** After any character that a key may hold: half of a surrogate pair, alone. */
const LAST = '\uDFFF';

/** The position after every key with a prefix. */
export const endOf = (prefix: string) => prefix + LAST;

/** The position right after one key. */
export const rightAfter = (key: string) => `${key}\0`;

const HIGHEST_CHARACTER = '\u{10FFFF}';

/**
 * A well-formed string before a position, with hardly ever a key in between: S3 lists from after a
 * string, not from it on.
 *
 * @returns undefined at the start of the bucket
 */
export function justBefore(position: string): string | undefined {
  if (position === '') return undefined;
  // No key goes on with half of a surrogate pair.
  const half = position.search(LONE_SURROGATE);
  if (half >= 0) return position.slice(0, half) + HIGHEST_CHARACTER;
  const characters = [...position];
  const last = characters.pop()?.codePointAt(0) ?? 0;
  const start = characters.join('');
  if (last === 0) return start;
  return start + String.fromCodePoint(last === 0xe000 ? 0xd7ff : last - 1) + HIGHEST_CHARACTER;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * How many units two strings have in common at their start.
 *
 * @param from as many are known to be
 */
export function sharedLength(a: string, b: string, from = 0): number {
  const length = Math.min(a.length, b.length);
  let at = from;
  while (at < length && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  return at;
}

/** Keys in this order. */
export function sortedKeys(keys: readonly string[]): readonly string[] {
  if (keys.some(hasHighestUnits)) return keys.toSorted(compareKeys);
  const isSorted = keys.every((key, index) => index === 0 || (keys[index - 1] as string) <= key);
  return isSorted ? keys : keys.toSorted();
}

/**
 * Whether one string comes before another, if one of the two is among these. Unless it has one of
 * the highest units, `<` says the same, and is several times as fast.
 */
export function comparisonWith(strings: readonly string[]): (a: string, b: string) => boolean {
  return strings.some(hasHighestUnits) ? (a, b) => compareKeys(a, b) < 0 : (a, b) => a < b;
}

const hasHighestUnits = (string: string) => HIGHEST_UNITS.test(string);

/** From the first surrogate on. */
const HIGHEST_UNITS = /[\uD800-\uFFFF]/;

/** The first index of a list sorted in this order whose item is not before `position`. */
export function firstNotBefore(sorted: readonly string[], position: string, from = 0): number {
  const isBefore = comparisonWith([position]);
  return firstIndex(from, sorted.length, index => !isBefore(sorted[index] as string, position));
}

/** The first index from `from` up to `to` that meets a condition, as all after it must. */
export function firstIndex(from: number, to: number, isTrue: (index: number) => boolean): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isTrue(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
