import { mapConcurrently } from '../concurrently.ts';
import { keysAtHand } from './keys-at-hand.ts';
import { KnownSite } from './known-site.ts';
import { nextPages } from './next-pages.ts';
import { CONCURRENT_REQUESTS, type KeyListing, learnPage, roundSize } from './plan-by-listing.ts';
import { countedKeys, isInOrder, type UrlRules } from './viewer-urls.ts';

/**
 * A bucket's keys as a plan counts them. Where URLs were told, or behaviours show several folders
 * as one, keys lie elsewhere among the URLs than in the bucket. Then the whole bucket is listed
 * once, in parallel, and each key is put where its first URL has it: memory grows with the bucket.
 *
 * @param changedKeys where the bucket is listed at once: they are taken to lie as all keys do
 * @param maxListRequests beyond so many pages no keys are counted, and every page is partial
 */
export function listingByUrl(
  listing: KeyListing,
  urls: UrlRules,
  {
    changedKeys,
    maxListRequests,
  }: { readonly changedKeys: readonly string[]; readonly maxListRequests: number },
): KeyListing {
  if (isInOrder(urls)) return listing;
  let whole: Promise<{ readonly listing: KeyListing; readonly isPartial: boolean }> | undefined;
  return {
    async page(start) {
      whole ??= keysOf(listing, changedKeys, maxListRequests).then(({ keys, isPartial }) => ({
        listing: keysAtHand(countedKeys(keys, urls)),
        isPartial,
      }));
      const { listing: byUrl, isPartial } = await whole;
      return { ...(await byUrl.page(start)), ...(isPartial ? { isPartial } : {}) };
    },
  };
}

async function keysOf(listing: KeyListing, changedKeys: readonly string[], maxListRequests: number) {
  // With the empty one the scope is the whole bucket.
  const site = new KnownSite({ keys: [], prefixes: [] }, ['', ...changedKeys]);
  const keys: string[] = [];
  let requests = 0;
  for (let round = 0; requests < maxListRequests && !site.isListed(''); round++) {
    const wanted = [{ prefix: '', pages: Number.POSITIVE_INFINITY }];
    const starts = nextPages(site, wanted, Math.min(roundSize(round), maxListRequests - requests));
    const pages = await mapConcurrently(starts, CONCURRENT_REQUESTS, start =>
      learnPage(start, site, listing),
    );
    for (const { found } of pages) for (const key of found) keys.push(key);
    requests += starts.length;
  }
  return { keys, isPartial: !site.isListed('') };
}
