import { DeleteObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { mapConcurrently } from '../../../../shared/concurrently.ts';
import { requestPath } from '../../../../shared/planning/path-spelling.ts';
import { isServiceError } from '../aws-errors.ts';

/** An upload. */
export interface StoredFile {
  readonly key: string;
  readonly body: string;
  /** Without quotes. */
  readonly eTag: string;
}

/** The doctor's own objects in the site's bucket. Names are without the prefix. */
export interface TrialFiles {
  readonly bucket: string;
  /** What all their keys begin with. */
  readonly prefix: string;
  keyOf(name: string): string;
  /** The URL's path of a name as browsers write it, and as exact invalidation paths name it. */
  pathOf(name: string): string;
  /** The same with everything escaped that may be. */
  escapedPathOf(name: string): string;
  put(name: string, body: string): Promise<StoredFile>;
  /** Uploads the same body under many names. */
  putAll(names: readonly string[], body: (name: string) => string): Promise<StoredFile[]>;
  remove(name: string): Promise<void>;
  /** Removes what is still there. @returns the keys, and those whose removal failed */
  removeAll(): Promise<{ readonly removed: readonly string[]; readonly left: readonly string[] }>;
}

const CONCURRENCY = 10;

export interface TrialFilesOptions {
  readonly client: S3Client;
  readonly bucket: string;
  readonly prefix: string;
  /** The distribution's origin path. */
  readonly originPath: string;
}

export function createTrialFiles({ client, bucket, prefix, originPath }: TrialFilesOptions): TrialFiles {
  /** Noted before they are sent: an upload whose answer is lost has to be removed, too. */
  const present = new Set<string>();
  const keyOf = (name: string) => `${prefix}${name}`;
  const viewerPathOf = (name: string) => `/${keyOf(name)}`.slice(originPath.length);

  async function put(name: string, body: string): Promise<StoredFile> {
    const key = keyOf(name);
    const isNew = !present.has(key);
    present.add(key);
    const command = new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: body,
      ContentType: 'text/plain; charset=utf-8',
      CacheControl: 'public, max-age=3600',
    });
    try {
      const { ETag = '' } = await client.send(command);
      return { key, body, eTag: ETag.replaceAll('"', '') };
    } catch (error) {
      if (isNew && isServiceError(error)) present.delete(key);
      throw error;
    }
  }

  async function removeKey(key: string): Promise<void> {
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    present.delete(key);
  }

  return {
    bucket,
    prefix,
    keyOf,
    pathOf: name => requestPath(viewerPathOf(name)),
    escapedPathOf: name => whollyEscaped(viewerPathOf(name)),
    put,
    async putAll(names, body) {
      // All of them end before one may fail: nothing is uploaded after the removal.
      const outcomes = await mapConcurrently(names, CONCURRENCY, name =>
        put(name, body(name)).catch((error: unknown) => ({ error })),
      );
      return outcomes.map(outcome => {
        if ('error' in outcome) throw outcome.error;
        return outcome;
      });
    },
    remove: name => removeKey(keyOf(name)),
    async removeAll() {
      const keys = [...present];
      const failed = (error: unknown) => error;
      const errors = await mapConcurrently(keys, CONCURRENCY, key => removeKey(key).catch(failed));
      const left = keys.filter((_, index) => errors[index] !== undefined);
      return { removed: keys.filter(key => !left.includes(key)), left };
    },
  };
}

function whollyEscaped(path: string): string {
  const escaped = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(path)
    .replaceAll('%2F', '/')
    .replaceAll(/[!'()*~]/g, escaped);
}

/** Long enough that CloudFront compresses it: 1,000 bytes at least. */
export function contentOf(version: string): string {
  return `${version} version of a file of the doctor\n`.repeat(40);
}
