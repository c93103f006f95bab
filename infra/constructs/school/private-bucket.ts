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

/**
 * A bucket that nobody can open to the public: encrypted, TLS only, kept when the stack is deleted.
 */
export function privateBucket(scope: Construct, id: string, props: BucketProps): IBucket {
  const bucket = new Bucket(scope, id, {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    // A failed first deployment removes it again: otherwise its name would stop the next try.
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
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
