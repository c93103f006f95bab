import { type CoverProblem, costOf } from './cover-problem.ts';
import type { Cut } from './url-tree.ts';

/** Prices that stand in for the limits. */
export interface ShadowPrices {
  readonly exactPath: number;
  readonly byte: number;
  readonly needlessPurge: number;
}

export const NO_SHADOW: ShadowPrices = { exactPath: 0, byte: 0, needlessPurge: 0 };

/**
 * The problem without the limits on exact paths, bytes and needless purges (Lagrangian relaxation).
 * Each limit has a shadow price instead, at which what is left of it is paid back. The cheapest
 * relaxed cover costs no more than any cover within the limits. Wildcards keep their limit: it is
 * so small that each number of them can be tried.
 */
export class RelaxedCover {
  readonly shadow: ShadowPrices;
  readonly #problem: CoverProblem;
  readonly #width: number;
  /**
   * The least that the rest costs, by the current cut and the number of wildcards used before it.
   */
  readonly #rest: Float64Array;
  /** What one needless purge costs. */
  readonly #purge: number;

  constructor(problem: CoverProblem, shadow: ShadowPrices) {
    this.#problem = problem;
    this.shadow = shadow;
    this.#purge = problem.prices.refetch + problem.ties.object + shadow.needlessPurge;
    this.#width = problem.budget.wildcardPaths + 1;
    this.#rest = new Float64Array((problem.cuts.length + 1) * this.#width);
    this.#solve();
  }

  /** The least that any cover costs. */
  get cost(): number {
    return this.rest(0, 0);
  }

  /**
   * What wildcards cost at the shadow prices, given what they purge and save. Negative if they are
   * worth while.
   */
  spent(savedPaths: number, savedBytes: number, needlessPurges: number): number {
    const { exactPath, byte } = this.shadow;
    return needlessPurges * this.#purge - savedPaths * exactPath - savedBytes * byte;
  }

  /**
   * The least that remains to be spent by a cover that has used `wildcards` wildcards before a cut.
   */
  rest(index: number, wildcards: number): number {
    return this.#rest[index * this.#width + wildcards] as number;
  }

  /**
   * Whether the cheapest relaxed cover that has used `wildcards` wildcards before a cut takes one
   * there.
   */
  takes(index: number, wildcards: number): boolean {
    const isNeeded = (this.#problem.cuts[index] as Cut).wildcardOnly;
    return isNeeded || this.rest(index + 1, wildcards) > this.rest(index, wildcards);
  }

  /**
   * The wildcards of the cheapest relaxed cover, which may fit the budget; or those from a cut on,
   * with `before` used before it.
   */
  wildcards(from = 0, before = 0): Cut[] {
    const { cuts } = this.#problem;
    const taken: Cut[] = [];
    for (let index = from; index < cuts.length; ) {
      const cut = cuts[index] as Cut;
      const isTaken = this.takes(index, before + taken.length);
      if (isTaken) taken.push(cut);
      index = isTaken ? cut.end : index + 1;
    }
    return taken;
  }

  /** The number of exact paths up to which each is worth its shadow price. */
  worthwhilePaths(wildcards: number): number {
    const { prices, ties } = this.#problem;
    const { exactPath } = this.shadow;
    if (exactPath >= prices.path + ties.path) return this.#mostExactPaths;
    return exactPath >= ties.path ? this.#freeExactPaths(wildcards) : 0;
  }

  #solve(): void {
    const { cuts } = this.#problem;
    const [rest, width] = [this.#rest, this.#width];
    for (let used = 0; used < width; used++) rest[cuts.length * width + used] = this.#withoutMore(used);
    for (let index = cuts.length - 1; index >= 0; index--) {
      const cut = cuts[index] as Cut;
      const [here, next, end] = [index * width, (index + 1) * width, cut.end * width];
      const taking = this.spent(cut.savedPaths, cut.savedBytes, cut.needlessPurges);
      const last = width - 1;
      for (let used = 0; used <= last; used++) {
        const passed = cut.wildcardOnly ? Number.POSITIVE_INFINITY : (rest[next + used] as number);
        const taken = used < last ? taking + (rest[end + used + 1] as number) : Number.POSITIVE_INFINITY;
        rest[here + used] = Math.min(passed, taken);
      }
    }
  }

  /**
   * What exact paths alone cost, and what is paid back for the budget, at the number of paths where
   * that is least.
   */
  #withoutMore(wildcards: number): number {
    const { budget, exactPaths, exactBytes, maxNeedlessPurges } = this.#problem;
    const { exactPath, byte, needlessPurge } = this.shadow;
    const unused = (used: number) =>
      costOf({ wildcards, exactPaths: used, bytes: 0, needlessPurges: 0 }, this.#problem) - used * exactPath;
    const least = Math.min(unused(0), unused(this.#freeExactPaths(wildcards)), unused(this.#mostExactPaths));
    const allowedPurges = needlessPurge === 0 ? 0 : maxNeedlessPurges * needlessPurge;
    return least + exactPaths * exactPath + (exactBytes - budget.bytes) * byte - allowedPurges;
  }

  #freeExactPaths(wildcards: number): number {
    return Math.min(Math.max(this.#problem.prices.freePaths - wildcards, 0), this.#mostExactPaths);
  }

  get #mostExactPaths(): number {
    return Math.min(this.#problem.budget.exactPaths, this.#problem.exactPaths);
  }
}
