import { type CoverProblem, costOf, isWithin, sumOf, usageOf } from './cover-problem.ts';
import type { Cut } from './url-tree.ts';

/** More needless purges than any site has, and still so after adding some. */
const IMPOSSIBLE = 2 ** 30;

/**
 * The wildcards of the cheapest cover within the limits.
 *
 * @returns undefined if there is none, or if a limit on bytes may leave only dearer ones
 */
export function cheapestIfBytesSuffice(problem: CoverProblem, frontier: Frontier): Cut[] | undefined {
  const wildcards = frontier.cheapest();
  return wildcards && isWithin(usageOf(sumOf(wildcards), problem), problem) ? wildcards : undefined;
}

/**
 * The fewest needless purges by the number of wildcards and of exact paths: the whole frontier
 * between paths and purges, by dynamic programming. So one solution is the cheapest at any price
 * and with any limit on needless purges. Bytes are ignored.
 *
 * It goes through the cuts in preorder, from the last one. Each cut is either passed, which takes
 * an exact path for each of its own targets, or taken as a wildcard, which skips its descendants.
 * These are some ten million steps: up to a tenth of a second, but never more.
 */
export class Frontier {
  readonly #problem: CoverProblem;
  /** Numbers of exact paths in a row: from 0 on. */
  readonly #width: number;
  readonly #mostWildcards: number;
  /** Targets of a cut that are in no cut below it. */
  readonly #ownTargets: Uint32Array;
  /** Exact paths for targets outside all cuts. */
  readonly #outside: number;
  /**
   * The fewest needless purges with at most so many exact paths, in a row for each number of
   * wildcards: from the current cut on, and finally from the first. Only as far as there are
   * targets for them.
   */
  readonly #least: Int32Array;
  /** From each cut on, the most exact paths that there are targets for. */
  readonly #mostExact: Uint32Array;
  /**
   * Whether a cut is taken: for each cut and number of exact paths a bit for each number of
   * wildcards. CloudFront allows 15.
   */
  readonly #isTaken: Uint16Array;

