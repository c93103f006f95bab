import { keysAtHand } from './keys-at-hand.ts';
import type { KeyListing } from './plan-by-listing.ts';
import { countedKeys, isInOrder, type UrlRules } from './viewer-urls.ts';

/**
 * A bucket's keys as a plan counts them. Where URLs were told, or behaviours show several folders
 * as one, keys lie elsewhere among the URLs than in the bucket. Then they are listed once, from the
 * first one, and each is put where its first URL has it.
 *
 * @param maxListRequests keys beyond so many pages are not counted
 */
export function listingByUrl(listing: KeyListing, urls: UrlRules, maxListRequests: number): KeyListing {
  if (isInOrder(urls)) return listing;
  let whole: Promise<KeyListing> | undefined;
  return {
    async page(start) {
      whole ??= keysOf(listing, maxListRequests).then(keys => keysAtHand(countedKeys(keys, urls)));
      return (await whole).page(start);
    },
  };
}

async function keysOf(listing: KeyListing, maxListRequests: number): Promise<string[]> {
  const keys: string[] = [];
  for (let request = 0; request < maxListRequests; request++) {
    const startAfter = keys.at(-1);
    const page = await listing.page({ prefix: '', ...(startAfter === undefined ? {} : { startAfter }) });
    keys.push(...page.keys);
    if (page.isLast) break;
  }
  return keys;
}
