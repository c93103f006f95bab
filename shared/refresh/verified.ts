import type { Change } from './refresh.ts';
import { fingerprintOf, headersFingerprintOf, isNeverCached, type Served } from './served.ts';

/** What was last seen the same in the bucket and at the edge. */
export interface Verified {
  readonly fingerprint: string;
  /**
   * The same for objects with the same headers, whatever their content. Absent where there was no
   * object, and in older records, which know nothing of caching.
   */
  readonly headers?: string;
  /**
   * The same for the headers that the edge showed, where they differ from those of the object: its
   * policies and functions may change them.
   */
  readonly shown?: readonly string[];
  /** Whether it was served with `no-store`. */
  readonly neverCached: boolean;
  /** As it was stored; absent, as `expires` is, if it was stored without. */
  readonly cacheControl?: string;
  readonly expires?: string;
  /** As HTTP writes it, in quotes; absent where there was no object. */
  readonly eTag?: string;
  /** Tells versions apart, whatever their content; absent where there was no object. */
  readonly lastModified?: string;
  /** Absent in buckets without versions. */
  readonly versionId?: string;
  /**
   * The refresh that skipped the last change. If that refresh asks again, it gets the same answer.
   */
  readonly skippedBy?: string;
}

/** What to store about an object, or about its absence. */
export function verifiedFrom(object: Served | undefined): Verified {
  const { etag = '' } = object?.headers ?? {};
  return {
    fingerprint: fingerprintOf(object),
    ...(object === undefined ? {} : { headers: headersFingerprintOf(object) }),
    neverCached: isNeverCached(object),
    ...cachingHeadersOf(object),
    ...(object === undefined ? {} : { eTag: etag, lastModified: object.lastModified }),
    ...(object?.versionId === undefined ? {} : { versionId: object.versionId }),
  };
}

function cachingHeadersOf(object: Served | undefined): Pick<Verified, 'cacheControl' | 'expires'> {
  const cacheControl = object?.headers['cache-control'];
  const expires = object?.headers['expires'];
  return {
    ...(cacheControl === undefined ? {} : { cacheControl }),
    ...(expires === undefined ? {} : { expires }),
  };
}

/**
 * Whether an object can be the version that an event is about, as far as the event tells. After the
 * deletion of a version there is no telling.
 */
export function isVersionOf(change: Change, object: Pick<Verified, 'eTag' | 'versionId'>): boolean {
  const isVersion = change.removed || change.versionId === object.versionId;
  return !change.deletesVersion && isVersion && isSameContent(change, object);
}

/** Whether an object has the content that an event names; none is there after a removal. */
export function isSameContent({ removed, eTag }: Change, object: Pick<Verified, 'eTag'>): boolean {
  return removed ? object.eTag === undefined : eTag !== undefined && object.eTag === `"${eTag}"`;
}
