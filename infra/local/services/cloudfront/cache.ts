import type { Headers } from './messages.ts';

export interface CachedObject {
  readonly status: number;
  /** The status of the origin's answer, if an error page is kept in its place. */
  readonly errorStatus?: number;
  readonly headers: Headers;
  readonly body: Buffer;
  /** Milliseconds since the epoch. */
  readonly storedAt: number;
  readonly freshUntil: number;
  /** The ETag as the origin spelled it; compression weakens the viewer's. */
  readonly originETag?: string;
  /** Its cache tags, in lower case. */
  readonly tags: readonly string[];
}

export interface CacheKey {
  /** Identifies a cached variant. */
  readonly id: string;
  readonly distributionId: string;
  /** What invalidation paths are compared with: see `objectAddress`. */
  readonly address: string;
  readonly variant: Variant;
}

/** What tells apart the entries of one URL. An invalidation purges all of them. */
export interface Variant {
  readonly method: 'GET' | 'HEAD' | 'OPTIONS';
  /** Normalised: `br,gzip`, `gzip`, `br`, or empty for an object as it is stored. */
  readonly encodings: string;
}

export interface Fetched<T> {
  readonly value: T;
  /** What to keep under the key. Without it nothing is kept, and an older object is dropped. */
  readonly store?: CachedObject;
}

/** The cache of one point of presence. Least recently used objects go first when it is full. */
export interface EdgeCache<T> {
  get(key: CacheKey): CachedObject | undefined;
  /**
   * Concurrent misses for one key share one fetch; `joined` is true for those that did not start
   * it.
   */
  fetchOnce(
    key: CacheKey,
    fetch: () => Promise<Fetched<T>>,
  ): Promise<{ readonly value: T; readonly joined: boolean }>;
  /**
   * Drops what matches, and does not keep what is being fetched: that may be the old content. What
   * is being fetched is asked about without an object.
   */
  purge(matches: (key: CacheKey, object?: CachedObject) => boolean): void;
}

/** An object's share of the maps and headers beside its body. */
const OVERHEAD_BYTES = 1024;

export function createEdgeCache<T>(maxBytes: number): EdgeCache<T> {
  const objects = new Map<string, { readonly key: CacheKey; readonly object: CachedObject }>();
  const flights = new Map<string, { readonly key: CacheKey; readonly fetched: Promise<Fetched<T>> }>();
  let bytes = 0;

  function forget(id: string): void {
    const known = objects.get(id);
    if (known === undefined) return;
    bytes -= size(known.object);
    objects.delete(id);
  }

  function keep(key: CacheKey, object: CachedObject): void {
    forget(key.id);
    if (size(object) > maxBytes) return;
    objects.set(key.id, { key, object });
    bytes += size(object);
    for (const id of objects.keys()) {
      if (bytes <= maxBytes) break;
      forget(id);
    }
  }

  return {
    get(key) {
      const known = objects.get(key.id);
      if (known === undefined) return undefined;
      objects.delete(key.id);
      objects.set(key.id, known);
      return known.object;
    },
    async fetchOnce(key, fetch) {
      const known = flights.get(key.id);
      if (known !== undefined) return { value: (await known.fetched).value, joined: true };
      const flight = { key, fetched: fetch() };
      flights.set(key.id, flight);
      try {
        const { value, store } = await flight.fetched;
        // A purge removes the fetch from the map: what it brings may be older than the purge.
        if (flights.get(key.id) === flight) {
          if (store === undefined) forget(key.id);
          else keep(key, store);
        }
        return { value, joined: false };
      } finally {
        if (flights.get(key.id) === flight) flights.delete(key.id);
      }
    },
    purge(matches) {
      for (const [id, { key, object }] of objects) if (matches(key, object)) forget(id);
      for (const [id, { key }] of flights) if (matches(key)) flights.delete(id);
    },
  };
}

function size(object: CachedObject): number {
  return object.body.length + OVERHEAD_BYTES;
}
