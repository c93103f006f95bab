import { compareKeys, endOf, firstIndex, firstNotBefore, sharedLength } from './key-order.ts';

/** The boundaries with a prefix, by index. */
interface Within {
  readonly prefix: string;
  readonly first: number;
  /** The first one after them. */
  readonly end: number;
}

const START = '';
const END = endOf('');

/**
 * Counts keys by where they lie between a few thousand boundaries, so that it takes no more memory
 * for ten million keys than for ten. Gap `i` lies before boundary `i`; the last gap is after all.
 * Boundaries themselves are counted as well, unless they are exempt.
 */
export class BoundaryCounts {
  readonly boundaries: readonly string[];
  readonly #isExempt: Uint8Array;
  readonly #isSeen: Uint8Array;
  /** Keys in each gap. */
  readonly #inGap: Uint32Array;
  /** How many units the boundaries on both sides of each gap share: so do all keys in it. */
  readonly #shared: Uint32Array;
  /**
   * How many keys of a gap share more units with the boundary to the right, by the number of units,
   * or with that to the left, by the number below zero. None shares more with both.
   */
  readonly #nearer: (Map<number, number> | undefined)[] = [];
  /** Keys before each gap, and all; undefined after a change. */
  #before: Float64Array | undefined;
  /** What was last asked for, after what contains it. */
  readonly #asked: [Within, ...Within[]];

  constructor(boundaries: Iterable<string>, exempt: ReadonlySet<string>) {
    this.boundaries = [...new Set(boundaries)].sort(compareKeys);
    const { length } = this.boundaries;
    this.#isExempt = Uint8Array.from(this.boundaries, boundary => (exempt.has(boundary) ? 1 : 0));
    this.#isSeen = new Uint8Array(length);
    this.#inGap = new Uint32Array(length + 1);
    this.#shared = Uint32Array.from(this.#inGap, (_, gap) => sharedLength(this.#left(gap), this.#right(gap)));
    this.#asked = [{ prefix: '', first: 0, end: length }];
  }

  /** Keys seen in a gap. */
  inGap(gap: number): number {
    return this.#inGap[gap] as number;
  }

  /** The gap that a position is in; that before a boundary, if it is one. */
  gapOf(position: string): number {
    return firstNotBefore(this.boundaries, position);
  }

  /** The boundaries that have a prefix. It is found sooner after one that it begins with. */
  within(prefix: string): Within {
    const asked = this.#asked;
    while (!prefix.startsWith(asked.at(-1)?.prefix ?? '')) asked.pop();
    const above = asked.at(-1) ?? asked[0];
    const known = above.prefix.length;
    if (prefix.length === known) return above;
    const at = (index: number) => this.boundaries[index] as string;
    const first = firstIndex(above.first, above.end, index => compareKeys(at(index), prefix, known) >= 0);
    const end = firstIndex(first, above.end, index => !at(index).startsWith(prefix));
    const found = { prefix, first, end };
    asked.push(found);
    return found;
  }

  /** Adds keys that have not been counted before, in the order in which S3 lists them. */
  add(keys: readonly string[]): void {
    this.#before = undefined;
    let gap = this.gapOf(keys[0] ?? '');
    for (const key of keys) {
      let shared = sharedLength(key, this.#right(gap));
      while (compareKeys(this.#right(gap), key, shared) < 0) shared = sharedLength(key, this.#right(++gap));
      if (key.length === shared && this.#right(gap).length === shared) this.#see(gap);
      else this.#count(key, gap, shared);
    }
  }

  /** How many of the keys counted have a prefix that at least one boundary has, too. */
  countBelow(prefix: string): number {
    const { first, end } = this.within(prefix);
    this.#before ??= this.#sumUp();
    const before = this.#before;
    if (prefix === '') return before.at(-1) as number;
    let count = (before[end] as number) - (before[first] as number) - this.inGap(first);
    for (const [shared, keys] of this.#nearer[first] ?? []) if (shared >= prefix.length) count += keys;
    for (const [shared, keys] of this.#nearer[end] ?? []) if (shared <= -prefix.length) count += keys;
    return count;
  }

  #left(gap: number): string {
    return this.boundaries[gap - 1] ?? START;
  }

  #right(gap: number): string {
    return this.boundaries[gap] ?? END;
  }

  #see(boundary: number): void {
    this.#isSeen[boundary] = 1 - (this.#isExempt[boundary] as number);
  }

  /** Counts a key in a gap, given how much it shares with the boundary to the right. */
  #count(key: string, gap: number, toRight: number): void {
    this.#inGap[gap] = this.inGap(gap) + 1;
    const shared = this.#shared[gap] as number;
    const nearer = toRight > shared ? toRight : -sharedLength(key, this.#left(gap), shared);
    if (nearer === -shared) return;
    const counts = (this.#nearer[gap] ??= new Map());
    counts.set(nearer, (counts.get(nearer) ?? 0) + 1);
  }

  #sumUp(): Float64Array {
    const before = new Float64Array(this.#inGap.length + 1);
    for (const [gap, keys] of this.#inGap.entries()) {
      before[gap + 1] = (before[gap] as number) + keys + (this.#isSeen[gap] ?? 0);
    }
    return before;
  }
}
