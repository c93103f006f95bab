import { App, Stack } from 'aws-cdk-lib';
import { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AutoInvalidation } from '../constructs/pipeline/auto-invalidation.ts';
import { RefreshAlarms } from '../constructs/pipeline/refresh-alarms.ts';

const app = new App();
const stack = new Stack(app, 'Sites');

function createSite(id: string) {
  const bucket = new Bucket(stack, `${id}Bucket`);
  const origin = S3BucketOrigin.withOriginAccessControl(bucket);
  const distribution = new Distribution(stack, `${id}Distribution`, { defaultBehavior: { origin } });
  return { bucket, distributions: [{ distribution }] };
}

const emails = ['owner@example.com'];
const shop = new AutoInvalidation(stack, 'Shop', { ...createSite('Shop'), notify: { emails } });
// One queue and one function mail for both.
const blog = new AutoInvalidation(stack, 'Blog', { ...createSite('Blog'), notify: { mail: shop.mail } });

new RefreshAlarms(stack, 'ShopAlarms', { pipeline: shop, notify: emails });
new RefreshAlarms(stack, 'BlogAlarms', { pipeline: blog });
