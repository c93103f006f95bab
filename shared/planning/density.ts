import type { BoundaryCounts } from './boundary-counts.ts';
import { rightAfter } from './key-order.ts';
import type { KeyRange, KeyRanges } from './key-ranges.ts';

/** S3 lists as many keys in one request. */
export const KEYS_PER_PAGE = 1000;

/** Keys over which density is measured, at least: fewer say too little. */
const SAMPLE = 32 * KEYS_PER_PAGE;

/** How much of a gap at the edge of a prefix lies inside. */
const EDGE = 0.5;

/** How many keys there may be in what has not been listed, gap by gap. */
export class Density {
  readonly #counts: BoundaryCounts;
  /** Keys seen before each gap, and boundaries in what was listed before it. */
  readonly #seenBefore: Float64Array;
  readonly #passedBefore: Float64Array;
  readonly #unlistedBefore: Float64Array;

  constructor(counts: BoundaryCounts, listed: KeyRanges) {
    this.#counts = counts;
    const gaps = counts.boundaries.length + 1;
    const [passed, isUnlisted] = [new Uint8Array(gaps), new Uint8Array(gaps)];
    for (const { from, to } of listed.all) passed.fill(1, counts.gapOf(from), counts.gapOf(to));
    for (const range of listed.missing) {
      const { first, last } = this.gapsOf(range);
      isUnlisted.fill(1, first, last + 1);
    }
    this.#seenBefore = sumsBefore(gaps, gap => counts.inGap(gap));
    this.#passedBefore = sumsBefore(gaps, gap => passed[gap] as number);
    this.#unlistedBefore = sumsBefore(gaps, gap => (isUnlisted[gap] ? this.around(gap) : 0));
  }

  /** The gaps that a range lies in. */
  gapsOf({ from, to }: KeyRange): { readonly first: number; readonly last: number } {
    const [first, last] = [this.#counts.gapOf(from), this.#counts.gapOf(to)];
    const boundary = this.#counts.boundaries[last - 1];
    const endsAtBoundary = boundary !== undefined && rightAfter(boundary) === to;
    return { first, last: endsAtBoundary ? Math.max(first, last - 1) : last };
  }

  /**
   * Keys for each boundary, in what was listed around a gap. (Not the mean of gaps that were listed
   * whole: a page rather ends within a large gap. The sample is measured in keys, because one that
   * ends with a boundary holds too many of them, and divided by one boundary more, because a sample
   * with few of them seems denser than it is.)
   */
  around(gap: number): number {
    const gaps = this.#seenBefore.length - 1;
    for (let reach = 1; ; reach *= 2) {
      const [from, to] = [Math.max(0, gap - reach), Math.min(gaps, gap + reach)];
      const seen = (this.#seenBefore[to] as number) - (this.#seenBefore[from] as number);
      if (seen < SAMPLE && (from > 0 || to < gaps)) continue;
      const passed = (this.#passedBefore[to] as number) - (this.#passedBefore[from] as number);
      return seen === 0 && passed === 0 ? KEYS_PER_PAGE : seen / (passed + 1);
    }
  }

  /**
   * How many keys an unlisted range may hold. If many were seen in the part of a gap before it, the
   * rest of that gap is likely to hold as many again.
   */
  keysIn(range: KeyRange): number {
    const { first, last } = this.gapsOf(range);
    return Math.max(this.#unlistedBetween(first, last + 1), this.#counts.inGap(first));
  }

  /** Keys with a prefix that were not listed. */
  unlistedBelow(prefix: string): number {
    const { first, end } = this.#counts.within(prefix);
    const atEdges = this.#unlistedBetween(first, first + 1) + this.#unlistedBetween(end, end + 1);
    return this.#unlistedBetween(first + 1, end) + EDGE * atEdges;
  }

  #unlistedBetween(first: number, end: number): number {
    return (this.#unlistedBefore[end] as number) - (this.#unlistedBefore[first] as number);
  }
}

function sumsBefore(count: number, amountAt: (index: number) => number): Float64Array {
  const sums = new Float64Array(count + 1);
  for (let index = 0; index < count; index++) sums[index + 1] = (sums[index] as number) + amountAt(index);
  return sums;
}
