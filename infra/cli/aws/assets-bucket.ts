import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import { createBuckets } from '../../../shared/aws/site-buckets.ts';
import type { AssetsBucket } from '../attachment/deployment.ts';
import type { Stack } from './stack.ts';

/** The bucket with the assets of attachments. @param account that must own it */
export function openAssetsBucket(client: Stack['client'], bucket: string, account: string): AssetsBucket {
  // Names of local buckets are not part of the host.
  const s3 = new S3Client({ ...client, forcePathStyle: client.endpoint !== undefined });
  const owned = { Bucket: bucket, ExpectedBucketOwner: account };
  const { region } = client;
  return {
    name: bucket,
    find: () => createBuckets(s3).find(bucket, account),

    // S3 encrypts new buckets and blocks public access to them (user guide, "Creating a bucket").
    async create() {
      const LocationConstraint = region as BucketLocationConstraint;
      await s3.send(
        new CreateBucketCommand({
          Bucket: bucket,
          // The first region has no name here.
          ...(region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint } }),
        }),
      );
    },

    async put(Key, Body) {
      await s3.send(new PutObjectCommand({ ...owned, Key, Body }));
    },

    async empty(Prefix) {
      let count = 0;
      for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { ...owned, Prefix })) {
        const Objects = Contents.map(({ Key }) => ({ Key }));
        if (Objects.length > 0) await s3.send(new DeleteObjectsCommand({ ...owned, Delete: { Objects } }));
        count += Objects.length;
      }
      return count;
    },

    async removeIfEmpty() {
      const { KeyCount = 0 } = await s3.send(new ListObjectsV2Command({ ...owned, MaxKeys: 1 }));
      if (KeyCount > 0) return false;
      await s3.send(new DeleteBucketCommand(owned));
      return true;
    },
  };
}
