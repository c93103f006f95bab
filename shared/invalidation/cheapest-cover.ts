import {
  type CoverProblem,
  costOf,
  RelaxedCover,
  type ShadowPrices,
  TIE,
  type Usage,
} from './relaxed-cover.ts';
import type { Cut } from './url-tree.ts';

/** Wildcards that cover all targets together with an exact path for each target outside them. */
export interface Cover {
  /** None covers what another one covers. */
  readonly wildcards: readonly Cut[];
  /** False when the search for a cheaper one was given up. */
  readonly isCheapest: boolean;
}

/** Sums of prices that differ by less, absolutely or relatively, are equal. */
const TOLERANCE = { absolute: 1e-14, relative: 1e-13 };

/** Shadow prices are good enough when better ones could close no more than this part of the gap to the best cover. */
const WORTH_A_STEP = 0.02;
const MAX_SHADOW_STEPS = 20;

/**
 * How many labels the search keeps at a cut, until it has had so many in all; then only the most promising few. For a hundred changes
 * and more, scattered evenly over a site, with too few free paths for them, that is not always enough to find the cheapest cover.
 */
const LABELS = { atACut: 1000, inAll: 100_000, afterThat: 4 };
/** Where single targets have no cuts, most plans are proven cheapest without a search, and the rest are many. */
const COARSE_LABELS = { atACut: 128, inAll: 30_000, afterThat: 4 };

/** A way through the first cuts. */
interface Label extends Usage {
  /** Where the last wildcard ends, and the way before it. */
  readonly last?: { readonly cut: Cut; readonly before: Label };
}

const START: Label = { wildcards: 0, exactPaths: 0, bytes: 0, collateral: 0 };

/**
 * The cheapest cover within a budget: dollars for its paths, and the price of its needless purges.
 *
 * It is a shortest path under resource constraints. The way leads through the cuts in preorder: a cut is either passed, and its own
 * targets become exact paths, or taken for a wildcard, and its descendants are skipped. The relaxed problem gives a lower
 * bound. Where a cover costs no more than that it is the cheapest; else label setting finds the cheapest, and the bound
 * spares it nearly everything. (S. Irnich and G. Desaulniers, "Shortest Path Problems with Resource Constraints", 2005.)
 *
 * @returns undefined when no cover fits the budget
 */
export function cheapestCover(problem: CoverProblem): Cover | undefined {
  const search = new CoverSearch(problem);
  return search.run();
}

/** What a bound does near a shadow price. */
interface Tangent {
  readonly price: number;
  readonly slope: number;
  readonly bound: number;
}

class CoverSearch {
  readonly #problem: CoverProblem;
  readonly #relaxed: RelaxedCover;
  readonly #bytesMatter: boolean;
  #bound = Number.NEGATIVE_INFINITY;
  #latestBound = Number.NEGATIVE_INFINITY;
  #shadow: ShadowPrices = { exactPath: TIE.path, byte: 0 };
  #best: Label | undefined;
  #cost = Number.POSITIVE_INFINITY;
  #isComplete: boolean;

  constructor(problem: CoverProblem) {
    this.#problem = problem;
    this.#relaxed = new RelaxedCover(problem);
    this.#isComplete = !problem.isCoarse;
    const exactBytes = problem.cuts.reduce((sum, cut) => sum + cut.exactBytes, 0);
    // A wildcard in the place of exact paths is one `*` longer than one of them, at most.
    this.#bytesMatter = exactBytes + problem.budget.wildcardPaths > problem.budget.bytes;
  }

