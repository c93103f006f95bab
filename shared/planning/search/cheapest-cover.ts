import { Completions } from './completions.ts';
import {
  type CoverProblem,
  costOf,
  isWithin,
  NONE,
  plus,
  type Sum,
  sumOf,
  usageOf,
} from './cover-problem.ts';
import { cheapestIfBytesSuffice, Frontier } from './frontier.ts';
import { Labels } from './labels.ts';
import type { RelaxedCover } from './relaxed-cover.ts';
import { ShadowPriceSearch, toleranceOf } from './shadow-prices.ts';
import type { Cut } from './url-tree.ts';

/** Wildcards that cover all targets, together with an exact path for each target outside them. */
export interface Cover {
  /** None covers what another covers. */
  readonly wildcards: readonly Cut[];
  readonly exactPaths: number;
  readonly needlessPurges: number;
  /** False if the search for a cheaper one was given up. */
  readonly isCheapest: boolean;
}

/**
 * How far above the bound the first round looks: this fraction of the gap to the best known cover,
 * or of the bound, if that is less.
 */
const FIRST_GAP = { ofGap: 1 / 64, ofBound: 1 / 1000 };

/**
 * How the gap grows after a round that found nothing. Each step needs about ten times as many
 * labels.
 */
const GAP_GROWTH = 2;
/**
 * If the best known cover is within this many gaps, the next round goes right up to it: usually it
 * only has to be proven.
 */
const NEARLY = 4;

/** Of so many the frontier is known in a few hundredths of a second. */
const FEW_CUTS = 1000;

/** Labels kept in one round. Each takes 20 bytes, and a few more in lists. */
const MOST_LABELS = 2_000_000;

/**
 * The cheapest cover within the limits. The cost is dollars for its paths, and the price of its
 * needless purges.
 *
 * This is a shortest path under resource constraints. The way leads through the cuts in preorder:
 * each cut is either passed, which changes nothing, or taken as a wildcard, and then its
 * descendants are skipped. The relaxed problem gives lower bounds. A cover that costs no more than
 * its bound is the cheapest. Otherwise label setting finds the cheapest, and the bounds spare it
 * nearly everything. (S. Irnich and G. Desaulniers, "Shortest Path Problems with Resource
 * Constraints", 2005.) Where bytes may be scarce the bounds are poor, and the frontier is asked
 * first.
 *
 * @returns undefined if no cover is within the limits, or none was found before the search was
 *   given up
 */
export function cheapestCover(problem: CoverProblem): Cover | undefined {
  const prices = new ShadowPriceSearch(problem);
  prices.run();
  if (prices.bound === Number.POSITIVE_INFINITY) return undefined;
  if (prices.best && prices.isProven) return coverOf(prices.best, problem);
  if (problem.exactBytes > 0 || problem.cuts.length <= FEW_CUTS) {
    const wildcards = cheapestIfBytesSuffice(problem, new Frontier(problem, prices.cost));
    if (wildcards !== undefined) return coverOf(wildcards, problem);
  }
  return new CoverSearch(problem, prices).run();
}

export function coverOf(wildcards: readonly Cut[], problem: CoverProblem, isCheapest = true): Cover {
  const { exactPaths, needlessPurges } = usageOf(sumOf(wildcards), problem);
  return { wildcards, exactPaths, needlessPurges, isCheapest };
}

/** Ways that continue at a later cut, by their number of wildcards. */
interface Skipping {
  readonly end: number;
  readonly labels: readonly (readonly number[])[];
}

class CoverSearch {
  readonly #problem: CoverProblem;
  /**
   * Highest bound first. Those of other shadow prices are lower at the start, but higher after some
   * wildcards.
   */
  readonly #relaxed: readonly RelaxedCover[];
  readonly #first: RelaxedCover;
  readonly #bound: number;
  readonly #completions: Completions;
  /** No cut after this one needs a wildcard. */
  readonly #lastNeeded: number;
  readonly #labels = new Labels();
  /**
   * The ways to the current cut, by their number of wildcards. Of each number, those that save most
   * paths come first.
   */
  #ways: number[][] = [];
  /**
   * The least that the ways of each number have spent, at the shadow prices of the first relaxed
   * cover.
   */
  #least: number[] = [];
  #best: readonly Cut[] | undefined;
  #cost: number;
  /** Covers that cost more are not looked for in this round. */
  #limit = 0;
  #isAnyLeftOut = false;

