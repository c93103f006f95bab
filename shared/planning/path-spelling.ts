/*
 * How a viewer path is written in a URL and in an invalidation path, and which ones CloudFront
 * takes. A *viewer path* is the decoded path of a URL: `/my file.html`, never `/my%20file.html`.
 */

/**
 * Marks the start of a viewer path's query string. Only paths asked for by hand have one. It names
 * a variant of an object, and is left as it was spelled. The mark is half of a surrogate pair,
 * alone, which no key contains.
 */
export const QUERY = '\uDC00';

/** Finds the mark. In Unicode mode it does not match a half of a whole pair, as in a 🐀. */
const QUERY_MARK = /\uDC00/u;

/** Index of the mark in a viewer path or a text of the search; -1 if there is no query string. */
export function queryAt(viewerPath: string): number {
  return viewerPath.includes(QUERY) ? viewerPath.search(QUERY_MARK) : -1;
}

/** A viewer path without its query string, and the query string if there is one. */
function atQuery(viewerPath: string): [path: string, query?: string] {
  if (queryAt(viewerPath) < 0) return [viewerPath];
  const [path = '', query = ''] = viewerPath.split(QUERY_MARK);
  return [path, query];
}

/** CloudFront's longest invalidation path, in characters. */
export const MAX_PATH_LENGTH = 4000;

/**
 * Characters for which no exact invalidation path is sure to match. A path is cut before the first
 * of them: a wildcard costs the same and always matches.
 *
 * - `~ [ ] | ^ \`: RFC 1738 calls them unsafe, so CloudFront takes them only as `%XX`, but browsers
 *   send them raw. Reports differ on whether `%7E` then matches (aws/aws-sdk#525, bep/s3deploy#46).
 * - `'`: browsers send it raw, and CloudFront has refused it raw (laurilehmijoki/s3_website).
 * - `+`: S3 reads it as a space, so links write `%2B`, which RFC 1738 does not ask for.
 * - `*`: raw it would be a wildcard.
 *
 * All else that browsers send raw RFC 1738 leaves alone, too (`$ ! ( ) , ; : @ & =`), and
 * CloudFront wants it raw.
 */
const DOUBTFUL = /[~'*+|[\]^\\]/;

/** `.` and `..` segments, which clients remove before they send a URL. */
const DOT_SEGMENT = /\/\.{1,2}(?=\/|$)/;

/** The characters of most paths. */
const SAFE = /^[\w./-]*$/;

/** Whether a viewer path is the same in a URL and in an invalidation. */
export const isPlain = (viewerPath: string) => SAFE.test(viewerPath) && !viewerPath.includes('/.');

/**
 * The index from which no exact invalidation path is sure to cover a viewer path; undefined if one
 * covers it all.
 */
export function doubtfulFrom(viewerPath: string): number | undefined {
  if (isPlain(viewerPath)) return undefined;
  const [path] = atQuery(viewerPath);
  const cuts = [path.search(DOUBTFUL), dotSegmentAt(path)].filter(index => index >= 0);
  return cuts.length === 0 ? undefined : Math.min(...cuts);
}

/**
 * Whether a path has segments that no client sends, so that the object behind it cannot be
 * requested.
 */
export function hasDotSegment(viewerPath: string): boolean {
  return DOT_SEGMENT.test(viewerPath);
}

function dotSegmentAt(path: string): number {
  const slash = path.search(DOT_SEGMENT);
  return slash < 0 ? slash : slash + 1;
}

/** What encodeURI takes for a part of the URL's own syntax, which it is not in a name. */
const SYNTAX = /[?#+]/g;

/**
 * A viewer path as a client sends it, encoded exactly once. Without doubtful characters it is also
 * what CloudFront requires of an invalidation path: RFC 1738's unsafe bytes and all non-ASCII bytes
 * are encoded, and nothing else. A `+` is encoded because S3 reads a raw one as a space.
 */
export function requestPath(viewerPath: string): string {
  if (SAFE.test(viewerPath)) return viewerPath;
  const [path, query] = atQuery(viewerPath);
  const encoded = encodeURI(path).replaceAll(SYNTAX, encodeURIComponent);
  return query === undefined ? encoded : `${encoded}?${query}`;
}

/** The viewer path that an exact invalidation path names. */
export function decodePath(path: string): string {
  const [encoded = '', ...query] = path.split('?');
  const decoded = decodeURIComponent(encoded);
  return query.length === 0 ? decoded : `${decoded}${QUERY}${query.join('?')}`;
}

/**
 * What CloudFront refuses in a path: bytes that must be percent-encoded, a stray `%`, a `*` before
 * the end.
 */
const REFUSED = /[^\x21-\x7E]|["<>#{}|\\^~[\]`]|%(?![0-9A-Fa-f]{2})|\*(?!$)/;

/** Why CloudFront would refuse an invalidation path, or undefined when it would take it. */
export function pathProblem(path: string): string | undefined {
  if (!path.startsWith('/')) return 'it must begin with /';
  if (path.length > MAX_PATH_LENGTH) return `it is longer than ${MAX_PATH_LENGTH} characters`;
  if (REFUSED.test(path)) {
    return 'unsafe and non-ASCII characters must be percent-encoded, and * may only be the last character';
  }
  return isDecodable(path) ? undefined : 'its percent-encoding is not UTF-8';
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
