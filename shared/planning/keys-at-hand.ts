import { KEYS_PER_PAGE } from './density.ts';
import { endOf, firstNotBefore, rightAfter, sortedKeys } from './key-order.ts';
import type { KeyListing } from './plan-by-listing.ts';

/** Lists keys that are all at hand as S3 would list them. */
export function keysAtHand(keys: readonly string[]): KeyListing {
  const sorted = sortedKeys(keys);
  return {
    async page({ prefix, startAfter }) {
      const end = firstNotBefore(sorted, endOf(prefix));
      const start = firstNotBefore(sorted, prefix);
      const first =
        startAfter === undefined ? start : Math.max(start, firstNotBefore(sorted, rightAfter(startAfter)));
      const last = Math.min(end, first + KEYS_PER_PAGE);
      return { keys: sorted.slice(first, last), isLast: last === end };
    },
  };
}
