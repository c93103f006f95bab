import { createHash } from 'node:crypto';

/** An object as a viewer gets it: its content, identified by ETag, and its headers. */
export interface Served {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Date of the last write (RFC 9110), in whole seconds. */
  readonly lastModified: string;
  /** As the bucket names it; absent in buckets without versions, and at the edge. */
  readonly versionId?: string;
}

const SERVED_HEADERS = new Set([
  'etag',
  'content-type',
  'cache-control',
  'content-encoding',
  'content-disposition',
  'content-language',
  'expires',
]);

/**
 * Whether S3 stores a header with an object and CloudFront is sure to pass it on. (Website
 * endpoints turn `x-amz-website-redirect-location` into a redirect, so it is part of the
 * fingerprint, but is not compared as a header.)
 */
export function isServedHeader(name: string): boolean {
  return SERVED_HEADERS.has(name) || name.startsWith('x-amz-meta-');
}

/**
 * Whether a viewer sees no difference. The time of the last write may differ, because unchanged
 * uploads are not purged.
 */
export function isSame(a: Served | undefined, b: Served | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const names = [...Object.keys(a.headers), ...Object.keys(b.headers)].filter(isServedHeader);
  return names.every(name => a.headers[name] === b.headers[name]);
}

/**
 * Whether the edge shows an object as it is stored now. The same write counts as well, whatever
 * headers the distribution adds, replaces or removes (by response headers policies): a change of
 * the stored headers alone is a write, too, and has another time.
 */
export function isShown(stored: Served | undefined, shown: Served | undefined): boolean {
  return isSame(stored, shown) || isSameWrite(stored, shown);
}

function isSameWrite(a: Served | undefined, b: Served | undefined): boolean {
  if (a === undefined || b === undefined || a.lastModified === '') return false;
  return a.lastModified === b.lastModified && a.headers['etag'] === b.headers['etag'];
}

/**
 * Whether an edge that shows another ETag, or none, can show an object all the same, by its other
 * headers: none of them differs, though the distribution may remove some.
 */
export function isConsistent(stored: Served, shown: Served): boolean {
  return Object.entries(shown.headers).every(
    ([name, value]) => name === 'etag' || !isServedHeader(name) || stored.headers[name] === value,
  );
}

/** The fingerprint of a key under which there is no object. */
export const ABSENT = 'absent';

/** The same for objects with the same content and stored headers, and different for all others. */
export function fingerprintOf(object: Served | undefined): string {
  return object === undefined ? ABSENT : fingerprintOfHeaders(object.headers);
}

/** The same for objects with the same stored headers, whatever their content. */
export function headersFingerprintOf({ headers: { etag: _, ...others } }: Served): string {
  return fingerprintOfHeaders(others);
}

function fingerprintOfHeaders(headers: Served['headers']): string {
  const sorted = Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('base64url');
}

/**
 * Whether no edge keeps an object, if the distribution honours `no-store`: with a minimum TTL above
 * 0, CloudFront caches it for that long all the same (API reference, CachePolicyConfig). A quoted
 * string may contain the word without meaning it.
 */
export function isNeverCached(object: Served | undefined): boolean {
  const value = object?.headers['cache-control'] ?? '';
  const directives = value.split(',').map(directive => directive.trim().toLowerCase());
  return !value.includes('"') && directives.includes('no-store');
}
