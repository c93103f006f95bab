import type { PathBudget } from './prices.ts';
import type { Cut, UrlTree } from './url-tree.ts';

/**
 * The cuts that a cheapest cover may need: of ten thousand, a few hundred. For every cover there is one made of these alone that saves
 * as many paths and bytes, or more, and purges as little needlessly, or less. (In integer programming: presolve, by dominance.)
 * Where the bytes will do in any case, they count for nothing.
 */
export function worthwhileCuts({ cuts, ...exact }: UrlTree, { wildcardPaths, bytes }: PathBudget): UrlTree {
  // A wildcard in the place of exact paths is one `*` longer than one of them, at most.
  const bytesMatter = exact.exactBytes + wildcardPaths > bytes;
  const weighed = bytesMatter ? cuts : cuts.map(cut => ({ ...cut, savedBytes: 0 }));
  return {
    cuts: withoutBeaten(withoutHopeless(weighed, wildcardPaths), wildcardPaths),
    exactPaths: exact.exactPaths,
    exactBytes: bytesMatter ? exact.exactBytes : 0,
  };
}

/** Without those below a cut that has to be taken itself, as what needs a wildcard there would take more than there are. */
function withoutHopeless(cuts: readonly Cut[], wildcardPaths: number): readonly Cut[] {
  const parents = parentsOf(cuts);
  const needs = neededWildcards(cuts, parents, wildcardPaths);
  if (!needs[0]) return cuts;
  const isKept = new Uint8Array(cuts.length);
  for (const [index, parent] of parents.entries()) {
    isKept[index] = parent < 0 || (isKept[parent] && !cuts[parent]?.wildcardOnly) ? 1 : 0;
  }
  return only(cuts, isKept);
}

function withoutBeaten(cuts: readonly Cut[], wildcardPaths: number): Cut[] {
  const parents = parentsOf(cuts);
  const needs = neededWildcards(cuts, parents, wildcardPaths);
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
  for (const index of cuts.keys()) keptBefore[index + 1] = (keptBefore[index] ?? 0) + (isKept[index] ?? 0);
  return cuts
    .filter((_, index) => isKept[index])
    .map(cut => ({ ...cut, end: keptBefore[cut.end] as number }));
}

/** A cut's parent by index; -1 above the first. */
function parentsOf(cuts: readonly Cut[]): Int32Array {
  const parents = new Int32Array(cuts.length);
  let above = -1;
  for (const [index] of cuts.entries()) {
    while (above >= 0 && (cuts[above] as Cut).end <= index) above = parents[above] as number;
    parents[index] = above;
    above = index;
  }
  return parents;
}

/** How many wildcards what can only be covered by one takes, at a cut and below. Where these are too many the cut has to be taken. */
function neededWildcards(cuts: readonly Cut[], parents: Int32Array, wildcardPaths: number): Uint32Array {
  const needs = new Uint32Array(cuts.length);
  for (let index = cuts.length - 1; index >= 0; index--) {
    const cut = cuts[index] as Cut;
    cut.wildcardOnly ||= (needs[index] as number) > wildcardPaths;
    if (cut.wildcardOnly) needs[index] = 1;
    const parent = parents[index] as number;
    if (parent >= 0) needs[parent] = (needs[parent] as number) + (needs[index] as number);
  }
  return needs;
}

/**
 * Fewest needless purges first, then most saved. Where cuts are equal, in an order that scatters them over the tree: a cut is beaten
 * only by cuts in different places.
 */
function bestFirst(cuts: readonly Cut[]): Uint32Array {
  const scattered = (index: number) => Math.imul(index, 0x9e3779b1);
  return Uint32Array.from(cuts.keys()).sort((a, b) => {
    const [one, other] = [cuts[a] as Cut, cuts[b] as Cut];
    return (
      one.collateral - other.collateral ||
      other.savedPaths - one.savedPaths ||
      other.savedBytes - one.savedBytes ||
      scattered(a) - scattered(b)
    );
  });
}

/**
 * Cuts that may beat others. One beats another that purges no less needlessly and saves no more. That alone rules nothing out, for a
 * cover may have both, or have the better one's place covered. But every other wildcard of a cover with the beaten cut lies on one branch
 * off the way from the root to it. So where cuts on as many branches as there may be wildcards beat it, one of the branches is
 * free, and the cut there can take its place.
 */
class Rivals {
  readonly #cuts: readonly Cut[];
  readonly #parents: Int32Array;
  readonly #enough: number;
  /** Those that save most paths first. */
  readonly #rivals: number[] = [];
  /** By the cut that a branch begins with, for which other cut it was last counted. */
  readonly #countedFor: Int32Array;

  constructor(cuts: readonly Cut[], parents: Int32Array, enough: number) {
    this.#cuts = cuts;
    this.#parents = parents;
    this.#enough = enough;
    this.#countedFor = new Int32Array(cuts.length).fill(-1);
  }

  /** Adds a cut; none that is added later purges less. */
  add(index: number): void {
    const { savedPaths } = this.#cuts[index] as Cut;
    let at = this.#rivals.length;
    while (at > 0 && this.#cutAt(at - 1).savedPaths < savedPaths) at--;
    this.#rivals.splice(at, 0, index);
  }

  /** Whether they beat a cut on enough branches. */
  beat(index: number): boolean {
    const { savedPaths, savedBytes, end } = this.#cuts[index] as Cut;
    let branches = 0;
    for (const rival of this.#rivals) {
      const other = this.#cuts[rival] as Cut;
      if (branches === this.#enough || other.savedPaths < savedPaths) break;
      const isRelated = rival < index ? index < other.end : rival < end;
      if (isRelated || other.savedBytes < savedBytes) continue;
      const branch = this.#branchOf(rival, index);
      if (this.#countedFor[branch] === index) continue;
      this.#countedFor[branch] = index;
      branches++;
    }
    return branches === this.#enough;
  }

  /** The uppermost ancestor of a cut that is none of the other one's. */
  #branchOf(rival: number, index: number): number {
    let branch = rival;
    for (;;) {
      const parent = this.#parents[branch] as number;
      if (parent < 0 || (parent < index && index < (this.#cuts[parent] as Cut).end)) return branch;
      branch = parent;
    }
  }

  #cutAt(position: number): Cut {
    return this.#cuts[this.#rivals[position] as number] as Cut;
  }
}
