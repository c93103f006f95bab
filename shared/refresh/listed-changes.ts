import * as z from 'zod/mini';
import { MAX_LISTED_IN_MAIL } from '../mail/mail.ts';

/** A list that is cut. */
export const listed = <Item extends z.core.$ZodType>(item: Item) =>
  z.array(item).check(z.maxLength(MAX_LISTED_IN_MAIL));

/** What changed, and what was asked for by hand. The count beside each list is not cut. */
export const LISTED_CHANGES = {
  changes: listed(z.object({ key: z.string(), removed: z.boolean() })),
  changeCount: z.int(),
  /** Invalidation paths that somebody asked for by hand. */
  requestedPaths: listed(z.string()),
  requestedPathCount: z.int(),
};
const ListedChanges = z.object(LISTED_CHANGES);
type ListedChanges = z.infer<typeof ListedChanges>;

/** In a few words, for a subject. */
export function summaryOfChanges(listedChanges: ListedChanges): string {
  const { changes, changeCount, requestedPaths, requestedPathCount } = listedChanges;
  if (changeCount === 0)
    return requestedPathCount === 1 ? `${requestedPaths[0]}` : `${requestedPathCount} paths`;
  return changeCount === 1 && changes[0] !== undefined ? changes[0].key : `${changeCount} files`;
}

export function describeChange({ key, removed }: ListedChanges['changes'][number]): string {
  return removed ? `${key} (removed)` : key;
}
