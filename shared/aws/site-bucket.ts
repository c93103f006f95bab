import { Readable } from 'node:stream';
import {
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  NotFound,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { BucketDeniedError } from '../errors.ts';
import type { KeyListing } from '../planning/plan-by-listing.ts';
import { MAX_COMPARED_BYTES } from '../refresh/edge-answer.ts';
import type { JudgedObjects } from '../refresh/judge-answer.ts';
import type { Served } from '../refresh/served.ts';
import { listKeys } from './list-keys.ts';

/** The bucket behind the site, as this program's functions see it. */
export function createSiteBucket(bucket: string, client = new S3Client({})): KeyListing & JudgedObjects {
  return {
    page: start => listKeys(client, bucket, start),

    async head(key) {
      try {
        const object = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
        const { VersionId } = object;
        return {
          lastModified: object.LastModified?.toUTCString() ?? '',
          // There may be many null versions, one after the other.
          ...(VersionId === undefined || VersionId === 'null' ? {} : { versionId: VersionId }),
          headers: present({
            etag: object.ETag,
            'content-type': object.ContentType,
            'cache-control': object.CacheControl,
            'content-encoding': object.ContentEncoding,
            'content-disposition': object.ContentDisposition,
            'content-language': object.ContentLanguage,
            expires: object.ExpiresString,
            'x-amz-website-redirect-location': object.WebsiteRedirectLocation,
            ...userMetadata(object.Metadata),
          }),
        } satisfies Served;
      } catch (error) {
        if (error instanceof NotFound) return undefined;
        // An answer to HEAD has no body, so it names no error.
        if (isForbidden(error)) throw new BucketDeniedError(bucket, key, { cause: error });
        throw error;
      }
    },

    async read(key) {
      try {
        const {
          ETag = '',
          ContentLength = 0,
          Body,
        } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        if (ContentLength <= MAX_COMPARED_BYTES)
          return { eTag: ETag, body: (await Body?.transformToByteArray()) ?? new Uint8Array() };
        if (Body instanceof Readable) Body.destroy();
        return undefined;
      } catch (error) {
        if (error instanceof NoSuchKey || isForbidden(error)) return undefined;
        throw error;
      }
    },
  };
}

function isForbidden(error: unknown): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === 403;
}

function userMetadata(metadata: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]));
}

function present(headers: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
