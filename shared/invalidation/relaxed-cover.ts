import { costOfPaths, type PathBudget, type Prices } from './prices.ts';
import type { Cut } from './url-tree.ts';

export interface CoverProblem {
  /** In preorder. */
  readonly cuts: readonly Cut[];
  readonly budget: PathBudget;
  readonly prices: Prices;
  /** Whether single targets have no cuts of their own; see `CutOptions`. */
  readonly isCoarse: boolean;
}

/** What a cover has used up to some cut. */
export interface Usage {
  readonly wildcards: number;
  readonly exactPaths: number;
  readonly bytes: number;
  readonly collateral: number;
}

/** Prices on what has a limit, in place of the limit. */
export interface ShadowPrices {
  readonly exactPath: number;
  readonly byte: number;
}

/**
 * Ties go to fewer needless purges, then to fewer paths, then to fewer wildcards. In dollars, and so little that all of a site
 * or a budget together do not outweigh one of the kind before.
 */
export const TIE = { object: 1e-8, path: 2e-12, wildcard: 1e-13 };

export function costOf({ wildcards, exactPaths, collateral }: Usage, prices: Prices): number {
  const paths = wildcards + exactPaths;
  const ties = TIE.object * collateral + TIE.path * paths + TIE.wildcard * wildcards;
  return costOfPaths(paths, prices) + prices.refetch * collateral + ties;
}

/**
 * The problem without the limits on exact paths and bytes (Lagrangian relaxation): each has a shadow price instead, and what a
 * budget leaves unused is paid back at it. The cheapest relaxed cover costs no more than any cover within the budget. The limit on
 * wildcards stays, for there are few.
 */
export class RelaxedCover {
  readonly #problem: CoverProblem;
  readonly #width: number;
  /** Where single targets have no cuts, a wildcard left over stands for one exact path more. */
  readonly #exactPaths: number;
  /** The least that the rest costs, by the cut one has come to and the wildcards used before it. */
  readonly #rest: Float64Array;
  #shadow: ShadowPrices = { exactPath: 0, byte: 0 };

  constructor(problem: CoverProblem) {
    this.#problem = problem;
    const { exactPaths, wildcardPaths } = problem.budget;
    this.#width = wildcardPaths + 1;
    this.#exactPaths = exactPaths + (problem.isCoarse ? wildcardPaths : 0);
    this.#rest = new Float64Array((problem.cuts.length + 1) * this.#width);
  }

  /** Solves the problem at these shadow prices. */
  relax(shadow: ShadowPrices): void {
    this.#shadow = shadow;
    const { cuts } = this.#problem;
    const [rest, width] = [this.#rest, this.#width];
    for (let used = 0; used < width; used++) rest[cuts.length * width + used] = this.#unused(used);
    for (let index = cuts.length - 1; index >= 0; index--) {
      const cut = cuts[index] as Cut;
      const [pass, take] = [this.#priceOfPassing(cut), this.#priceOfTaking(cut)];
      const [here, next, end] = [index * width, (index + 1) * width, cut.end * width];
      const last = width - 1;
      for (let used = 0; used < last; used++) {
        const passed = pass + (rest[next + used] as number);
        const taken = take + (rest[end + used + 1] as number);
        rest[here + used] = passed < taken ? passed : taken;
      }
      rest[here + last] = pass + (rest[next + last] as number);
    }
  }

  /** The least that any cover costs which has used so much before a cut. */
  bound(index: number, usage: Usage): number {
    return (
      usage.collateral * (this.#problem.prices.refetch + TIE.object) +
      usage.exactPaths * this.#shadow.exactPath +
      usage.bytes * this.#shadow.byte +
      (this.#rest[index * this.#width + usage.wildcards] as number)
    );
  }

  /** Whether the cheapest relaxed cover goes on by ending a wildcard at this cut. */
  takes(index: number, wildcards: number): boolean {
    const cut = this.#problem.cuts[index] as Cut;
    const next = this.#rest[(index + 1) * this.#width + wildcards] as number;
    return this.#priceOfPassing(cut) + next > (this.#rest[index * this.#width + wildcards] as number);
  }

  /** The number of exact paths up to which each is worth its shadow price. */
  worthwhilePaths(wildcards: number): number {
    const { exactPath } = this.#shadow;
    if (exactPath >= this.#problem.prices.path + TIE.path) return this.#exactPaths;
    return exactPath >= TIE.path ? this.#freeExactPaths(wildcards) : 0;
  }

  #priceOfPassing(cut: Cut): number {
    if (cut.wildcardOnly) return Number.POSITIVE_INFINITY;
    return cut.exactPaths * this.#shadow.exactPath + cut.exactBytes * this.#shadow.byte;
  }

  #priceOfTaking(cut: Cut): number {
    return cut.collateral * (this.#problem.prices.refetch + TIE.object) + cut.bytes * this.#shadow.byte;
  }

  /** Money for the paths, and what is paid back for the budget, at the number of exact paths where that is least. */
  #unused(wildcards: number): number {
    const { budget, prices } = this.#problem;
    const at = (exactPaths: number) =>
      costOf({ wildcards, exactPaths, bytes: 0, collateral: 0 }, prices) -
      exactPaths * this.#shadow.exactPath;
    const least = Math.min(at(0), at(this.#freeExactPaths(wildcards)), at(this.#exactPaths));
    return least - budget.bytes * this.#shadow.byte;
  }

  #freeExactPaths(wildcards: number): number {
    return Math.min(Math.max(this.#problem.prices.freePaths - wildcards, 0), this.#exactPaths);
  }
}
