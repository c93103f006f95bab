import type { Prices } from '../prices.ts';
import { type Cover, cheapestCover } from './cheapest-cover.ts';
import type { CoverTree, Limits } from './cover-problem.ts';

export interface GuardedCover extends Cover {
  /** Only if the cheapest cover has more needless purges than are allowed. */
  readonly guard?: {
    /** The fewest that a cover within the budget has. */
    readonly fewest: number;
    readonly cheapest: Cover;
  };
}

/** With paths free, the cover with the fewest needless purges is the cheapest. */
const FEWEST_NEEDLESS_PURGES: Prices = { path: 0, refetch: 0, freePaths: 0 };

/**
 * The cheapest cover within the budget and the limit on needless purges; the cheapest within the
 * budget if none is within the limit.
 *
 * @returns undefined if no cover fits the budget
 */
export function guardedCover(tree: CoverTree, limits: Limits): GuardedCover | undefined {
  const unlimited = { ...limits, maxNeedlessPurges: Number.POSITIVE_INFINITY };
  const cheapest = cheapestCover(tree, unlimited);
  if (cheapest === undefined || cheapest.needlessPurges <= limits.maxNeedlessPurges) return cheapest;
  const fewest = cheapestCover(tree, { ...unlimited, prices: FEWEST_NEEDLESS_PURGES }) ?? cheapest;
  const guard = { fewest: fewest.needlessPurges, cheapest };
  if (fewest.needlessPurges > limits.maxNeedlessPurges) return { ...cheapest, guard };
  return { ...(cheapestCover(tree, limits) ?? { ...fewest, isCheapest: false }), guard };
}
