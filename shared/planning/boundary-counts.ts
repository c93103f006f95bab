import {
  compareKeys,
  comparisonWith,
  endOf,
  firstIndex,
  firstNotBefore,
  sharedLength,
  sortedKeys,
} from './key-order.ts';

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
  readonly #isBefore: (a: string, b: string) => boolean;
  readonly #isExempt: Uint8Array;
  readonly #isSeen: Uint8Array;
  /** Keys in each gap. */
  readonly #inGap: Uint32Array;
  /** How many units the boundaries on both sides of each gap share: so do all keys in it. */
  readonly #shared: Uint32Array;
  /**
   * Of each gap's keys, how many share so many units with the boundary on one side, and fewer with
   * that on the other.
   */
  readonly #nearerLeft: Tally[] = [];
  readonly #nearerRight: Tally[] = [];
  /** Keys before each gap, and all; undefined after a change. */
  #before: Float64Array | undefined;
  /** What was last asked for, after what contains it. */
  readonly #asked: [Within, ...Within[]];

  /** @param exempt boundaries that are not counted; no two are equal */
  constructor(exempt: readonly string[], others: readonly string[]) {
    const all = sortedKeys([...exempt, ...others]);
    this.boundaries = all.filter((boundary, index) => boundary !== all[index - 1]);
    const { length } = this.boundaries;
    this.#isExempt = membership(this.boundaries, sortedKeys(exempt));
    this.#isBefore = comparisonWith(this.boundaries);
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
    const end = firstIndex(first, above.end, index => sharedLength(at(index), prefix, known) < prefix.length);
    const found = { prefix, first, end };
    asked.push(found);
    return found;
  }

  /**
   * Adds keys that have not been counted before.
   *
   * @param keys in the order in which S3 lists them: those from `from` up to `to` are added
   */
  add(keys: readonly string[], from: number, to: number): void {
    this.#before = undefined;
    let gap = this.gapOf(keys[from] ?? '');
    for (let index = from; index < to; index++) {
      const key = keys[index] as string;
      while (gap < this.boundaries.length && this.#isBefore(this.boundaries[gap] as string, key)) gap++;
      if (key === this.boundaries[gap]) this.#see(gap);
      else this.#count(key, gap);
    }
  }

  /** How many of the keys counted have a prefix that at least one boundary has, too. */
  countBelow(prefix: string): number {
    const { first, end } = this.within(prefix);
    this.#before ??= this.#sumUp();
    const before = this.#before;
    if (prefix === '') return before.at(-1) as number;
    const between = (before[end] as number) - (before[first] as number) - this.inGap(first);
    const { length } = prefix;
    return between + countFrom(length, this.#nearerRight[first]) + countFrom(length, this.#nearerLeft[end]);
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

  #count(key: string, gap: number): void {
    this.#inGap[gap] = this.inGap(gap) + 1;
    const shared = this.#shared[gap] as number;
    const toRight = sharedLength(key, this.#right(gap), shared);
    if (toRight > shared) tally(this.#nearerRight, gap, toRight);
    else {
      const toLeft = sharedLength(key, this.#left(gap), shared);
      if (toLeft > shared) tally(this.#nearerLeft, gap, toLeft);
    }
  }

  #sumUp(): Float64Array {
    const before = new Float64Array(this.#inGap.length + 1);
    for (const [gap, keys] of this.#inGap.entries()) {
      before[gap + 1] = (before[gap] as number) + keys + (this.#isSeen[gap] ?? 0);
    }
    return before;
  }
}

/** For each item of a sorted list whether it is in another one. */
function membership(items: readonly string[], some: readonly string[]): Uint8Array {
  const isIn = new Uint8Array(items.length);
  let passed = 0;
  for (const [index, item] of items.entries()) {
    if (item !== some[passed]) continue;
    isIn[index] = 1;
    passed++;
  }
  return isIn;
}

/** Numbers, each followed by how often it was counted. */
type Tally = number[];

function tally(tallies: Tally[], index: number, value: number): void {
  const counts = tallies[index] ?? [];
  tallies[index] = counts;
  let at = counts.length - 2;
  while (at >= 0 && counts[at] !== value) at -= 2;
  if (at < 0) counts.push(value, 1);
  else counts[at + 1] = (counts[at + 1] as number) + 1;
}

/** How often a number from `least` on was counted. */
function countFrom(least: number, counts: Tally | undefined): number {
  let count = 0;
  if (counts === undefined) return count;
  for (let at = 0; at < counts.length; at += 2) {
    if ((counts[at] as number) >= least) count += counts[at + 1] as number;
  }
  return count;
}
