import { App, Stack } from 'aws-cdk-lib';
import { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { AutoInvalidation } from '../constructs/pipeline/auto-invalidation.ts';

const app = new App();
const stack = new Stack(app, 'Site');

// KMS encrypts its objects: with the key, the pipeline may read them.
const bucket = Bucket.fromBucketAttributes(stack, 'Bucket', {
  bucketName: 'my-school-site',
  encryptionKey: Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d'),
});
const distribution = Distribution.fromDistributionAttributes(stack, 'Website', {
  distributionId: 'E2EXAMPLE1ABCD',
  domainName: 'd111111abcdef8.cloudfront.net',
});

// Holds {"header": "Basic …"}, which the site asks every visitor for.
const secret = Secret.fromSecretNameV2(stack, 'Login', 'my-school-site/login');

new AutoInvalidation(stack, 'Freshness', {
  bucket,
  distributions: [
    {
      distribution,
      // Visitors of the distribution's own domain are sent here.
      url: 'https://www.example.com',
      verificationHeaders: { authorization: { secret, field: 'header' } },
    },
  ],
  notify: { emails: ['owner@example.com'] },
});
