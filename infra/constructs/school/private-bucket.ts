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

/** A bucket that nobody may open to the public, encrypted, TLS only, kept when the stack goes. */
export function privateBucket(scope: Construct, id: string, props: BucketProps): IBucket {
  const bucket = new Bucket(scope, id, {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    // A failed first deployment takes it away again: its name would stop the next try.
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    ...props,
  });
  // CDK is not written for exactOptionalPropertyTypes: its Bucket declares `isWebsite: boolean | undefined`.
  return bucket as IBucket;
}

export function cfnBucketOf(bucket: IBucket): CfnBucket {
  if (bucket.node.defaultChild instanceof CfnBucket) return bucket.node.defaultChild;
  throw new Error('The bucket must be made by this app');
}

/** The name of a bucket in the template, which cdk-nag's findings mention. */
export function logicalIdOf(bucket: IBucket): string {
  return Stack.of(bucket).getLogicalId(cfnBucketOf(bucket));
}
