import { type CoverProblem, costOf, isWithin, sumOf, usageOf } from './cover-problem.ts';
import { NO_SHADOW, RelaxedCover, type ShadowPrices } from './relaxed-cover.ts';
import type { Cut } from './url-tree.ts';

/**
 * Shadow prices are good enough if better ones could close at most this fraction of the gap to the
 * best cover.
 */
const WORTH_A_STEP = 0.001;
const MAX_STEPS = 40;
/** Factor from a price that is too low to the next one to try. */
const STRIDE = 8;

/** Sums of prices that differ by less, absolutely or relatively, are equal. */
const TOLERANCE = { absolute: 1e-14, relative: 1e-13 };

export const toleranceOf = (cost: number) => TOLERANCE.absolute + TOLERANCE.relative * Math.abs(cost);

/** How a bound behaves near a shadow price. */
interface Tangent {
  readonly price: number;
  readonly slope: number;
  readonly bound: number;
}

/**
 * Searches for the shadow prices that give the highest lower bound, and keeps what it finds on the
 * way.
 */
export class ShadowPriceSearch {
  /**
   * Each gives a bound for the rest after some wildcards. Which one is highest depends on those
   * wildcards.
   */
  readonly relaxed: RelaxedCover[] = [];
  /** The cheapest relaxed cover within the budget, if there is one. */
  best: readonly Cut[] | undefined;
  cost = Number.POSITIVE_INFINITY;
  readonly #problem: CoverProblem;
  #highest: RelaxedCover | undefined;

  /** @param problem which has a cover, though perhaps none within the budget */
  constructor(problem: CoverProblem) {
    this.#problem = problem;
  }

  get bound(): number {
    return this.#highest?.cost ?? Number.NEGATIVE_INFINITY;
  }

  get isProven(): boolean {
    return this.best !== undefined && this.cost - this.bound <= toleranceOf(this.cost);
  }

  /** Usually only one limit is scarce, so each is tried alone first. */
  run(): void {
    const { exactBytes, maxNeedlessPurges, ties } = this.#problem;
    this.#maximisePath(NO_SHADOW);
    if (exactBytes > 0) {
      this.#maximiseByte({ ...NO_SHADOW, exactPath: ties.path });
      if (this.#shadow.byte > 0) this.#maximisePath(this.#shadow);
      else this.#maximiseByte(this.#shadow);
    }
    if (maxNeedlessPurges < Number.POSITIVE_INFINITY) {
      this.#maximiseNeedlessPurge(this.#shadow);
      this.#maximisePath(this.#shadow);
    }
  }

  /** The prices of the highest bound so far. */
  get #shadow(): ShadowPrices {
    return this.#highest?.shadow ?? NO_SHADOW;
  }

  #maximisePath(others: ShadowPrices): void {
    const { prices, ties } = this.#problem;
    this.#maximise(ties.path, prices.path + ties.path, exactPath => {
      const { relaxed, exactPaths, wildcards } = this.#relax({ ...others, exactPath });
      return { relaxed, excess: exactPaths - relaxed.worthwhilePaths(wildcards) };
    });
  }

  #maximiseByte(others: ShadowPrices): void {
    const { budget, ties } = this.#problem;
    this.#maximise(0, ties.path, byte => {
      const { relaxed, bytes } = this.#relax({ ...others, byte });
      return { relaxed, excess: bytes - budget.bytes };
    });
  }

  #maximiseNeedlessPurge(others: ShadowPrices): void {
    const { maxNeedlessPurges, ties } = this.#problem;
    this.#maximise(0, ties.object, needlessPurge => {
      const { relaxed, needlessPurges } = this.#relax({ ...others, needlessPurge });
      return { relaxed, excess: needlessPurges - maxNeedlessPurges };
    });
  }

  /**
   * Finds the shadow price at which the bound is highest. The bound is concave in the price, and
   * its slope is the excess. So it is highest where the excess changes sign, and the tangents of
   * two prices on either side meet closer to that point (Kelley's cutting planes).
   *
   * @param low the lowest price that makes sense
   * @param high a price to try next
   */
  #maximise(
    low: number,
    high: number,
    relaxAt: (price: number) => { relaxed: RelaxedCover; excess: number },
  ) {
    const tangentAt = (price: number): Tangent => {
      const { relaxed, excess } = relaxAt(price);
      return { price, slope: excess, bound: relaxed.cost };
    };
    let below = tangentAt(low);
    if (below.slope <= 0) return;
    let above = tangentAt(high);
    for (let step = 0; step < MAX_STEPS && !this.isProven; step++) {
      if (above.slope > 0) {
        [below, above] = [above, tangentAt(above.price * STRIDE)];
        continue;
      }
      const { price, bound } = crossing(below, above);
      const gap = Math.min(this.cost - this.bound, Math.abs(this.bound));
      if (bound - this.bound <= WORTH_A_STEP * gap) return;
      const between = tangentAt(price);
      if (between.slope > 0) below = between;
      else above = between;
    }
  }

  #relax(shadow: ShadowPrices) {
    const relaxed = new RelaxedCover(this.#problem, shadow);
    this.relaxed.push(relaxed);
    if (relaxed.cost > this.bound) this.#highest = relaxed;
    const wildcards = relaxed.wildcards();
    const usage = usageOf(sumOf(wildcards), this.#problem);
    const cost = costOf(usage, this.#problem);
    if (cost < this.cost && isWithin(usage, this.#problem)) [this.best, this.cost] = [wildcards, cost];
    return { relaxed, ...usage };
  }
}

/** Where two tangents are equally high: no bound in between is higher. */
function crossing(a: Tangent, b: Tangent): Pick<Tangent, 'price' | 'bound'> {
  const price = (b.bound - b.slope * b.price - (a.bound - a.slope * a.price)) / (a.slope - b.slope);
  return { price, bound: a.bound + a.slope * (price - a.price) };
}
