/** A part of a sorted list: from `start` up to `end`, without it. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** What of a site may be purged: it changed, or somebody asked for it. */
export interface Exempt {
  readonly keys: ReadonlySet<string>;
  readonly prefixes: readonly string[];
}

/** The keys of a site, to count the *bystanders* among them: those that a wildcard would purge needlessly. */
export class SiteKeys {
  readonly #keys: readonly string[];
  /** How many bystanders come before each index. */
  readonly #bystandersBefore: Uint32Array;

  constructor(keys: readonly string[], { keys: exempt, prefixes }: Exempt) {
    this.#keys = isSorted(keys) ? keys : keys.toSorted();
    this.#bystandersBefore = new Uint32Array(keys.length + 1);
    let [index, bystanders] = [0, 0];
    for (const key of this.#keys) {
      if (!exempt.has(key) && !prefixes.some(prefix => key.startsWith(prefix))) bystanders++;
      this.#bystandersBefore[++index] = bystanders;
    }
  }

  get all(): Range {
    return { start: 0, end: this.#keys.length };
  }

  /** The keys of a range that begin with a prefix. */
  narrow(prefix: string, range: Range): Range {
    const start = firstIndex(range, index => this.#at(index) >= prefix);
    const end = firstIndex({ start, end: range.end }, index => !this.#at(index).startsWith(prefix));
    return { start, end };
  }

  bystandersIn({ start, end }: Range): number {
    return (this.#bystandersBefore[end] ?? 0) - (this.#bystandersBefore[start] ?? 0);
  }

  #at(index: number): string {
    return this.#keys[index] ?? '';
  }
}

/** S3 lists keys in the order of their bytes, which is nearly always ours. */
function isSorted(keys: readonly string[]): boolean {
  return keys.every((key, index) => index === 0 || (keys[index - 1] as string) <= key);
}

/** The first index of a range at which a condition holds that goes on holding; its end if there is none. */
function firstIndex({ start, end }: Range, holds: (index: number) => boolean): number {
  let [low, high] = [start, end];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
