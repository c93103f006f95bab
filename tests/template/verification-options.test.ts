import { SecretValue, type Stack } from 'aws-cdk-lib';
import { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, it } from 'vitest';
import { AutoInvalidation } from '../../infra/constructs/pipeline/auto-invalidation.ts';
import type { SiteDistribution } from '../../infra/constructs/pipeline/auto-invalidation-props.ts';
import { privateBucket } from '../../infra/constructs/school/private-bucket.ts';
import { circleIn } from '../helpers/dependencies.ts';
import { environmentBytes } from '../helpers/deployment-rules.ts';
import { emptyStack, secretIn, siteIn } from '../helpers/pipeline-stack.ts';
import { type CfnTemplate, permissionsOf, resourceOf, templateOf, textOf } from '../helpers/templates.ts';

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

function described(template: CfnTemplate, step: string): unknown {
  const { Variables } = Object(
    resourceOf(template, 'AWS::Lambda::Function', `Freshness${step}`).properties['Environment'],
  );
  return JSON.parse(textOf(Variables.DISTRIBUTIONS))[0];
}

/** What a step may do with an action, and on what. */
const allowed = (template: CfnTemplate, step: string, action: string) =>
  permissionsOf(template, `Freshness${step}ServiceRole`)
    .filter(({ Action }) => Action.includes(action))
    .map(({ Action, Resource = [], Condition }) => ({ Action, on: Resource.map(textOf), Condition }));

const STEPS = ['Collect', 'Invalidate', 'Verify', 'Report'];
const READ = 'secretsmanager:GetSecretValue';

describe('A distribution without options', () => {
  it('is described by its id and its URL alone, because the environment of a function is small', () => {
    const template = verifying(() => ({}));
    for (const step of ['Collect', 'Invalidate', 'Verify'])
      expect(Object.keys(Object(described(template, step)))).toEqual(['id', 'url']);
  });

  it('lets no function read a secret', () => {
    const template = verifying(() => ({}));
    expect(STEPS.flatMap(step => allowed(template, step, READ))).toEqual([]);
  });
});

describe('verify: false', () => {
  it('is told to the function that would ask the edge', () => {
    const template = verifying(() => ({ verify: false, url: 'https://www.example.com' }));
    expect(described(template, 'Verify')).toMatchObject({
      url: 'https://www.example.com',
      verify: 'false',
    });
  });
});

describe('verificationHeaders', () => {
  const own = withSecret(secretIn, 'header');

  it('name a secret and its member, to the verifying function alone', () => {
    const { id } = resourceOf(own, 'AWS::SecretsManager::Secret', 'Password');
    expect(described(own, 'Verify')).toMatchObject({
      verificationHeaders: { authorization: { secret: `<${id}>`, field: 'header' } },
    });
    for (const step of ['Collect', 'Invalidate'])
      expect(described(own, step)).not.toHaveProperty('verificationHeaders');
  });

  it('let the verifying function read that secret, and nothing else', () => {
    const { id } = resourceOf(own, 'AWS::SecretsManager::Secret', 'Password');
    expect(allowed(own, 'Verify', READ)).toEqual([{ Action: [READ], on: [`<${id}>`] }]);
    expect(STEPS.filter(step => step !== 'Verify').flatMap(step => allowed(own, step, READ))).toEqual([]);
    expect(allowed(own, 'Verify', 'kms:Decrypt')).toEqual([]);
  });

  it('may be of a secret that exists, by its name', () => {
    const template = withSecret(stack => Secret.fromSecretNameV2(stack, 'Password', 'site/basic-auth'));
    expect(described(template, 'Verify')).toMatchObject({
      verificationHeaders: { authorization: { secret: 'site/basic-auth' } },
    });
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

  function largestEnvironment(template: CfnTemplate): number {
    const sizes = ['Collect', 'Invalidate', 'Verify'].map(step =>
      environmentBytes(resourceOf(template, 'AWS::Lambda::Function', `Freshness${step}`)),
    );
    return Math.max(...sizes);
  }

  it('are refused with the number that fits in the environment of a function', () => {
    const refusal = () => pipelineOf(80);
    expect(refusal).toThrow(/Site\/Freshness: 80 distributions are too many .* at most \d+ of these fit/);
    const most = Number(/at most (\d+)/.exec(messageOf(refusal))?.[1]);
    expect(largestEnvironment(pipelineOf(most))).toBeLessThanOrEqual(4096);
    expect(() => pipelineOf(most + 1)).toThrow(`at most ${most} of these fit`);
    expect(most).toBeGreaterThan(35);
  });
});

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return String(error);
  }
  return expect.fail('nothing was refused');
}
