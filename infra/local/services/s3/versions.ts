import { randomUUID } from 'node:crypto';
import type { AwsRequest, AwsResponse, AwsService } from '../../kernel/aws-api.ts';
import type { S3Store } from '../fauxqs/fauxqs.ts';
import { s3Address } from './s3-request.ts';
import { s3Error, s3Response } from './s3-xml.ts';

type StoredObject = ReturnType<S3Store['getObject']>;

/** One version of a key; a delete marker without an object. */
interface Version {
  readonly id: string;
  readonly object?: StoredObject;
}

export interface Versions {
  /** S3 with `?versioning`, and with versions in the buckets that keep them. */
  with(s3: AwsService): AwsService;
  /** The newest version of a key, or the marker that hides it; undefined without versions. */
  newestOf(bucket: string, key: string): { readonly id: string; readonly isMarker: boolean } | undefined;
}

/**
 * Versions of objects: S3 user guide, "How S3 Versioning works". Old ones are kept in memory, so a
 * restart forgets them; objects without a version then have the version `null`, as those have that
 * are older than the bucket's versioning. Only the current version can be read.
 *
 * @param versioned buckets that keep versions from the start
 */
export function createVersions(store: S3Store, versioned: readonly string[]): Versions {
  const versions = new KeptVersions(store, versioned);
  return {
    newestOf(bucket, key) {
      const newest = versions.of(bucket, key)?.at(-1);
      return newest === undefined ? undefined : { id: newest.id, isMarker: newest.object === undefined };
    },
    with: s3 => async request => {
      const { bucket, key, query } = s3Address(request);
      if (key === '') return query.has('versioning') ? versions.configure(bucket, request) : s3(request);
      const kept = versions.of(bucket, key);
      return kept === undefined ? s3(request) : versions.answer(s3, request, kept);
    },
  };
}

class KeptVersions {
  readonly #store: S3Store;
  /** By bucket and key; the newest last. */
  readonly #keeping: Map<string, Map<string, Version[]>>;

  constructor(store: S3Store, versioned: readonly string[]) {
    this.#store = store;
    this.#keeping = new Map(versioned.map(bucket => [bucket, new Map()]));
  }

  /** Versions of a key; undefined if the bucket keeps none. */
  of(bucket: string, key: string): Version[] | undefined {
    const kept = this.#keeping.get(bucket);
    const known = kept?.get(key);
    if (kept === undefined || known !== undefined) return known;
    const object = this.#current(bucket, key);
    const versions = object === undefined ? [] : [{ id: 'null', object }];
    kept.set(key, versions);
    return versions;
  }

  configure(bucket: string, { method, body }: AwsRequest): AwsResponse {
    if (!this.#store.hasBucket(bucket))
      return s3Error(404, 'NoSuchBucket', 'The specified bucket does not exist');
    if (method !== 'PUT')
      return s3Response('VersioningConfiguration', this.#keeping.has(bucket) ? { Status: 'Enabled' } : {});
    if (!/<Status>Enabled<\/Status>/.test(String(body)))
      return s3Error(501, 'NotImplemented', 'The local cloud does not suspend versioning');
    if (!this.#keeping.has(bucket)) this.#keeping.set(bucket, new Map());
    return { status: 200 };
  }

  async answer(s3: AwsService, request: AwsRequest, versions: Version[]): Promise<AwsResponse> {
    const { bucket, key, query } = s3Address(request);
    const id = query.get('versionId');
    if (request.method === 'DELETE' && id !== null) return this.#destroy(bucket, key, id, versions);
    const response = await s3(request);
    switch (operationOf(request)) {
      case 'read':
        return withVersion(response, versions.at(-1));
      case 'write':
        return response.status < 300
          ? withVersion(response, add(versions, { object: this.#store.getObject(bucket, key) }))
          : response;
      case 'remove':
        return response.status < 300 ? withVersion(response, add(versions, {})) : response;
      default:
        return response;
    }
  }

  /** Deletes one version for good. If it was the newest, the one before it shows again. */
  #destroy(bucket: string, key: string, id: string, versions: Version[]): AwsResponse {
    const index = versions.findIndex(version => version.id === id);
    const [deleted] = index < 0 ? [] : versions.splice(index, 1);
    if (deleted !== undefined && index === versions.length) {
      const shown = versions.at(-1)?.object;
      if (shown === undefined) this.#store.deleteObject(bucket, key);
      else this.#show(bucket, shown);
    }
    const response = { status: 204, headers: { 'x-amz-version-id': id } };
    return withVersion(response, deleted);
  }

  /** With its content, which a persistent store does not keep in memory. */
  #current(bucket: string, key: string): StoredObject | undefined {
    try {
      return this.#store.getObject(bucket, key);
    } catch {
      return undefined;
    }
  }

  /** Makes an old version the current one again, with the date of its own write. */
  #show(bucket: string, object: StoredObject): void {
    const { persistence } = this.#store;
    persistence?.upsertObject(bucket, object);
    this.#store.restoreObject(
      bucket,
      persistence === undefined ? object : { ...object, body: Buffer.alloc(0) },
    );
  }
}

/** What a request does to the versions of a key; undefined for parts of an upload. */
function operationOf(request: AwsRequest): 'read' | 'write' | 'remove' | undefined {
  const { query } = s3Address(request);
  const isOfUpload = query.has('uploadId');
  switch (request.method) {
    case 'PUT':
      return isOfUpload ? undefined : 'write';
    case 'POST':
      return isOfUpload ? 'write' : undefined;
    case 'DELETE':
      return isOfUpload ? undefined : 'remove';
    default:
      return 'read';
  }
}

function add(versions: Version[], version: Omit<Version, 'id'>): Version {
  const added = { id: randomUUID().replaceAll('-', ''), ...version };
  versions.push(added);
  return added;
}

/** @param version the answer stays as it is without one */
function withVersion(response: AwsResponse, version: Version | undefined): AwsResponse {
  if (version === undefined) return response;
  const marker: Record<string, string> =
    version.object === undefined ? { 'x-amz-delete-marker': 'true' } : {};
  return { ...response, headers: { ...response.headers, ...marker, 'x-amz-version-id': version.id } };
}