  constructor(problem: CoverProblem, { relaxed, bound, best, cost }: ShadowPriceSearch) {
    this.#problem = problem;
    this.#relaxed = relaxed.toSorted((a, b) => b.cost - a.cost);
    this.#first = this.#relaxed[0] as RelaxedCover;
    this.#bound = bound;
    this.#completions = new Completions(problem, this.#first);
    this.#lastNeeded = problem.cuts.findLastIndex(cut => cut.wildcardOnly);
    [this.#best, this.#cost] = [best, cost];
    if (this.#lastNeeded < 0) this.#offer(NONE, Labels.START);
    for (const whole of problem.cuts.slice(0, 1)) this.#offer(plus(NONE, whole), Labels.START, whole);
  }

  /**
   * Looks for covers within a small gap above the bound, then within larger ones until there is
   * one.
   */
  run(): Cover | undefined {
    const { prices, ties } = this.#problem;
    const known = (this.#cost - this.#bound) * FIRST_GAP.ofGap;
    const first = Math.abs(this.#bound) * FIRST_GAP.ofBound + prices.refetch + ties.object;
    for (let gap = Math.min(known, first); ; gap *= this.#isNearer(NEARLY * gap) ? NEARLY : GAP_GROWTH) {
      const limit = Math.min(this.#bound + gap, this.#cost);
      this.#limit = limit + toleranceOf(limit);
      this.#isAnyLeftOut = false;
      this.#setLabels();
      const isComplete = this.#labels.count <= MOST_LABELS;
      if (!isComplete || !this.#isAnyLeftOut || this.#cost <= limit) {
        return this.#best && coverOf(this.#best, this.#problem, isComplete);
      }
    }
  }

  /** Whether the best known cover is within a gap above the bound. */
  #isNearer(gap: number): boolean {
    return this.#cost - this.#bound < gap;
  }

  #setLabels(): void {
    const { cuts, budget } = this.#problem;
    this.#labels.clear();
    this.#ways = Array.from({ length: budget.wildcardPaths + 1 }, () => []);
    this.#least = this.#ways.map(() => Number.POSITIVE_INFINITY);
    [this.#ways[0], this.#least[0]] = [[Labels.START], 0];
    const skipping: Skipping[] = [];
    for (let index = 0; index < cuts.length && this.#labels.count <= MOST_LABELS; index++) {
      while (skipping.at(-1)?.end === index) this.#join(index, skipping.pop() as Skipping);
      const cut = cuts[index] as Cut;
      const labels = this.#ways.map((_, wildcards) => this.#take(index, wildcards));
      if (labels.some(ways => ways.length > 0)) skipping.push({ end: cut.end, labels });
      if (cut.wildcardOnly) this.#ways.fill([]);
    }
  }

  /**
   * The ways that have `wildcards` wildcards after taking a cut, and may lead to a cover within the
   * limit.
   */
  #take(index: number, wildcards: number): readonly number[] {
    const cut = this.#problem.cuts[index] as Cut;
    const ways = this.#ways[wildcards - 1] ?? [];
    if (ways.length === 0 || !this.#isAnyPromising(cut, wildcards)) return [];
    const labels = this.#labels;
    const rest = this.#completions.sum(cut.end, wildcards);
    const taken: number[] = [];
    for (const way of ways) {
      const savedPaths = labels.savedPaths(way) + cut.savedPaths;
      const savedBytes = labels.savedBytes(way) + cut.savedBytes;
      const needlessPurges = labels.needlessPurges(way) + cut.needlessPurges;
      if (!this.#isPromising(cut.end, wildcards, savedPaths, savedBytes, needlessPurges)) continue;
      const sum = { wildcards, savedPaths, savedBytes, needlessPurges };
      if (cut.end > this.#lastNeeded) this.#offer(sum, way, cut);
      this.#offer(plus(sum, rest, rest.wildcards), way, cut, cut.end);
      if (wildcards < this.#problem.budget.wildcardPaths) {
        taken.push(labels.add(way, index, savedPaths, savedBytes, needlessPurges));
      }
    }
    return taken;
  }

  /** Joins the ways that skipped a cut's descendants with those that went through them. */
  #join(index: number, { labels }: Skipping): void {
    for (const [wildcards, skipped] of labels.entries()) {
      if (skipped.length === 0) continue;
      const ways: number[] = [];
      let least = Number.POSITIVE_INFINITY;
      for (const way of this.#labels.unbeaten(this.#ways[wildcards] ?? [], skipped)) {
        const savedPaths = this.#labels.savedPaths(way);
        const savedBytes = this.#labels.savedBytes(way);
        const needlessPurges = this.#labels.needlessPurges(way);
        if (!this.#isPromising(index, wildcards, savedPaths, savedBytes, needlessPurges)) continue;
        ways.push(way);
        least = Math.min(least, this.#first.spent(savedPaths, savedBytes, needlessPurges));
      }
      this.#ways[wildcards] = ways;
      this.#least[wildcards] = least;
    }
  }

  #isAnyPromising({ end, savedPaths, savedBytes, needlessPurges }: Cut, wildcards: number): boolean {
    const spent =
      (this.#least[wildcards - 1] ?? 0) + this.#first.spent(savedPaths, savedBytes, needlessPurges);
    const isPromising = spent + this.#first.rest(end, wildcards) <= this.#limit;
    this.#isAnyLeftOut ||= !isPromising;
    return isPromising;
  }

  #isPromising(
    index: number,
    wildcards: number,
    savedPaths: number,
    savedBytes: number,
    needlessPurges: number,
  ) {
    if (needlessPurges > this.#problem.maxNeedlessPurges) return false;
    for (const relaxed of this.#relaxed) {
      const spent = relaxed.spent(savedPaths, savedBytes, needlessPurges);
      if (spent + relaxed.rest(index, wildcards) > this.#limit) {
        this.#isAnyLeftOut = true;
        return false;
      }
    }
    return true;
  }

  /** Offers a cover, made of a way, a cut taken after it, and the completion from a cut on. */
  #offer(sum: Sum, way: number, taken?: Cut, from = this.#problem.cuts.length): void {
    const usage = usageOf(sum, this.#problem);
    const cost = costOf(usage, this.#problem);
    if (cost >= this.#cost || !isWithin(usage, this.#problem)) return;
    const wildcards = this.#cutsOf(way);
    if (taken !== undefined) wildcards.push(taken);
    this.#best = [...wildcards, ...this.#first.wildcards(from, wildcards.length)];
    this.#cost = cost;
    this.#limit = Math.min(this.#limit, cost + toleranceOf(cost));
  }

  #cutsOf(label: number): Cut[] {
    return this.#labels.cutsOf(label).map(index => this.#problem.cuts[index] as Cut);
  }
}
