import type { CoverTree, Cut } from './url-tree.ts';

/**
 * The cuts that a cheapest cover may need: a few hundred of ten thousand. For every cover there is
 * one made of these alone that saves at least as many paths and bytes, with no more needless
 * purges. (In integer programming: presolve, by dominance.)
 */
export function worthwhileCuts({ cuts, ...exact }: CoverTree, wildcardPaths: number): CoverTree {
  return { cuts: withoutBeaten(withoutHopeless(cuts, wildcardPaths), wildcardPaths), ...exact };
}

/** Leaves out the cuts below one that has to be taken, itself or by an ancestor. */
function withoutHopeless(cuts: readonly Cut[], wildcardPaths: number): readonly Cut[] {
  const parents = parentsOf(cuts);
  const needs = markNeeded(cuts, parents, wildcardPaths);
  if (!needs[0]) return cuts;
  const isKept = new Uint8Array(cuts.length);
  for (let index = 0; index < cuts.length; index++) {
    const parent = parents[index] as number;
    isKept[index] = parent < 0 || (isKept[parent] && !cuts[parent]?.wildcardOnly) ? 1 : 0;
  }
  return only(cuts, isKept);
}

function withoutBeaten(cuts: readonly Cut[], wildcardPaths: number): Cut[] {
  const parents = parentsOf(cuts);
  const needs = markNeeded(cuts, parents, wildcardPaths);
  const isKept = new Uint8Array(cuts.length);
  const rivals = new Rivals(cuts, parents, wildcardPaths);
  for (const index of bestFirst(cuts)) {
    if (!needs[index] && rivals.beat(index)) continue;
    isKept[index] = 1;
    rivals.add(index);
  }
  return only(cuts, isKept);
}

function only(cuts: readonly Cut[], isKept: Uint8Array): Cut[] {
  const keptBefore = new Uint32Array(cuts.length + 1);
  for (let index = 0; index < cuts.length; index++) {
    keptBefore[index + 1] = (keptBefore[index] as number) + (isKept[index] as number);
  }
  return cuts
    .filter((_, index) => isKept[index])
    .map(cut => ({ ...cut, end: keptBefore[cut.end] as number }));
}

/** A cut's parent by index; -1 above the first. */
function parentsOf(cuts: readonly Cut[]): Int32Array {
  const parents = new Int32Array(cuts.length);
  let above = -1;
  for (let index = 0; index < cuts.length; index++) {
    while (above >= 0 && (cuts[above] as Cut).end <= index) above = parents[above] as number;
    parents[index] = above;
    above = index;
  }
  return parents;
}

/**
 * Marks as `wildcardOnly` each cut that has to be taken, itself or by an ancestor, because what
 * only wildcards cover below it would need too many of them.
 *
 * @returns the fewest wildcards that this needs without one at the cut itself: one for each child
 *   that has any of it
 */
function markNeeded(cuts: readonly Cut[], parents: Int32Array, wildcardPaths: number): Uint32Array {
  const needs = new Uint32Array(cuts.length);
  for (let index = cuts.length - 1; index >= 0; index--) {
    const cut = cuts[index] as Cut;
    cut.wildcardOnly ||= (needs[index] as number) > wildcardPaths;
    if (cut.wildcardOnly) needs[index] = 1;
    const parent = parents[index] as number;
    if (parent >= 0 && needs[index]) needs[parent] = (needs[parent] as number) + 1;
  }
  return needs;
}

/**
 * Fewest needless purges first, then most saved. Equal cuts come in an order that scatters them
 * over the tree, because a cut is beaten only by cuts in different places.
 */
function bestFirst(cuts: readonly Cut[]): Uint32Array {
  const scattered = (index: number) => Math.imul(index, 0x9e3779b1);
  const [rank, savedBytes] = [new Float64Array(cuts.length), new Float64Array(cuts.length)];
  const order = new Uint32Array(cuts.length);
  for (let index = 0; index < cuts.length; index++) {
    const cut = cuts[index] as Cut;
    rank[index] = cut.needlessPurges * 2 ** 24 - cut.savedPaths;
    savedBytes[index] = cut.savedBytes;
    order[index] = index;
  }
  const at = (values: Float64Array, index: number) => values[index] as number;
  return order.sort(
    (a, b) =>
      at(rank, a) - at(rank, b) || at(savedBytes, b) - at(savedBytes, a) || scattered(a) - scattered(b),
  );
}

/**
 * Cuts that may beat others. One cut beats another that has no fewer needless purges and saves no
 * more. That alone rules nothing out: a cover may have both, or cover the place of the better one.
 * But each other wildcard of a cover that has the beaten cut lies on one branch off the way from
 * the root to it. So if cuts on as many branches as there may be wildcards beat it, one of these
 * branches is free, and the cut there can take its place.
 */
class Rivals {
  readonly #cuts: readonly Cut[];
  readonly #parents: Int32Array;
  readonly #enough: number;
  /** For each cut and those below it, the rival that saves most paths. */
  readonly #strongest: (Cut | undefined)[];
  /** The children of each cut that have one, the strongest first. */
  readonly #branches: number[][];

  constructor(cuts: readonly Cut[], parents: Int32Array, enough: number) {
    this.#cuts = cuts;
    this.#parents = parents;
    this.#enough = enough;
    this.#strongest = Array.from(cuts, () => undefined);
    this.#branches = Array.from(cuts, () => []);
  }

  /** Adds a cut. None that is added later has fewer needless purges. */
  add(index: number): void {
    const rival = this.#cuts[index] as Cut;
    for (let branch = index; branch >= 0; branch = this.#parents[branch] as number) {
      if ((this.#strongest[branch]?.savedPaths ?? -1) >= rival.savedPaths) return;
      this.#strongest[branch] = rival;
      this.#promote(branch);
    }
  }

  /** Whether they beat a cut on enough branches. */
  beat(index: number): boolean {
    const { savedPaths, savedBytes } = this.#cuts[index] as Cut;
    let missing = this.#enough;
    for (let below = index, cut = this.#parentOf(below); cut >= 0; below = cut, cut = this.#parentOf(cut)) {
      for (const branch of this.#branches[cut] as number[]) {
        const rival = this.#strongest[branch] as Cut;
        if (missing === 0 || rival.savedPaths < savedPaths) break;
        if (branch !== below && rival.savedBytes >= savedBytes) missing--;
      }
    }
    return missing === 0;
  }

  /** Moves a branch to its place among its siblings. */
  #promote(branch: number): void {
    const branches = this.#branches[this.#parentOf(branch)];
    if (branches === undefined) return;
    const { savedPaths } = this.#strongest[branch] as Cut;
    const others = branches.filter(other => other !== branch);
    const stronger = others.filter(other => (this.#strongest[other] as Cut).savedPaths >= savedPaths);
    branches.splice(0, branches.length, ...stronger, branch, ...others.slice(stronger.length));
  }

  #parentOf(index: number): number {
    return this.#parents[index] as number;
  }
}
