import type { S3Store } from '../fauxqs/fauxqs.ts';

type Listing = ReturnType<S3Store['listObjects']>;

/**
 * S3 lists by UTF-8 bytes. fauxqs sorts by locale but pages by code unit, and so loses keys between
 * two pages.
 */
export function listInByteOrder(store: S3Store): void {
  const listAll = store.listObjects.bind(store);
  store.listObjects = (bucket, { prefix = '', delimiter, maxKeys = 1000, startAfter, marker } = {}) => {
    const { objects } = listAll(bucket, { prefix, maxKeys: Number.POSITIVE_INFINITY });
    const after = startAfter || marker || '';
    const listing: Listing = { objects: [], commonPrefixes: [], isTruncated: false };
    for (const object of sortedAfter(objects, after)) {
      const group = commonPrefixOf(object.key, prefix, delimiter);
      if (group !== undefined && (group === after || group === listing.commonPrefixes.at(-1))) continue;
      if (listing.objects.length + listing.commonPrefixes.length === maxKeys) return truncated(listing);
      if (group === undefined) listing.objects.push(object);
      else listing.commonPrefixes.push(group);
    }
    return listing;
  };
}

/**
 * fauxqs continues after the last object of a page, and after the last prefix only if a page has no
 * object. So a page must not end with a prefix; S3 may return fewer keys than were asked for.
 */
function truncated({ objects, commonPrefixes }: Listing): Listing {
  const last = objects.at(-1)?.key;
  const kept = commonPrefixes.filter(prefix => last === undefined || byBytes(prefix, last) < 0);
  return { objects, commonPrefixes: kept, isTruncated: true };
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function sortedAfter(objects: Listing['objects'], after: string): Listing['objects'] {
  const start = Buffer.from(after);
  return objects
    .map(object => ({ object, bytes: Buffer.from(object.key) }))
    .filter(({ bytes }) => start.length === 0 || Buffer.compare(bytes, start) > 0)
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
    .map(({ object }) => object);
}

function commonPrefixOf(key: string, prefix: string, delimiter: string | undefined): string | undefined {
  const end = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length);
  return delimiter === undefined || end < 0 ? undefined : key.slice(0, end + delimiter.length);
}
