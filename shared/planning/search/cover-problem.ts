import { costOfPaths, type PathBudget, type Prices } from '../prices.ts';
import type { CoverTree, Cut } from './url-tree.ts';

/** What is allowed, and what it costs. */
export interface Limits {
  readonly budget: PathBudget;
  readonly prices: Prices;
  /** Infinity for no limit. */
  readonly maxNeedlessPurges: number;
}

export interface CoverProblem extends CoverTree, Limits {
  readonly ties: Ties;
}

export function problemOf(tree: CoverTree, limits: Limits): CoverProblem {
  const budget = { ...limits.budget, exactPaths: tree.mostExactPaths };
  return { ...tree, ...limits, budget, ties: tiesOf(tree.cuts, limits.prices) };
}

/** How much of each limit a cover uses. */
export interface Usage {
  readonly wildcards: number;
  readonly exactPaths: number;
  readonly bytes: number;
  readonly needlessPurges: number;
}

type Saving = Pick<Cut, 'savedPaths' | 'savedBytes' | 'needlessPurges'>;

/** What some wildcards save and purge together. */
export interface Sum extends Saving {
  readonly wildcards: number;
}

export const NONE: Sum = { wildcards: 0, savedPaths: 0, savedBytes: 0, needlessPurges: 0 };

export function sumOf(wildcards: readonly Cut[]): Sum {
  return wildcards.reduce((sum, cut) => plus(sum, cut), NONE);
}

export function plus(sum: Sum, { savedPaths, savedBytes, needlessPurges }: Saving, wildcards = 1): Sum {
  return {
    wildcards: sum.wildcards + wildcards,
    savedPaths: sum.savedPaths + savedPaths,
    savedBytes: sum.savedBytes + savedBytes,
    needlessPurges: sum.needlessPurges + needlessPurges,
  };
}

export function usageOf(sum: Sum, { exactPaths, exactBytes }: CoverTree): Usage {
  return {
    wildcards: sum.wildcards,
    exactPaths: exactPaths - sum.savedPaths,
    bytes: exactBytes - sum.savedBytes,
    needlessPurges: sum.needlessPurges,
  };
}

export function isWithin(
  { wildcards, exactPaths, bytes, needlessPurges }: Usage,
  { budget, maxNeedlessPurges }: CoverProblem,
): boolean {
  return (
    wildcards <= budget.wildcardPaths &&
    exactPaths <= budget.exactPaths &&
    bytes <= budget.bytes &&
    needlessPurges <= maxNeedlessPurges
  );
}

/** What breaks ties, in dollars: the price of one more needless purge, path and wildcard. */
export interface Ties {
  readonly object: number;
  readonly path: number;
  readonly wildcard: number;
}

/**
 * Ties go to fewer needless purges, then to fewer paths, then to fewer wildcards. A budget full of
 * paths weighs less than one object, and one full of wildcards less than a path.
 */
const TIE = { object: 1e-8, pathsInObject: 5000, wildcardsInPath: 20 };

/** Ties between covers made of these cuts: the whole site weighs less than the smallest price. */
function tiesOf(cuts: readonly Cut[], { path, refetch }: Prices): Ties {
  const smallest = Math.min(...[path, refetch].filter(price => price > 0));
  const object = Math.min(TIE.object, smallest / (2 * (1 + mostNeedlessPurges(cuts))));
  return {
    object,
    path: object / TIE.pathsInObject,
    wildcard: object / TIE.pathsInObject / TIE.wildcardsInPath,
  };
}

function mostNeedlessPurges(cuts: readonly Cut[]): number {
  let sum = 0;
  for (let index = 0; index < cuts.length; ) {
    const { needlessPurges, end } = cuts[index] as Cut;
    sum += needlessPurges;
    index = end;
  }
  return sum;
}

/** In US dollars, with the ties. */
export function costOf(
  { wildcards, exactPaths, needlessPurges }: Usage,
  { prices, ties }: Pick<CoverProblem, 'prices' | 'ties'>,
): number {
  const paths = wildcards + exactPaths;
  const tie = ties.object * needlessPurges + ties.path * paths + ties.wildcard * wildcards;
  return costOfPaths(paths, prices) + prices.refetch * needlessPurges + tie;
}
