import { App, Stack } from 'aws-cdk-lib';
import { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Code, Function as Lambda, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { AutoInvalidation } from '../constructs/pipeline/auto-invalidation.ts';

const app = new App();
const stack = new Stack(app, 'Site');

const bucket = new Bucket(stack, 'Bucket');
const origin = S3BucketOrigin.withOriginAccessControl(bucket);
const distribution = new Distribution(stack, 'Distribution', { defaultBehavior: { origin } });
const pipeline = new AutoInvalidation(stack, 'Freshness', {
  bucket,
  distributions: [{ distribution }],
  notify: { emails: ['owner@example.com'] },
});

// Each deploy uploads the id of its commit as `commit.txt`, last of all.
const token = Secret.fromSecretNameV2(stack, 'Token', 'my-site/github-token');
const setStatus = new Lambda(stack, 'SetCommitStatus', {
  runtime: Runtime.NODEJS_24_X,
  handler: 'index.handler',
  code: Code.fromAsset('infra/examples/commit-status'),
  environment: { BUCKET: bucket.bucketName, TOKEN: token.secretName, REPOSITORY: 'my-school/my-site' },
});
bucket.grantRead(setStatus, 'commit.txt');
token.grantRead(setStatus);
pipeline.onEnded('ForCommit', { target: new LambdaFunction(setStatus) });
