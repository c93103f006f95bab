import { App, Duration, Stack } from 'aws-cdk-lib';
import { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AutoInvalidation } from '../constructs/pipeline/auto-invalidation.ts';
import { RefreshAlarms } from '../constructs/pipeline/refresh-alarms.ts';
import { RefreshDashboard } from '../constructs/pipeline/refresh-dashboard.ts';

const app = new App();
const stack = new Stack(app, 'Site');

// Made elsewhere.
const bucket = Bucket.fromBucketName(stack, 'Bucket', 'my-school-site');
const website = Distribution.fromDistributionAttributes(stack, 'Website', {
  distributionId: 'E2EXAMPLE1ABCD',
  domainName: 'd111111abcdef8.cloudfront.net',
});
const docs = Distribution.fromDistributionAttributes(stack, 'Docs', {
  distributionId: 'E3EXAMPLE2EFGH',
  domainName: 'd222222abcdef8.cloudfront.net',
});

const emails = ['owner@example.com', 'office@example.com'];
const pipeline = new AutoInvalidation(stack, 'Freshness', {
  bucket,
  // Each is refreshed when something changes that it shows.
  distributions: [
    { distribution: website, url: 'https://www.example.com', spaFallback: 'index.html' },
    { distribution: docs, urls: { '*.html': ['/$1'] } },
  ],
  // Beside the notifications that the bucket has.
  events: 'eventbridge',
  notify: { emails, when: 'failed' },
  excludedKeys: ['*.map'],
  quietPeriod: Duration.seconds(10),
});
new RefreshAlarms(stack, 'Alarms', { pipeline, notify: emails });
new RefreshDashboard(stack, 'Dashboard', { pipeline });
