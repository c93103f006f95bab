import { compareKeys, endOf, firstNotBefore, sharedLength } from './key-order.ts';

/** Where a key lies: it is a boundary itself, or in the gap before one. */
interface Place {
  /** Number of the boundaries before it. */
  readonly gap: number;
  readonly isBoundary: boolean;
  /**
   * How many units it shares with the boundary to its right, or to its left as a negative number:
   * the one with which it shares more.
   */
  readonly shared: number;
}

/**
 * Counts keys by where they lie between a few thousand boundaries, so that it takes no more memory
 * for ten million keys than for ten. Gap `i` lies before boundary `i`; the last gap is after all.
 * Boundaries themselves are counted as well, unless they are exempt.
 */
export class BoundaryCounts {
  readonly boundaries: readonly string[];
  readonly #isExempt: Uint8Array;
  /** Keys in each gap. */
  readonly #inGap: Uint32Array;
  /** Of each gap's keys, how many share so many units with the boundary beside them. */
  readonly #atEdge: Map<number, number>[];
  /** Keys before each gap; undefined after a change. */
  #before: Float64Array | undefined;
  readonly #isSeen: Uint8Array;

  constructor(boundaries: Iterable<string>, exempt: ReadonlySet<string>) {
    this.boundaries = [...new Set(boundaries)].sort(compareKeys);
    const { length } = this.boundaries;
    this.#isExempt = Uint8Array.from(this.boundaries, boundary => (exempt.has(boundary) ? 1 : 0));
    this.#isSeen = new Uint8Array(length);
    this.#inGap = new Uint32Array(length + 1);
    this.#atEdge = Array.from({ length: length + 1 }, () => new Map());
  }

  /** Keys seen in a gap. */
  inGap(gap: number): number {
    return this.#inGap[gap] as number;
  }

  /** The gap that a position is in; that before a boundary, if it is one. */
  gapOf(position: string): number {
    return firstNotBefore(this.boundaries, position);
  }

  /** The first boundary that has a prefix, and the first after those that have it. */
  within(prefix: string): { readonly first: number; readonly end: number } {
    const first = this.gapOf(prefix);
    return { first, end: firstNotBefore(this.boundaries, endOf(prefix), first) };
  }

  /** Adds keys that have not been counted before, in the order in which S3 lists them. */
  add(keys: readonly string[]): void {
    this.#before = undefined;
    if (keys.length > 0)
      this.#addRun(
        keys,
        0,
        keys.length - 1,
        this.#placeOf(keys[0] as string),
        this.#placeOf(keys.at(-1) as string),
      );
  }

  /** How many of the keys counted have a prefix that at least one boundary has, too. */
  countBelow(prefix: string): number {
    const { first, end } = this.within(prefix);
    this.#before ??= this.#sumUp();
    const before = this.#before;
    let count = (before[end] as number) - (before[first] as number) - this.inGap(first);
    for (const [shared, keys] of this.#atEdge[first] ?? []) if (shared >= prefix.length) count += keys;
    for (const [shared, keys] of this.#atEdge[end] ?? []) if (shared <= -prefix.length) count += keys;
    return count;
  }

  /**
   * Keys between two that lie in one place lie there as well, so most of a page is counted without
   * a look at it.
   */
  #addRun(keys: readonly string[], first: number, last: number, start: Place, end: Place): void {
    const isOnePlace =
      !start.isBoundary && !end.isBoundary && start.gap === end.gap && start.shared === end.shared;
    if (isOnePlace || first === last) {
      this.#count(start, last - first + 1);
      return;
    }
    const middle = (first + last) >>> 1;
    const placeBetween = (key = '') => this.#placeOf(key, start.gap, end.gap);
    this.#addRun(keys, first, middle, start, placeBetween(keys[middle]));
    this.#addRun(keys, middle + 1, last, placeBetween(keys[middle + 1]), end);
  }

  #count({ gap, isBoundary, shared }: Place, keys: number): void {
    if (isBoundary) {
      this.#isSeen[gap] = 1 - (this.#isExempt[gap] as number);
      return;
    }
    this.#inGap[gap] = (this.#inGap[gap] as number) + keys;
    const atEdge = this.#atEdge[gap] as Map<number, number>;
    atEdge.set(shared, (atEdge.get(shared) ?? 0) + keys);
  }

  /** @param from the first gap that it may lie in, and `to` the last one */
  #placeOf(key: string, from?: number, to?: number): Place {
    const gap = firstNotBefore(this.boundaries, key, from, to);
    const right = this.boundaries[gap];
    if (right === key) return { gap, isBoundary: true, shared: 0 };
    const toLeft = gap === 0 ? 0 : sharedLength(key, this.boundaries[gap - 1] as string);
    const toRight = right === undefined ? 0 : sharedLength(key, right);
    return { gap, isBoundary: false, shared: toLeft > toRight ? -toLeft : toRight };
  }

  #sumUp(): Float64Array {
    const before = new Float64Array(this.#inGap.length);
    for (let gap = 1; gap < before.length; gap++) {
      before[gap] = (before[gap - 1] as number) + this.inGap(gap - 1) + (this.#isSeen[gap - 1] as number);
    }
    return before;
  }
}
