/** A part of a sorted list, from `start` up to but not including `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** What may be purged, because it changed or was asked for, in ascending order. */
export interface Exempt {
  readonly keys: readonly string[];
  readonly prefixes: readonly string[];
}

/** The keys of a site, to count those that a wildcard would purge needlessly. */
export class SiteKeys {
  readonly #keys: readonly string[];
  /** How many keys before each index would be purged needlessly. */
  readonly #needlessBefore: Uint32Array;

  constructor(keys: readonly string[], exempt: Exempt) {
    this.#keys = isSorted(keys) ? keys : keys.toSorted();
    this.#needlessBefore = this.#countNeedless(exempt);
  }

  get size(): number {
    return this.#keys.length;
  }

  /** The first index whose key is ≥ `text`, searching from `from`, which must not be beyond it. */
  indexOf(text: string, from: number): number {
    let [low, step] = [from, 1];
    while (low + step <= this.#keys.length && this.#at(low + step - 1) < text) {
      low += step;
      step *= 2;
    }
    const end = Math.min(low + step - 1, this.#keys.length);
    return firstIndex({ start: low, end }, index => this.#at(index) >= text);
  }

  /** The range of keys with a prefix: all of `inner`, and perhaps some more of `outer`. */
  narrow(prefix: string, outer: Range, inner: Range): Range {
    const start = firstIndex({ start: outer.start, end: inner.start }, index => this.#at(index) >= prefix);
    const end = firstIndex(
      { start: inner.end, end: outer.end },
      index => !this.#at(index).startsWith(prefix),
    );
    return { start, end };
  }

  needlessPurgesIn({ start, end }: Range): number {
    return (this.#needlessBefore[end] ?? 0) - (this.#needlessBefore[start] ?? 0);
  }

  #countNeedless({ keys, prefixes }: Exempt): Uint32Array {
    const { length } = this.#keys;
    const isExempt = new Uint8Array(length);
    let index = 0;
    for (const key of keys) {
      index = this.indexOf(key, index);
      if (this.#keys[index] === key) isExempt[index] = 1;
    }
    let [start, end] = [0, 0];
    for (const prefix of prefixes) {
      start = this.indexOf(prefix, start);
      if (start < end) continue;
      ({ end } = this.narrow(prefix, { start, end: length }, { start, end: start }));
      isExempt.fill(1, start, end);
    }
    const before = new Uint32Array(length + 1);
    for (index = 0; index < length; index++) {
      before[index + 1] = (before[index] ?? 0) + 1 - (isExempt[index] ?? 0);
    }
    return before;
  }

  #at(index: number): string {
    return this.#keys[index] ?? '';
  }
}

/** S3 lists keys in the order of their bytes, which is nearly always the order of strings. */
function isSorted(keys: readonly string[]): boolean {
  return keys.every((key, index) => index === 0 || (keys[index - 1] as string) <= key);
}

/**
 * The first index of a range at which a condition holds, if it then holds to the end; the range's
 * end if it never does.
 */
function firstIndex({ start, end }: Range, holds: (index: number) => boolean): number {
  let [low, high] = [start, end];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
