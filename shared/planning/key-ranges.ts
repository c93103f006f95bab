import { compareKeys, endOf, firstNotBefore } from './key-order.ts';

/** The keys from one position up to another: see key-order.ts. */
export interface KeyRange {
  readonly from: string;
  readonly to: string;
}

/** A set of keys, made of ranges that neither overlap nor touch. */
export class KeyRanges {
  readonly #from: string[];
  readonly #to: string[];

  constructor(other?: KeyRanges) {
    this.#from = other === undefined ? [] : [...other.#from];
    this.#to = other === undefined ? [] : [...other.#to];
  }

  /** In ascending order. */
  get all(): KeyRange[] {
    return this.#from.map((from, index) => ({ from, to: this.#to[index] as string }));
  }

  /** What of all keys is not in the set, in ascending order. */
  get missing(): KeyRange[] {
    return this.missingIn({ from: '', to: endOf('') });
  }

  add({ from, to }: KeyRange): void {
    if (compareKeys(from, to) >= 0) return;
    const first = firstNotBefore(this.#to, from);
    let last = first;
    while (last < this.#from.length && compareKeys(this.#from[last] as string, to) <= 0) last++;
    const joined =
      last > first ? { from: this.#from[first] as string, to: this.#to[last - 1] as string } : { from, to };
    this.#from.splice(first, last - first, compareKeys(joined.from, from) < 0 ? joined.from : from);
    this.#to.splice(first, last - first, compareKeys(joined.to, to) > 0 ? joined.to : to);
  }

  /** What of a range is not in the set, in ascending order. */
  missingIn({ from, to }: KeyRange): KeyRange[] {
    const missing: KeyRange[] = [];
    let at = from;
    for (let index = firstNotBefore(this.#to, from); index < this.#from.length; index++) {
      const [start, end] = [this.#from[index] as string, this.#to[index] as string];
      if (compareKeys(start, to) >= 0) break;
      if (compareKeys(at, start) < 0) missing.push({ from: at, to: start });
      if (compareKeys(at, end) < 0) at = end;
    }
    if (compareKeys(at, to) < 0) missing.push({ from: at, to });
    return missing;
  }

  has(range: KeyRange): boolean {
    return this.missingIn(range).length === 0;
  }
}
