import { SecretValue, type Stack } from 'aws-cdk-lib';
import { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AutoInvalidation } from '../../infra/constructs/pipeline/auto-invalidation.ts';
import type { SiteDistribution } from '../../infra/constructs/pipeline/auto-invalidation-props.ts';
import { privateBucket } from '../../infra/constructs/school/private-bucket.ts';
import { circleIn } from '../helpers/dependencies.ts';
import { environmentBytes } from '../helpers/deployment-rules.ts';
import { emptyStack, secretIn, siteIn } from '../helpers/pipeline-stack.ts';
import { type CfnTemplate, permissionsOf, resourceOf, templateOf, textOf } from '../helpers/templates.ts';
import { toldIn } from '../helpers/told.ts';

const notify = { emails: ['owner@example.com'] };
const KEY_ARN = 'arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d';

/** The pipeline `Freshness` for a site whose verification is told `options`. */
function verifying(options: (stack: Stack) => Partial<SiteDistribution>) {
  const { stack } = emptyStack();
  const { bucket, distribution } = siteIn(stack, 'Own');
  new AutoInvalidation(stack, 'Freshness', {
    bucket,
    distributions: [{ distribution, ...options(stack) }],
    notify,
  });
  return templateOf(stack);
}

const withSecret = (made: (stack: Stack) => ISecret, field?: string) =>
  verifying(stack => ({
    verificationHeaders: {
      Authorization: { secret: made(stack), ...(field === undefined ? {} : { field }) },
    },
  }));

/** The environment of a step, as text. */
function variablesOf(template: CfnTemplate, step: string): Record<string, string> {
  const { Variables } = Object(
    resourceOf(template, 'AWS::Lambda::Function', `Freshness${step}`).properties['Environment'],
  );
  const parsed = z.record(z.string(), z.json()).parse(Variables);
  return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, textOf(value)]));
}

/** What a step may do with an action, and on what. */
const allowed = (template: CfnTemplate, step: string, action: string) =>
  permissionsOf(template, `Freshness${step}ServiceRole`)
    .filter(({ Action }) => Action.includes(action))
    .map(({ Action, Resource = [], Condition }) => ({ Action, on: Resource.map(textOf), Condition }));

const STEPS = ['Collect', 'Invalidate', 'Verify', 'Report', 'SiteFind', 'SiteWatch'];
const READ = 'secretsmanager:GetSecretValue';

describe('A distribution without options', () => {
  it('is left to what CloudFront tells of it', () => {
    const template = verifying(() => ({}));
    expect(toldIn(template)).toEqual([{}]);
    const { id } = resourceOf(template, 'AWS::CloudFront::Distribution', '');
    for (const step of ['Collect', 'Invalidate', 'Verify', 'SiteWatch'])
      expect(variablesOf(template, step)).toMatchObject({ DISTRIBUTION_IDS: `<${id}>` });
  });

  it('lets no function read a secret', () => {
    const template = verifying(() => ({}));
    expect(STEPS.flatMap(step => allowed(template, step, READ))).toEqual([]);
  });
});

describe('verify: false', () => {
  it('is told with the URL', () => {
    const template = verifying(() => ({ verify: false, url: 'https://www.example.com' }));
    expect(toldIn(template)).toEqual([{ url: 'https://www.example.com', verify: false }]);
  });
});

describe('urls and spaFallback', () => {
  it('are told as they are given', () => {
    const options = { urls: { '*.html': ['/$1'] }, spaFallback: 'index.html', extensionlessUrls: true };
    const { extensionlessUrls, ...same } = options;
    expect(toldIn(verifying(() => options))).toEqual([{ ...same, extensionless: extensionlessUrls }]);
  });

  it('are refused with the reason if a URL cannot be one', () => {
    expect(() => verifying(() => ({ urls: { 'en/*': ['$1'] }, spaFallback: '/index.html' }))).toThrow(
      /distributions\[0\]\.urls: "\$1" must begin with \/.*distributions\[0\]\.spaFallback must be the key/s,
    );
  });
});

