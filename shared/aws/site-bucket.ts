import { HeadObjectCommand, NotFound, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import type { SiteListing } from '../refresh/invalidate.ts';
import type { Served } from '../refresh/served.ts';
import type { OriginObjects } from '../refresh/verify-edge.ts';

export function createSiteBucket(bucket: string, client = new S3Client({})): SiteListing & OriginObjects {
  return {
    async keys(Prefix) {
      const keys: string[] = [];
      for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix })) {
        for (const { Key } of Contents) if (Key !== undefined) keys.push(Key);
      }
      return keys;
    },

    async head(key) {
      try {
        const object = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
        return {
          lastModified: object.LastModified?.toUTCString() ?? '',
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
        throw error;
      }
    },
  };
}

function userMetadata(metadata: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]));
}

function present(headers: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