  /** @param dearest the cost of the dearest cover that matters */
  constructor(problem: CoverProblem, dearest = Number.POSITIVE_INFINITY) {
    const { cuts, budget, exactPaths, prices } = problem;
    this.#problem = problem;
    [this.#ownTargets, this.#outside] = ownTargets(cuts, exactPaths);
    const passed = cuts.map(({ wildcardOnly }, at) => (wildcardOnly ? 0 : (this.#ownTargets[at] as number)));
    const inCuts = passed.reduce((sum, own) => sum + own, 0);
    const affordable = prices.path > 0 ? prices.freePaths + Math.ceil(dearest / prices.path) : exactPaths;
    const most = Math.min(budget.exactPaths, affordable) - this.#outside;
    this.#width = Math.max(0, Math.min(most, inCuts) + 1);
    this.#mostWildcards = budget.wildcardPaths;
    this.#least = new Int32Array((this.#mostWildcards + 1) * this.#width);
    this.#mostExact = new Uint32Array(cuts.length + 1);
    this.#isTaken = new Uint16Array(cuts.length * this.#width);
    this.#solve();
  }

  /** The fewest needless purges of any cover. A limit on bytes may require more. */
  get fewestNeedlessPurges(): number {
    return this.#least.at(-1) ?? IMPOSSIBLE;
  }

  /** The wildcards of the cheapest cover, whatever its bytes; undefined if there is none. */
  cheapest(): Cut[] | undefined {
    const { maxNeedlessPurges } = this.#problem;
    let [best, leastCost] = [-1, Number.POSITIVE_INFINITY];
    for (let at = 0; at < this.#least.length; at++) {
      const needlessPurges = this.#least[at] as number;
      if (needlessPurges >= IMPOSSIBLE || needlessPurges > maxNeedlessPurges) continue;
      const wildcards = Math.floor(at / this.#width);
      const exactPaths = (at % this.#width) + this.#outside;
      const cost = costOf({ wildcards, exactPaths, needlessPurges, bytes: 0 }, this.#problem);
      if (cost < leastCost) [best, leastCost] = [at, cost];
    }
    return best < 0 ? undefined : this.#wildcards(Math.floor(best / this.#width), best % this.#width);
  }

  #wildcards(most: number, exactPaths: number): Cut[] {
    const { cuts } = this.#problem;
    const taken: Cut[] = [];
    let left = exactPaths;
    for (let index = 0; index < cuts.length; ) {
      const cut = cuts[index] as Cut;
      left = Math.min(left, this.#mostExact[index] as number);
      const wildcards = most - taken.length;
      const bits = this.#isTaken[index * this.#width + left] as number;
      if ((bits >>> wildcards) & 1) {
        taken.push(cut);
        index = cut.end;
      } else {
        left -= this.#ownTargets[index++] as number;
      }
    }
    return taken;
  }

  #solve(): void {
    const { cuts } = this.#problem;
    /** What was the least from a cut on that cuts before it may continue with. */
    const kept: { readonly from: number; readonly least: Int32Array }[] = [];
    const isKeptAt = new Set(cuts.flatMap(({ end }, index) => (end > index + 1 ? [end] : [])));
    for (let index = cuts.length - 1; index >= 0; index--) {
      if (isKeptAt.has(index + 1)) kept.push({ from: index + 1, least: this.#least.slice() });
      const { end } = cuts[index] as Cut;
      while (kept.length > 0 && (kept.at(-1)?.from ?? end) < end) kept.pop();
      this.#choose(index, end > index + 1 ? (kept.at(-1)?.least ?? this.#least) : this.#least);
    }
  }

  /** @param after the least from the cut's end on; it may be what is being written */
  #choose(index: number, after: Int32Array): void {
    const { needlessPurges, wildcardOnly, end } = this.#problem.cuts[index] as Cut;
    const [least, width, isTaken] = [this.#least, this.#width, this.#isTaken];
    const [mostAfter, mostBelow] = [this.#mostExact[end] as number, this.#mostExact[index + 1] as number];
    // More exact paths than there are cannot be taken from.
    const own = wildcardOnly ? width : Math.min(this.#ownTargets[index] as number, width);
    const most = wildcardOnly ? mostBelow : Math.min(mostBelow + own, width - 1);
    this.#mostExact[index] = most;
    const bits = index * width;
    for (let wildcards = this.#mostWildcards; wildcards > 0; wildcards--) {
      const [row, bit] = [wildcards * width, 1 << wildcards];
      for (let exact = most; exact >= own; exact--) {
        const passed = least[row + exact - own] as number;
        const taken = needlessPurges + (after[row - width + Math.min(exact, mostAfter)] as number);
        if (taken < passed) isTaken[bits + exact] = (isTaken[bits + exact] as number) | bit;
        least[row + exact] = taken < passed ? taken : passed;
      }
      for (let exact = Math.min(own - 1, most); exact >= 0; exact--) {
        isTaken[bits + exact] = (isTaken[bits + exact] as number) | bit;
        least[row + exact] = needlessPurges + (after[row - width + Math.min(exact, mostAfter)] as number);
      }
    }
    least.copyWithin(own, 0, width - own).fill(IMPOSSIBLE, 0, own);
  }
}

/** For each cut its targets that are in no cut below it, and how many are outside all cuts. */
function ownTargets(cuts: readonly Cut[], targets: number): [own: Uint32Array, outside: number] {
  const own = new Uint32Array(cuts.length);
  const open: number[] = [];
  let outside = targets;
  for (const [index, { savedPaths }] of cuts.entries()) {
    while (open.length > 0 && (cuts[open.at(-1) as number] as Cut).end <= index) open.pop();
    const parent = open.at(-1);
    own[index] = savedPaths;
    if (parent === undefined) outside -= savedPaths;
    else own[parent] = (own[parent] as number) - savedPaths;
    open.push(index);
  }
  return [own, outside];
}
