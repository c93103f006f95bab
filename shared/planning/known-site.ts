import { BoundaryCounts } from './boundary-counts.ts';
import { Density } from './density.ts';
import { endOf, firstNotBefore, sharedLength } from './key-order.ts';
import { type KeyRange, KeyRanges } from './key-ranges.ts';
import { QUERY, queryAt } from './path-spelling.ts';

/** What may be purged, because it changed or was asked for. */
export interface Exempt {
  readonly keys: readonly string[];
  readonly prefixes: readonly string[];
}

/** Every key with a prefix. */
export const rangeOf = (prefix: string): KeyRange => ({ from: prefix, to: endOf(prefix) });

/**
 * What is known of the keys of a site: which ranges have been listed, and how many keys each
 * possible wildcard would purge needlessly. It takes memory for what changed, not for the site.
 */
export class KnownSite {
  readonly counts: BoundaryCounts;
  readonly listed = new KeyRanges();
  #density: Density | undefined;

  /** @param others texts of targets. A wildcard ends after what some of them, or keys, share */
  constructor({ keys, prefixes }: Exempt, others: readonly string[]) {
    this.counts = new BoundaryCounts(keys, [...others, ...prefixes]);
    // Nothing that was asked for is purged needlessly, and no key begins with a query string.
    const empty = keys.flatMap(key => {
      const query = queryAt(key);
      return query < 0 ? [] : key.slice(0, query + QUERY.length);
    });
    for (const prefix of [...prefixes, ...empty]) this.listed.add(rangeOf(prefix));
  }

  /** What all targets begin with: nothing else matters. */
  get scope(): string {
    const { boundaries } = this.counts;
    const [first = '', last = first] = [boundaries[0], boundaries.at(-1)];
    const shared = first.slice(0, sharedLength(first, last));
    return shared.isWellFormed() ? shared : shared.slice(0, -1);
  }

  /**
   * Takes in what a listing returned.
   *
   * @param range that the listing covered
   * @param keys all that it holds, in the order in which S3 lists them
   * @returns those that no other listing returned
   */
  learn(range: KeyRange, keys: readonly string[]): string[] {
    const found = this.listed.missingIn(range).map(({ from, to }) => {
      const first = firstNotBefore(keys, from);
      const end = firstNotBefore(keys, to, first);
      this.counts.add(keys, first, end);
      return keys.slice(first, end);
    });
    this.listed.add(range);
    this.#density = undefined;
    return found.flat();
  }

  /** Whether everything with a prefix has been listed. */
  isListed(prefix: string): boolean {
    return this.listed.has(rangeOf(prefix));
  }

  /** Needless purges of a wildcard, as far as listed: there may be more. */
  readonly seenBelow = (prefix: string): number => this.counts.countBelow(prefix);

  /** Needless purges of a wildcard. What was not listed is taken to be like what lies around it. */
  readonly estimateBelow = (prefix: string): number => {
    const unlisted = this.isListed(prefix) ? 0 : this.density.unlistedBelow(prefix);
    return this.seenBelow(prefix) + Math.round(unlisted);
  };

  get density(): Density {
    this.#density ??= new Density(this.counts, this.listed);
    return this.#density;
  }
}
