import { App, Stack } from 'aws-cdk-lib';
import { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AutoInvalidation } from '../constructs/pipeline/auto-invalidation.ts';

const app = new App();
const stack = new Stack(app, 'Site');

const bucket = new Bucket(stack, 'Bucket');
const distribution = new Distribution(stack, 'Distribution', {
  defaultRootObject: 'index.html',
  defaultBehavior: { origin: S3BucketOrigin.withOriginAccessControl(bucket) },
});

// Whatever is uploaded from now on, the edge follows.
new AutoInvalidation(stack, 'Freshness', {
  bucket,
  distributions: [{ distribution }],
  notify: { emails: ['owner@example.com'] },
});
