import type { KeyListing } from '../../shared/planning/plan-by-listing.ts';

/** A bucket that holds these keys, listed as S3 does: in the order of their bytes, in pages. */
export function listingOf(keys: Iterable<string>, keysPerPage = 1000): KeyListing & { requests: number } {
  const sorted = [...keys].map(key => ({ key, bytes: Buffer.from(key) }));
  sorted.sort((a, b) => Buffer.compare(a.bytes, b.bytes));
  return {
    requests: 0,
    async page({ prefix, startAfter = '' }) {
      this.requests++;
      const [under, after] = [Buffer.from(prefix), Buffer.from(startAfter)];
      const rest = sorted.filter(
        ({ bytes }) =>
          bytes.subarray(0, under.length).equals(under) &&
          (after.length === 0 || Buffer.compare(bytes, after) > 0),
      );
      return {
        keys: rest.slice(0, keysPerPage).map(({ key }) => key),
        isLast: rest.length <= keysPerPage,
      };
    },
  };
}
