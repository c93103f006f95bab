import { LOCAL_ACCOUNT, LOCAL_REGION } from './aws-api.ts';

/**
 * ARN of a resource in the local account.
 *
 * @param region empty for services that have none, such as IAM and CloudFront
 */
export function arnOf(service: string, resource: string, region: string = LOCAL_REGION): string {
  return `arn:aws:${service}:${region}:${LOCAL_ACCOUNT}:${resource}`;
}

/** Bucket names are global: their ARNs hold neither account nor region. */
export function bucketArn(bucket: string): string {
  return `arn:aws:s3:::${bucket}`;
}
