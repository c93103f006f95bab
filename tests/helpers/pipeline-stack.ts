import { App, Stack } from 'aws-cdk-lib';
import { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { type ISecret, Secret, type SecretProps } from 'aws-cdk-lib/aws-secretsmanager';
import { AutoInvalidation } from '../../infra/constructs/pipeline/auto-invalidation.ts';
import type { AutoInvalidationProps } from '../../infra/constructs/pipeline/auto-invalidation-props.ts';
import { privateBucket } from '../../infra/constructs/school/private-bucket.ts';

/**
 * A stack without the feature flags of cdk.json, as strangers have. What takes seconds is left out:
 * its functions are not bundled, and what AWS's rules find would only be warnings.
 */
export function emptyStack(stackName = 'Site'): { readonly app: App; readonly stack: Stack } {
  const app = new App({
    context: { 'aws:cdk:bundling-stacks': [] },
    builtinCloudFormationValidation: false,
  });
  return { app, stack: new Stack(app, stackName) };
}

/** A bucket and a distribution that shows it. */
export function siteIn(stack: Stack, id: string, bucketName?: string) {
  const bucket = privateBucket(stack, `${id}Bucket`, bucketName === undefined ? {} : { bucketName });
  const distribution = new Distribution(stack, `${id}Distribution`, {
    defaultBehavior: { origin: S3BucketOrigin.withOriginAccessControl(bucket) },
  });
  return { bucket, distribution };
}

/** A stack with a site whose bucket has no name of its own, and the pipeline `Freshness` for it. */
export function pipelineStack(props: Partial<AutoInvalidationProps> = {}) {
  const { app, stack } = emptyStack();
  const { bucket, distribution } = siteIn(stack, 'Own');
  const pipeline = new AutoInvalidation(stack, 'Freshness', {
    bucket,
    distributions: [{ distribution }],
    notify: { emails: ['owner@example.com'] },
    ...props,
  });
  return { app, stack, bucket, distribution, pipeline };
}

/**
 * A secret of the stack. CDK is not written for exactOptionalPropertyTypes: its Secret declares
 * `secretFullArn: string | undefined`.
 */
export const secretIn = (stack: Stack, props: SecretProps = {}): ISecret =>
  new Secret(stack, 'Password', props) as ISecret;
