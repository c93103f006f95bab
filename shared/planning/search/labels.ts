import { firstIndex } from '../key-order.ts';

const INITIAL_CAPACITY = 1 << 12;

/**
 * Partial solutions. Each is a choice of wildcards among the cuts so far, with what they save and
 * purge. There may be a million, so a label is an index into typed arrays.
 */
export class Labels {
  /** The way that takes no cut. */
  static readonly START = 0;
  #count = 1;
  #savedPaths = new Int32Array(INITIAL_CAPACITY);
  #savedBytes = new Int32Array(INITIAL_CAPACITY);
  #needlessPurges = new Int32Array(INITIAL_CAPACITY);
  #lastCut = new Int32Array(INITIAL_CAPACITY);
  #before = new Int32Array(INITIAL_CAPACITY);

  get count(): number {
    return this.#count;
  }

  savedPaths(label: number): number {
    return this.#savedPaths[label] as number;
  }

  savedBytes(label: number): number {
    return this.#savedBytes[label] as number;
  }

  needlessPurges(label: number): number {
    return this.#needlessPurges[label] as number;
  }

  /** Extends a way by a cut. The sums include the cut. */
  add(before: number, cut: number, savedPaths: number, savedBytes: number, needlessPurges: number): number {
    if (this.#count === this.#before.length) this.#grow();
    const label = this.#count++;
    this.#savedPaths[label] = savedPaths;
    this.#savedBytes[label] = savedBytes;
    this.#needlessPurges[label] = needlessPurges;
    this.#lastCut[label] = cut;
    this.#before[label] = before;
    return label;
  }

  /** Forgets all but the start. */
  clear(): void {
    this.#count = 1;
  }

  cutsOf(label: number): number[] {
    const cuts: number[] = [];
    for (let way = label; way !== Labels.START; way = this.#before[way] as number) {
      cuts.push(this.#lastCut[way] as number);
    }
    return cuts;
  }

  /**
   * Merges two lists in which those that save most paths come first, and leaves out every label
   * that another beats, which saves at least as many paths and bytes and purges no more.
   */
  unbeaten(some: readonly number[], others: readonly number[]): number[] {
    const joined: number[] = [];
    const steps = new Staircase();
    let [a, b] = [0, 0];
    while (a < some.length || b < others.length) {
      const [one, other] = [some[a], others[b]];
      const isOne = other === undefined || (one !== undefined && this.#comesBefore(one, other));
      const label = (isOne ? one : other) as number;
      if (isOne) a++;
      else b++;
      if (steps.admit(this.needlessPurges(label), this.savedBytes(label))) joined.push(label);
    }
    return joined;
  }

  #comesBefore(one: number, other: number): boolean {
    const paths = this.savedPaths(one) - this.savedPaths(other);
    if (paths !== 0) return paths > 0;
    const needlessPurges = this.needlessPurges(one) - this.needlessPurges(other);
    return needlessPurges === 0 ? this.savedBytes(one) >= this.savedBytes(other) : needlessPurges < 0;
  }

  #grow(): void {
    const doubled = (array: Int32Array) => {
      const larger = new Int32Array(2 * array.length);
      larger.set(array);
      return larger;
    };
    this.#savedPaths = doubled(this.#savedPaths);
    this.#savedBytes = doubled(this.#savedBytes);
    this.#needlessPurges = doubled(this.#needlessPurges);
    this.#lastCut = doubled(this.#lastCut);
    this.#before = doubled(this.#before);
  }
}

/** For each number of needless purges, the most bytes saved without more of them. Both ascend. */
class Staircase {
  readonly #needlessPurges: number[] = [];
  readonly #savedBytes: number[] = [];

  /** Adds a pair, unless another is at least as good in both. */
  admit(needlessPurges: number, savedBytes: number): boolean {
    const { length } = this.#needlessPurges;
    const at = firstIndex(0, length, step => (this.#needlessPurges[step] as number) > needlessPurges);
    if (at > 0 && (this.#savedBytes[at - 1] as number) >= savedBytes) return false;
    let end = at;
    while (end < this.#savedBytes.length && (this.#savedBytes[end] as number) <= savedBytes) end++;
    this.#needlessPurges.splice(at, end - at, needlessPurges);
    this.#savedBytes.splice(at, end - at, savedBytes);
    return true;
  }
}
