import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { EventType } from 'aws-cdk-lib/aws-s3';
import { SqsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AutoInvalidation } from '../../infra/constructs/pipeline/auto-invalidation.ts';
import { privateBucket } from '../../infra/constructs/school/private-bucket.ts';
import { ATTACHED } from '../fixtures/existing-names.ts';
import { CONTEXT } from '../helpers/templates.ts';

const APP = fileURLToPath(import.meta.resolve('../../infra/app.ts'));

/** The stacks that the app makes when the command line names `asked`. */
async function stacksOf(context: object, asked: string): Promise<string[]> {
  const outdir = mkdtempSync(join(tmpdir(), 'app-'));
  onTestFinished(() => rmSync(outdir, { recursive: true }));
  await promisify(execFile)(process.execPath, [APP], {
    env: {
      PATH: dirname(process.execPath),
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify({ ...CONTEXT, ...context, 'aws:cdk:bundling-stacks': [asked] }),
    },
  });
  return readdirSync(outdir)
    .filter(file => file.endsWith('.template.json'))
    .map(file => file.replace('.template.json', ''))
    .sort();
}

describe('The app', () => {
  it('makes the attachment alone when only that is asked for', async () => {
    expect(await stacksOf(ATTACHED, 'AutoInvalidation')).toEqual(['AutoInvalidation']);
  });

  it('says which settings are missing when it is asked for the attachment without them', async () => {
    await expect(stacksOf({}, 'AutoInvalidation')).rejects.toThrow(/bucket[\s\S]*distributionId/);
  });
});

it('A bucket of the same stack is told encoded prefixes', () => {
  const app = new App({ context: { ...CONTEXT, 'aws:cdk:bundling-stacks': [] } });
  const stack = new Stack(app, 'Site', { env: { region: 'us-east-1' } });
  const bucket = privateBucket(stack, 'Bucket', {});
  const distribution = new Distribution(stack, 'Distribution', {
    defaultBehavior: { origin: S3BucketOrigin.withOriginAccessControl(bucket) },
  });
  new AutoInvalidation(stack, 'Freshness', {
    bucket,
    distribution,
    notifyEmail: 'owner@example.com',
    keyPrefixes: ['my site/'],
  });
  const filter = { S3Key: { Rules: [{ Name: 'prefix', Value: 'my+site/' }] } };
  Template.fromStack(stack).hasResourceProperties('AWS::S3::Bucket', {
    NotificationConfiguration: { QueueConfigurations: Array(3).fill(Match.objectLike({ Filter: filter })) },
  });
});

it('A bucket with notifications of its own construct is refused, for they would replace those of the pipeline', () => {
  const app = new App({ context: { ...CONTEXT, 'aws:cdk:bundling-stacks': [] } });
  const stack = new Stack(app, 'Site', { env: { region: 'us-east-1' } });
  const bucket = privateBucket(stack, 'Bucket', {});
  const distribution = new Distribution(stack, 'Distribution', {
    defaultBehavior: { origin: S3BucketOrigin.withOriginAccessControl(bucket) },
  });
  new AutoInvalidation(stack, 'Freshness', { bucket, distribution, notifyEmail: 'owner@example.com' });
  bucket.addEventNotification(EventType.OBJECT_CREATED, new SqsDestination(new Queue(stack, 'Other')));
  expect(() => app.synth()).toThrow('which would replace those of AutoInvalidation');
});
