import {
  GetBucketEncryptionCommand,
  GetObjectCommand,
  HeadBucketCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { Buckets } from '../deployment/site-bucket-check.ts';

/** Looks at buckets in the client's region. */
export function createBuckets(client = new S3Client({})): Buckets {
  const region = () => client.config.region();

  /** The key by which S3 encrypts new objects; undefined if it has its own, or does not say. */
  async function keyOfKms(Bucket: string): Promise<string | undefined> {
    const found = await client
      .send(new GetBucketEncryptionCommand({ Bucket }))
      .catch(orUndefined(error => statusOf(error) === 403));
    const [rule] = found?.ServerSideEncryptionConfiguration?.Rules ?? [];
    return rule?.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID;
  }

  return {
    region,

    async find(Bucket, ExpectedBucketOwner) {
      try {
        await client.send(new HeadBucketCommand({ Bucket, ExpectedBucketOwner }));
      } catch (error) {
        const actual = regionOf(error);
        if (actual !== undefined && actual !== (await region())) return { kind: 'elsewhere', region: actual };
        if (statusOf(error) === 404) return { kind: 'missing' };
        if (statusOf(error) === 403) return { kind: 'denied' };
        throw error;
      }
      const key = await keyOfKms(Bucket);
      return { kind: 'here', ...(key === undefined ? {} : { keyOfKms: key }) };
    },

    async reading(Bucket, Key) {
      try {
        // Not HEAD, whose refusal has no body to say why.
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, Range: 'bytes=0-0' }));
        await Body?.transformToByteArray();
        return 'allowed';
      } catch (error) {
        if (statusOf(error) === 404) return 'allowed';
        if (statusOf(error) !== 403) throw error;
        return isExplicit(error) ? 'refused' : 'denied';
      }
    },
  };
}

const statusOf = (error: unknown) =>
  error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;

/** S3 names a bucket's region even to those who may not see it: API reference, HeadBucket. */
function regionOf(error: unknown): string | undefined {
  if (!(error instanceof S3ServiceException)) return undefined;
  const { headers }: { headers?: Readonly<Record<string, string>> } = error.$response ?? {};
  return headers?.['x-amz-bucket-region'];
}

/** IAM user guide, "Troubleshoot access denied error messages". */
const isExplicit = (error: unknown) => error instanceof Error && /with an explicit deny/.test(error.message);

/** Passes on every other error. */
function orUndefined(isExpected: (error: unknown) => boolean) {
  return (error: unknown): undefined => {
    if (!isExpected(error)) throw error;
    return undefined;
  };
}
