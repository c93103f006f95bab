/**
 * A cache tag, by which CloudFront purges every object that its origin served with it. In an
 * invalidation it is an item beside the paths, and counts and costs as one path
 * (CloudFront developer guide, "Invalidate files by cache tag").
 */
const LONGEST_TAG = 256;

/** ASCII without space, control characters and the comma between two tags. */
const TAG = /^[\x21-\x2B\x2D-\x7E]+$/;

/** Why CloudFront would refuse a tag, or undefined if it would take it. */
export function tagProblem(tag: string): string | undefined {
  if (tag === '') return 'it is empty';
  if (tag.length > LONGEST_TAG) return `it is longer than ${LONGEST_TAG} characters`;
  return TAG.test(tag) ? undefined : 'a tag is ASCII without spaces and commas';
}

/** A tag as an item of an invalidation. CloudFront takes no notice of its case. */
export function tagPath(tag: string): string {
  return `#${tag.toLowerCase()}`;
}

export function isTagPath(item: string): boolean {
  return item.startsWith('#');
}
