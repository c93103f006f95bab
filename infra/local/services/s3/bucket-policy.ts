import type { AwsService } from '../../kernel/aws-api.ts';
import { s3Address } from './s3-request.ts';
import { s3Error } from './s3-xml.ts';

/** S3 with `GET ?policy`. @param policies of the template, by bucket */
export function withBucketPolicies(s3: AwsService, policies: ReadonlyMap<string, unknown>): AwsService {
  return async request => {
    const { bucket, key, query } = s3Address(request);
    if (request.method !== 'GET' || key !== '' || !query.has('policy')) return s3(request);
    const policy = policies.get(bucket);
    if (policy !== undefined)
      return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(policy) };
    const exists = await s3({ ...request, method: 'HEAD', url: `/${bucket}`, body: Buffer.alloc(0) });
    return exists.status === 200
      ? s3Error(404, 'NoSuchBucketPolicy', 'The bucket policy does not exist', { BucketName: bucket })
      : s3Error(404, 'NoSuchBucket', 'The specified bucket does not exist', { BucketName: bucket });
  };
}
