import { type AwsService, LOCAL_ACCOUNT } from '../../kernel/aws-api.ts';
import { s3Error } from './s3-xml.ts';

/**
 * Refuses callers who expect a bucket to be another account's: S3 user guide, "Bucket owner
 * condition".
 */
export function withExpectedOwner(s3: AwsService): AwsService {
  return async request => {
    const expected = request.headers['x-amz-expected-bucket-owner'];
    if (expected === undefined || expected === LOCAL_ACCOUNT) return s3(request);
    return s3Error(403, 'AccessDenied', 'Access Denied');
  };
}
