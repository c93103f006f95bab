import { isDeepStrictEqual } from 'node:util';
import { GetObjectCommand, NoSuchKey, type S3Client } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import type { LocalCloud } from '../../infra/local/local-cloud.ts';
import { inParallel } from './in-parallel.ts';

export interface EdgeViewsOptions {
  readonly cloud: Pick<LocalCloud, 'view'>;
  readonly pops: readonly string[];
  readonly s3: S3Client;
  /** The bucket behind the edge. */
  readonly Bucket: string;
  /** Every key that was ever written or removed; it may grow. */
  readonly everTouched: Iterable<string>;
}

/** What viewers see at every point of presence, beside what the bucket holds. */
export function edgeViews({ cloud, pops, s3, Bucket, everTouched }: EdgeViewsOptions) {
  /** What the bucket holds under a key, as a viewer should see it. */
  async function stored(key: string): Promise<Seen> {
    try {
      const object = await s3.send(new GetObjectCommand({ Bucket, Key: key }));
      return {
        status: 200,
        eTag: object.ETag,
        metadata: object.Metadata,
        contentType: object.ContentType,
        cacheControl: object.CacheControl,
        body: await object.Body?.transformToString(),
      };
    } catch (error) {
      if (error instanceof NoSuchKey) return { status: 404 };
      throw error;
    }
  }

  async function seen(url: string, pop: string): Promise<Seen> {
    const { status, headers, body } = await cloud.view(url, pop);
    if (status !== 200) return { status };
    return {
      status,
      eTag: headers['etag'],
      metadata: userMetadata(headers),
      contentType: headers['content-type'],
      cacheControl: headers['cache-control'],
      body: body.toString(),
    };
  }

  const viewsOf = (key: string) => urlsOf(key).flatMap(url => pops.map(pop => ({ key, url, pop })));

  /** Has every point of presence cache what these keys show now. */
  async function warm(keys: Iterable<string> = everTouched): Promise<void> {
    await inParallel([...keys].flatMap(viewsOf), async ({ url, pop }) => void (await cloud.view(url, pop)));
  }

  /**
   * Every point of presence shows every key ever touched as the bucket holds it, and a removed one
   * not at all.
   */
  async function expectEdgeEqualsBucket(keys: Iterable<string> = everTouched): Promise<void> {
    const differences: unknown[] = [];
    await inParallel([...keys], async key => {
      const bucket = await stored(key);
      for (const { url, pop } of viewsOf(key)) {
        const edge = await seen(url, pop);
        if (!isSame(edge, bucket)) differences.push({ key, url, pop, edge, bucket });
      }
    });
    expect(differences).toEqual([]);
  }

  return { warm, expectEdgeEqualsBucket };
}

interface Seen {
  readonly status: number;
  readonly eTag?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly contentType?: string | undefined;
  readonly cacheControl?: string | undefined;
  readonly body?: string | undefined;
}

/** Not by the time of the last write: an unchanged upload leaves the earlier one at the edge. */
function isSame(a: Seen, b: Seen): boolean {
  return (
    a.status === b.status &&
    a.eTag === b.eTag &&
    a.contentType === b.contentType &&
    a.cacheControl === b.cacheControl &&
    isDeepStrictEqual(a.metadata, b.metadata) &&
    a.body === b.body
  );
}

function userMetadata(headers: Readonly<Record<string, string>>): Record<string, string> {
  const PREFIX = 'x-amz-meta-';
  const own = Object.entries(headers).filter(([name]) => name.startsWith(PREFIX));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(PREFIX.length), value]));
}

/**
 * Every spelling that clients use: all escaped, as JavaScript escapes, as browsers do. The root's
 * index.html is also `/`.
 */
function urlsOf(key: string): string[] {
  const escaped = encodeURIComponent(key).replaceAll('%2F', '/');
  const wholly = escaped.replaceAll(
    /[!'()*~]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  // A raw `+` is not among them: S3 reads it as a space.
  const asBrowsers = escaped.replaceAll(/%(?:24|26|2C|3A|3B|3D|40|5B|5D|7C)/g, decodeURIComponent);
  const urls = new Set([wholly, escaped, asBrowsers].map(path => `/${path}`));
  return key === 'index.html' ? ['/', ...urls] : [...urls];
}
