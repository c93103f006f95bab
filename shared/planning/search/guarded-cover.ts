import type { Prices } from '../prices.ts';
import { type Cover, cheapestCover, coverOf } from './cheapest-cover.ts';
import { type Limits, problemOf } from './cover-problem.ts';
import { cheapestIfBytesSuffice, Frontier } from './frontier.ts';
import type { CoverTree } from './url-tree.ts';

export interface GuardedCover extends Cover {
  /** Only if the cheapest cover has more needless purges than are allowed. */
  readonly guard?: {
    readonly cheapest: Cover;
    /**
     * Only if every cover within the budget has too many needless purges: how many at least. If
     * bytes are scarce it may be more.
     */
    readonly fewest?: number;
  };
}

/** With paths free, the cover with the fewest needless purges is the cheapest. */
const FEWEST_NEEDLESS_PURGES: Prices = { path: 0, refetch: 0, freePaths: 0 };

/**
 * The cheapest cover within the budget and the limit on needless purges. If none is within both,
 * the limit does not count.
 *
 * @returns undefined if no cover fits the budget
 */
export function guardedCover(tree: CoverTree, limits: Limits): GuardedCover | undefined {
  const unlimited = { ...limits, maxNeedlessPurges: Number.POSITIVE_INFINITY };
  const cheapest = cheapestCover(problemOf(tree, unlimited));
  if (cheapest === undefined || cheapest.needlessPurges <= limits.maxNeedlessPurges) return cheapest;

  const problem = problemOf(tree, limits);
  const frontier = new Frontier(problem);
  if (frontier.fewestNeedlessPurges > limits.maxNeedlessPurges)
    return { ...cheapest, guard: { cheapest, fewest: frontier.fewestNeedlessPurges } };
  const wildcards = cheapestIfBytesSuffice(problem, frontier);
  if (wildcards !== undefined) return { ...coverOf(wildcards, problem), guard: { cheapest } };

  const fewest = cheapestCover(problemOf(tree, { ...unlimited, prices: FEWEST_NEEDLESS_PURGES })) ?? cheapest;
  if (fewest.needlessPurges > limits.maxNeedlessPurges)
    return { ...cheapest, guard: { cheapest, fewest: fewest.needlessPurges } };
  return { ...(cheapestCover(problem) ?? { ...fewest, isCheapest: false }), guard: { cheapest } };
}
