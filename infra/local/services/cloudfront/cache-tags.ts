import { header, type OriginResponse } from './messages.ts';

/**
 * CloudFront reads so many tags of an object, each of so many characters, and ignores the rest
 * (developer guide, "Invalidate files by cache tag").
 */
const MOST_TAGS = 50;
const LONGEST_TAG = 256;

const TAG = /^[\x21-\x2B\x2D-\x7E]+$/;

/** An item of an invalidation that is no path. */
export function isTag(item: string): boolean {
  return item.startsWith('#');
}

/** Whether CloudFront takes an item as a tag. */
export function isWellSpelledTag(item: string): boolean {
  const tag = item.slice(1);
  return isTag(item) && tag.length <= LONGEST_TAG && TAG.test(tag);
}

/**
 * The cache tags of an origin's answer, in lower case: case does not count.
 *
 * @param headerName `HeaderName` of the distribution's CacheTagConfig; none if it has none
 */
export function tagsOf(
  { headers }: Pick<OriginResponse, 'headers'>,
  headerName: string | undefined,
): string[] {
  const value = headerName === undefined ? undefined : header(headers, headerName.toLowerCase());
  if (value === undefined) return [];
  return value
    .split(',')
    .map(tag => tag.trim().toLowerCase())
    .filter(tag => tag.length <= LONGEST_TAG && TAG.test(tag))
    .slice(0, MOST_TAGS);
}

/** Whether a batch purges objects by one of their tags. */
export function tagMatcher(items: readonly string[]): ((tags: readonly string[]) => boolean) | undefined {
  const wanted = new Set(items.filter(isTag).map(tag => tag.slice(1).toLowerCase()));
  return wanted.size === 0 ? undefined : tags => tags.some(tag => wanted.has(tag));
}