  run(): Cover | undefined {
    if (this.#isHopeless()) return undefined;
    this.#search();
    if (this.#best === undefined) return undefined;
    const wildcards: Cut[] = [];
    for (let { last } = this.#best; last !== undefined; last = last.before.last) wildcards.push(last.cut);
    return { wildcards, isCheapest: this.#isProven() || this.#isComplete };
  }

  #search(): void {
    this.#findShadowPrices();
    if (!this.#isProven()) this.#searchFreePaths();
    if (!this.#isProven()) this.#setLabels();
  }

  /** What is cheapest within the free paths is nearly so beyond them, and a good cover to begin with spares labels. */
  #searchFreePaths(): void {
    const { budget, prices } = this.#problem;
    if (prices.freePaths >= budget.exactPaths) return;
    const limited = { ...budget, exactPaths: prices.freePaths };
    const search = new CoverSearch({ ...this.#problem, budget: limited });
    search.#search();
    if (search.#best !== undefined) this.#consider(search.#best);
  }

  /** Whether something needs a wildcard, and there is none. */
  #isHopeless(): boolean {
    return this.#problem.budget.wildcardPaths === 0 && this.#problem.cuts.some(cut => cut.wildcardOnly);
  }

  #isProven(): boolean {
    return this.#cost - this.#bound <= this.#tolerance();
  }

  #tolerance(): number {
    return this.#best === undefined ? 0 : TOLERANCE.absolute + TOLERANCE.relative * this.#cost;
  }

  #findShadowPrices(): void {
    const { prices, budget } = this.#problem;
    const excessPaths = (byte: number) => (exactPath: number) => {
      const cover = this.#relax({ exactPath, byte });
      return cover.exactPaths - this.#relaxed.worthwhilePaths(cover.wildcards);
    };
    const excessBytes = (exactPath: number) => (byte: number) =>
      this.#relax({ exactPath, byte }).bytes - budget.bytes;

    this.#maximise(TIE.path, prices.path + TIE.path, excessPaths(0));
    if (!this.#bytesMatter) return;
    this.#maximise(0, TIE.path, excessBytes(this.#shadow.exactPath));
    this.#maximise(TIE.path, prices.path + TIE.path, excessPaths(this.#shadow.byte));
  }

  /**
   * Finds the shadow price that makes the bound highest. The bound is concave in it, with the excess for its slope: so it is highest
   * where the excess changes its sign, and the tangents of two prices on both sides meet nearer to it (Kelley's cutting planes).
   *
   * @param low the least price that makes sense
   * @param high a price to try next
   */
  #maximise(low: number, high: number, excessAt: (price: number) => number): void {
    const tangentAt = (price: number): Tangent => {
      const slope = excessAt(price);
      return { price, slope, bound: this.#latestBound };
    };
    let below = tangentAt(low);
    if (below.slope <= 0) return;
    let above = tangentAt(high);
    for (let step = 0; step < MAX_SHADOW_STEPS && !this.#isProven(); step++) {
      if (above.slope > 0) {
        [below, above] = [above, tangentAt(above.price * 4)];
        continue;
      }
      const { price, bound } = crossing(below, above);
      if (bound - this.#bound <= WORTH_A_STEP * (this.#cost - this.#bound)) return;
      const between = tangentAt(price);
      if (between.slope > 0) below = between;
      else above = between;
    }
  }

  /** The cheapest relaxed cover, which may be within the budget. */
  #relax(shadow: ShadowPrices): Label {
    this.#relaxed.relax(shadow);
    this.#latestBound = this.#relaxed.bound(0, START);
    if (this.#latestBound > this.#bound) [this.#bound, this.#shadow] = [this.#latestBound, shadow];
    let label = START;
    let [exactPaths, bytes] = [0, 0];
    for (let index = 0; index < this.#problem.cuts.length; ) {
      const cut = this.#problem.cuts[index] as Cut;
      if (this.#relaxed.takes(index, label.wildcards)) {
        label = taking(cut, label);
        index = cut.end;
      } else {
        exactPaths += cut.exactPaths;
        bytes += cut.exactBytes;
        index++;
      }
    }
    label = { ...label, exactPaths, bytes: label.bytes + bytes };
    this.#consider(label);
    return label;
  }

  #consider(label: Label): void {
    const cost = costOf(label, this.#problem.prices);
    if (cost >= this.#cost || !this.#fits(label)) return;
    [this.#best, this.#cost] = [label, cost];
  }

  #fits({ wildcards, exactPaths, bytes }: Usage): boolean {
    const { budget } = this.#problem;
    return wildcards <= budget.wildcardPaths && exactPaths <= budget.exactPaths && bytes <= budget.bytes;
  }

  #setLabels(): void {
    this.#relaxed.relax(this.#shadow);
    const { cuts } = this.#problem;
    const limit = this.#problem.isCoarse ? COARSE_LABELS : LABELS;
    let count = 0;
    const labels = new Map<number, Label[]>([[0, [START]]]);
    const push = (index: number, label: Label) => {
      if (!this.#fits(label) || this.#relaxed.bound(index, label) > this.#cost + this.#tolerance()) return;
      const others = labels.get(index);
      if (others === undefined) labels.set(index, [label]);
      else others.push(label);
    };
    for (let index = 0; index < cuts.length; index++) {
      const cut = cuts[index] as Cut;
      const most = count < limit.inAll ? limit.atACut : limit.afterThat;
      const here = this.#mostPromising(labels.get(index) ?? [], index, most);
      for (const label of here) {
        if (!cut.wildcardOnly) push(index + 1, passing(cut, label));
        push(cut.end, taking(cut, label));
      }
      labels.delete(index);
      count += here.length;
    }
    for (const label of labels.get(cuts.length) ?? []) this.#consider(label);
  }

  /** Without those that another one beats in everything, and no more than `most`. */
  #mostPromising(labels: Label[], index: number, most: number): Label[] {
    if (labels.length <= 1) return labels;
    labels.sort(
      (a, b) =>
        a.wildcards - b.wildcards ||
        a.exactPaths - b.exactPaths ||
        a.collateral - b.collateral ||
        a.bytes - b.bytes,
    );
    const kept: Label[] = [];
    for (const label of labels) if (!kept.some(other => this.#dominates(other, label))) kept.push(label);
    if (kept.length <= most) return kept;
    this.#isComplete = false;
    const bound = (label: Label) => this.#relaxed.bound(index, label);
    return kept.sort((a, b) => bound(a) - bound(b)).slice(0, most);
  }

  #dominates(a: Label, b: Label): boolean {
    return (
      a.wildcards <= b.wildcards &&
      a.exactPaths <= b.exactPaths &&
      a.collateral <= b.collateral &&
      (!this.#bytesMatter || a.bytes <= b.bytes)
    );
  }
}

/** Where two tangents are equally high: no bound in between is higher. */
function crossing(a: Tangent, b: Tangent): Pick<Tangent, 'price' | 'bound'> {
  const price = (b.bound - b.slope * b.price - (a.bound - a.slope * a.price)) / (a.slope - b.slope);
  return { price, bound: a.bound + a.slope * (price - a.price) };
}

function passing({ exactPaths, exactBytes }: Cut, label: Label): Label {
  if (exactPaths === 0) return label;
  return { ...label, exactPaths: label.exactPaths + exactPaths, bytes: label.bytes + exactBytes };
}

function taking(cut: Cut, label: Label): Label {
  return {
    wildcards: label.wildcards + 1,
    exactPaths: label.exactPaths,
    bytes: label.bytes + cut.bytes,
    collateral: label.collateral + cut.collateral,
    last: { cut, before: label },
  };
}
