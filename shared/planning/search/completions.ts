import { type CoverProblem, NONE, plus, type RelaxedCover, type Sum } from './relaxed-cover.ts';
import type { Cut } from './url-tree.ts';

/**
 * The wildcards with which a relaxed cover goes on from each cut, summed up. They make a whole cover of any way that leads to the cut, and
 * most often a good one: so a search knows early how cheap a cover can be, and looks at nothing dearer.
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

  /** Of the wildcards from a cut on, after so many before it. */
  sum(index: number, before: number): Sum {
    return this.#sums[index * this.#width + before] ?? NONE;
  }
}
