import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  CfnBucket,
  type IBucket,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

export interface PrivateBucketProps extends Omit<BucketProps, 'bucketName' | 'removalPolicy'> {
  /** @default - CloudFormation chooses it */
  readonly bucketName?: string | undefined;
}

/**
 * A bucket that nobody can open to the public: encrypted, TLS only, kept when the stack is deleted.
 *
 * What a failed first deployment does with it depends on its name. If CloudFormation chose that,
 * the bucket stays: CloudFormation cannot delete a bucket with files, which would stop the
 * rollback, and the next try has another name. A name that was given would stop the next try, so
 * that bucket is deleted, which works only while it is empty.
 */
export function privateBucket(
  scope: Construct,
  id: string,
  { bucketName, ...props }: PrivateBucketProps,
): IBucket {
  const bucket = new Bucket(scope, id, {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    ...(bucketName === undefined
      ? { removalPolicy: RemovalPolicy.RETAIN }
      : { bucketName, removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE }),
    ...props,
  });
  // CDK is not written for exactOptionalPropertyTypes: its Bucket declares `isWebsite: boolean |
  // undefined`.
  return bucket as IBucket;
}

export function cfnBucketOf(bucket: IBucket): CfnBucket {
  if (bucket.node.defaultChild instanceof CfnBucket) return bucket.node.defaultChild;
  throw new Error('The bucket must be made by this app');
}

/** A bucket's logical id, which cdk-nag's findings mention. */
export function logicalIdOf(bucket: IBucket): string {
  return Stack.of(bucket).getLogicalId(cfnBucketOf(bucket));
}
