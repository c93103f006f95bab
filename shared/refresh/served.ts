import { createHash } from 'node:crypto';

/** What a viewer gets of an object: its content, by ETag, and the headers it is served with. */
export interface Served {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** RFC 9110 date of the last write, in whole seconds. */
  readonly lastModified: string;
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
 * Whether S3 stores a header with an object and CloudFront surely passes it on. (Whether it passes a redirect on is unverified,
 * so `x-amz-website-redirect-location` is part of the fingerprint, and not compared with the edge.)
 */
export function isServedHeader(name: string): boolean {
  return SERVED_HEADERS.has(name) || name.startsWith('x-amz-meta-');
}

/** Whether two answers show a viewer the same. The time of the last write may differ: unchanged uploads are not purged. */
export function isSame(a: Served | undefined, b: Served | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const names = [...Object.keys(a.headers), ...Object.keys(b.headers)].filter(isServedHeader);
  return names.every(name => a.headers[name] === b.headers[name]);
}

/**
 * Whether the edge shows an object as it is stored now. It may also be seen by its write, whatever headers the distribution adds,
 * replaces or removes (response headers policies do): a change of the stored headers alone is a write, too, and has another time.
 */
export function isShown(stored: Served | undefined, shown: Served | undefined): boolean {
  return isSame(stored, shown) || isSameWrite(stored, shown);
}

function isSameWrite(a: Served | undefined, b: Served | undefined): boolean {
  if (a === undefined || b === undefined || a.lastModified === '') return false;
  return a.lastModified === b.lastModified && a.headers['etag'] === b.headers['etag'];
}

/** The fingerprint of a key under which there is no object. */
export const ABSENT = 'absent';

/** Equal for objects with the same content and the same stored headers, different for all others. */
export function fingerprintOf(object: Served | undefined): string {
  if (object === undefined) return ABSENT;
  const sorted = Object.entries(object.headers).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('base64url');
}

/**
 * Whether no edge keeps an object, if the distribution honours `no-store`: above a minimum TTL of 0 CloudFront caches it all the same,
 * for so long (API reference, CachePolicyConfig). A value with a quoted string may hold the word without meaning it.
 */
export function isNeverCached(object: Served | undefined): boolean {
  const value = object?.headers['cache-control'] ?? '';
  const directives = value.split(',').map(directive => directive.trim().toLowerCase());
  return !value.includes('"') && directives.includes('no-store');
}
