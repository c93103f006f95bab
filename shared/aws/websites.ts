import { GetBucketWebsiteCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import type { WebsiteReader } from '../sites/found-distribution.ts';
import { readWebsite } from '../sites/read-website.ts';

/** Reads the website configuration of buckets in the client's region. */
export function createWebsites(client = new S3Client({})): WebsiteReader {
  return {
    async find(Bucket) {
      try {
        return readWebsite(await client.send(new GetBucketWebsiteCommand({ Bucket })));
      } catch (error) {
        if (error instanceof S3ServiceException && error.name === 'NoSuchWebsiteConfiguration')
          return undefined;
        throw error;
      }
    },
  };
}
