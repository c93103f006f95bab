import { z } from 'zod';
import type { AwsService } from '../../kernel/aws-api.ts';
import { s3Address } from './s3-request.ts';
import { s3Error, s3Response } from './s3-xml.ts';

/** How S3 encrypts new objects of a bucket. Nothing is encrypted here. */
export type BucketEncryption = z.infer<typeof ByDefault>;

const ByDefault = z.object({ SSEAlgorithm: z.string(), KMSMasterKeyID: z.string().optional() });

/** S3 encrypts what no one else does: S3 user guide, "Default encryption FAQ". */
const KEYS_OF_S3: BucketEncryption = { SSEAlgorithm: 'AES256' };

const Configuration = z.object({
  ServerSideEncryptionConfiguration: z.tuple([z.object({ ServerSideEncryptionByDefault: ByDefault })]),
});

/** @param property `BucketEncryption` of the template; undefined if it says nothing */
export function encryptionOf(property: unknown): BucketEncryption {
  if (property === undefined) return KEYS_OF_S3;
  return Configuration.parse(property).ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault;
}

/** S3 with `GET ?encryption`. */
export function withEncryption(
  s3: AwsService,
  buckets: readonly { readonly name: string; readonly encryption: BucketEncryption }[],
): AwsService {
  const known = new Map(buckets.map(({ name, encryption }) => [name, encryption]));
  return async request => {
    const { bucket, key, query } = s3Address(request);
    if (request.method !== 'GET' || key !== '' || !query.has('encryption')) return s3(request);
    const exists = await s3({ ...request, method: 'HEAD', url: `/${bucket}`, body: Buffer.alloc(0) });
    if (exists.status !== 200) return s3Error(404, 'NoSuchBucket', 'The specified bucket does not exist');
    const ApplyServerSideEncryptionByDefault = known.get(bucket) ?? KEYS_OF_S3;
    return s3Response('ServerSideEncryptionConfiguration', {
      Rule: { ApplyServerSideEncryptionByDefault, BucketKeyEnabled: false },
    });
  };
}