describe('verificationHeaders', () => {
  const own = withSecret(secretIn, 'header');

  it('name a secret and its member', () => {
    const { id } = resourceOf(own, 'AWS::SecretsManager::Secret', 'Password');
    expect(toldIn(own)).toEqual([
      { verificationHeaders: { authorization: { secret: `<${id}>`, field: 'header' } } },
    ]);
  });

  it('let the verifying function read that secret, and nothing else', () => {
    const { id } = resourceOf(own, 'AWS::SecretsManager::Secret', 'Password');
    expect(allowed(own, 'Verify', READ)).toEqual([{ Action: [READ], on: [`<${id}>`] }]);
    expect(STEPS.filter(step => step !== 'Verify').flatMap(step => allowed(own, step, READ))).toEqual([]);
    expect(allowed(own, 'Verify', 'kms:Decrypt')).toEqual([]);
  });

  it('may be of a secret that exists, by its name', () => {
    const template = withSecret(stack => Secret.fromSecretNameV2(stack, 'Password', 'site/basic-auth'));
    expect(toldIn(template)).toEqual([
      { verificationHeaders: { authorization: { secret: 'site/basic-auth' } } },
    ]);
    expect(allowed(template, 'Verify', READ).flatMap(({ on }) => on)).toEqual([
      'arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:site/basic-auth-??????',
    ]);
  });

  it('let the function decrypt a secret that has a key of its own, through Secrets Manager alone', () => {
    const template = withSecret(stack => secretIn(stack, { encryptionKey: new Key(stack, 'Key') }));
    const { id } = resourceOf(template, 'AWS::KMS::Key', 'Key');
    expect(allowed(template, 'Verify', 'kms:Decrypt')).toEqual([
      {
        Action: ['kms:Decrypt'],
        on: [`<${id}.Arn>`],
        Condition: {
          StringEquals: {
            'kms:ViaService': {
              'Fn::Join': ['', ['secretsmanager.', { Ref: 'AWS::Region' }, '.amazonaws.com']],
            },
          },
        },
      },
    ]);
    expect(circleIn(template)).toBeUndefined();
  });

  it('put no value of a secret into the template beside the secret itself', () => {
    const value = 'Basic dXNlcjpwYXNzd29yZA==';
    const { Resources } = withSecret(stack =>
      secretIn(stack, { secretStringValue: SecretValue.unsafePlainText(value) }),
    );
    const holders = Object.values(Resources).filter(each => JSON.stringify(each).includes(value));
    expect(holders.map(({ Type }) => Type)).toEqual(['AWS::SecretsManager::Secret']);
  });
});

describe('A bucket that KMS encrypts', () => {
  it.each([
    [
      'of the same stack',
      (stack: Stack) =>
        privateBucket(stack, 'Site', {
          encryption: BucketEncryption.KMS,
          encryptionKey: new Key(stack, 'Key'),
        }),
    ],
    [
      'that exists, imported with its key',
      (stack: Stack) =>
        Bucket.fromBucketAttributes(stack, 'Site', {
          bucketName: 'my-school-site',
          encryptionKey: Key.fromKeyArn(stack, 'Key', KEY_ARN),
        }),
    ],
  ])('%s lets the functions that read objects decrypt them, through S3 alone', (_, bucketIn) => {
    const { stack } = emptyStack();
    const bucket = bucketIn(stack);
    const distribution = new Distribution(stack, 'Distribution', {
      defaultBehavior: { origin: S3BucketOrigin.withOriginAccessControl(bucket) },
    });
    new AutoInvalidation(stack, 'Freshness', { bucket, distributions: [{ distribution }], notify });
    const template = templateOf(stack);
    for (const step of ['Invalidate', 'Verify']) {
      expect(allowed(template, step, 'kms:Decrypt')).toEqual([
        {
          Action: ['kms:Decrypt'],
          on: [textOf(stack.resolve(bucket.encryptionKey?.keyArn))],
          Condition: {
            StringEquals: {
              'kms:ViaService': { 'Fn::Join': ['', ['s3.', { Ref: 'AWS::Region' }, '.amazonaws.com']] },
            },
          },
        },
      ]);
    }
    for (const step of ['Collect', 'Report']) expect(allowed(template, step, 'kms:Decrypt')).toEqual([]);
    expect(circleIn(template)).toBeUndefined();
  });
});

describe('Many distributions', () => {
  function pipelineOf(count: number) {
    const { stack } = emptyStack();
    const bucket = Bucket.fromBucketName(stack, 'Site', 'my-school-site');
    const distributions = Array.from({ length: count }, (_, index) => ({
      distribution: Distribution.fromDistributionAttributes(stack, `D${index}`, {
        distributionId: `E2EXAMPLE${1000 + index}`,
        domainName: `d1111111111${1000 + index}.cloudfront.net`,
      }),
    }));
    new AutoInvalidation(stack, 'Freshness', { bucket, distributions, notify });
    return templateOf(stack);
  }

  it('fit in the environment of every function', () => {
    const template = pipelineOf(200);
    for (const step of ['Collect', 'Invalidate', 'Verify', 'SiteWatch'])
      expect(
        environmentBytes(resourceOf(template, 'AWS::Lambda::Function', `Freshness${step}`)),
      ).toBeLessThanOrEqual(4096);
  });

  it('are refused if they are more than fit', () => {
    expect(() => pipelineOf(201)).toThrow(/Freshness.*at most 200, not 201/s);
  });
});
