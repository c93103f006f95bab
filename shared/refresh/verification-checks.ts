import { mapConcurrently } from '../concurrently.ts';
import { decodePath, requestPath } from '../planning/path-spelling.ts';
import type { KeyListing } from '../planning/plan-by-listing.ts';
import { isInOrder, keyOf, sureViewerPaths, toldKeysAt, type UrlRules } from '../planning/viewer-urls.ts';
import { type Change, type Changes, newestPerKey } from './refresh.ts';

/** A URL to be asked for, and the object that it should show. */
export interface Check {
  readonly key: string;
  readonly viewerPath: string;
  /** As a client asks for it. */
  readonly requestPath: string;
  /** The change to be verified; absent for a path asked for by hand. */
  readonly change?: Change;
}

/**
 * How many URLs of a wildcard asked for by hand are checked: whole sites are not requested for it.
 */
const SPOT_CHECKS = 25;

/** As many connections as the SDK opens at once. */
const CONCURRENT_LISTINGS = 50;

/**
 * Everything that a refresh should have made fresh, as far as there is a URL that is sure to show
 * it.
 */
export async function checksFor(
  { objects, paths }: Changes,
  origin: KeyListing,
  rules: UrlRules,
): Promise<Check[]> {
  return [...checksOfChanges(objects, rules), ...(await spotChecks(paths, origin, rules))];
}

export function checksOfChanges(objects: readonly Change[], rules: UrlRules): Check[] {
  return newestPerKey(objects).flatMap(change =>
    sureViewerPaths(change.key, rules).map(viewerPath => ({
      key: change.key,
      viewerPath,
      requestPath: requestPath(viewerPath),
      change,
    })),
  );
}

/** How many URLs are also asked for in the stored form, and compared byte by byte. */
const SAMPLE = 10;

/**
 * Some of the checks: one of each kind of file, then others, evenly spread. Whatever alters content
 * on the way may do so for pages alone, and files of one folder are often alike.
 */
export function sampleOf<Some extends Pick<Check, 'key'>>(checks: readonly Some[]): Some[] {
  const kinds = Map.groupBy(checks, ({ key }) => /\.[^./]*$/.exec(key)?.[0] ?? '');
  const firsts = new Set([...kinds.values()].flatMap(ofKind => ofKind.slice(0, 1)).slice(0, SAMPLE));
  const others = checks.filter(check => !firsts.has(check));
  const sample = new Set([...firsts, ...spread(others, SAMPLE - firsts.size)]);
  return checks.filter(check => sample.has(check));
}

/** At most so many of the items, from all parts. */
function spread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  const partOf = (index: number) => Math.floor((index * count) / items.length);
  return items.filter((_, index) => partOf(index) !== partOf(index - 1));
}

/** One request for each path: a page holds more URLs than are checked. */
async function spotChecks(paths: readonly string[], origin: KeyListing, rules: UrlRules): Promise<Check[]> {
  // A query string names a variant of an object, not another object.
  const plain = paths.filter(path => !path.includes('?'));
  const covered = await mapConcurrently(plain, CONCURRENT_LISTINGS, path => checksOf(path, origin, rules));
  return covered.flat();
}

/**
 * The first URLs that an invalidation path covers. A path that names no object may be a route of
 * the page, or belong to another origin: there is no telling what it should show.
 */
async function checksOf(path: string, origin: KeyListing, rules: UrlRules): Promise<Check[]> {
  const isWildcard = path.endsWith('*');
  const start = decodePath(path.replace(/\*$/, ''));
  const prefix = prefixOf(start, isWildcard, rules);
  if (prefix === undefined) return [];
  const { keys } = await origin.page({ prefix });
  return keys
    .flatMap(key => sureViewerPaths(key, rules).map(viewerPath => ({ key, viewerPath })))
    .filter(({ viewerPath }) => (isWildcard ? viewerPath.startsWith(start) : viewerPath === start))
    .slice(0, SPOT_CHECKS)
    .map(check => ({ ...check, requestPath: requestPath(check.viewerPath) }));
}

/**
 * What the keys of a path begin with. Where URLs were told, a wildcard may cover any key, and the
 * first page of them has to do.
 */
function prefixOf(start: string, isWildcard: boolean, rules: UrlRules): string | undefined {
  if (!isWildcard) return toldKeysAt(start, rules)[0] ?? keyOf(start, rules);
  return isInOrder(rules) ? `${rules.originPath}${start}`.slice(1) : '';
}
