import { type CoverProblem, NONE, plus, type Sum } from './cover-problem.ts';
import type { RelaxedCover } from './relaxed-cover.ts';
import type { Cut } from './url-tree.ts';

/**
 * Sums of the wildcards with which a relaxed cover continues from each cut. They turn any way that
 * leads to the cut into a whole cover, and most often into a good one. So a search knows early how
 * cheap a cover can be, and does not look at anything more expensive.
 */
export class Completions {
  readonly #width: number;
  readonly #sums: Sum[];

  constructor({ cuts, budget }: CoverProblem, relaxed: RelaxedCover) {
    this.#width = budget.wildcardPaths + 1;
    this.#sums = Array.from({ length: (cuts.length + 1) * this.#width }, () => NONE);
    for (let index = cuts.length - 1; index >= 0; index--) {
      const cut = cuts[index] as Cut;
      for (let before = 0; before < this.#width; before++) {
        this.#sums[index * this.#width + before] = relaxed.takes(index, before)
          ? plus(this.sum(cut.end, before + 1), cut)
          : this.sum(index + 1, before);
      }
    }
  }

  /** The sum of the wildcards from a cut on, with `before` wildcards used before it. */
  sum(index: number, before: number): Sum {
    return this.#sums[index * this.#width + before] ?? NONE;
  }
}
