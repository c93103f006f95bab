import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RESOURCE_TYPES } from '../../../infra/local/services.ts';
import { customResourceText } from '../../../infra/local/template/custom-resource.ts';
import { checkProperties } from '../../../infra/local/template/properties.ts';
import { type LoadedStack, loadStack, withTexts } from '../../../infra/local/template/template.ts';

interface Definition {
  readonly Type: string;
  readonly Properties?: Record<string, unknown>;
  readonly Condition?: string;
}

interface Assembly {
  readonly Resources?: Record<string, Definition>;
  readonly Outputs?: Record<string, { Value: unknown }>;
  readonly files?: Record<string, object>;
}

const ENDPOINT = 'http://127.0.0.1:4566';
const SITE = 'http://127.0.0.1:8080';

/** Loads a template written for the test, as CDK would leave it. */
function load({ Resources = {}, Outputs = {}, files = {} }: Assembly): LoadedStack {
  const assemblyDirectory = mkdtempSync(join(tmpdir(), 'assembly-'));
  onTestFinished(() => rmSync(assemblyDirectory, { recursive: true }));
  writeFileSync(join(assemblyDirectory, 'Test.template.json'), JSON.stringify({ Resources, Outputs }));
  writeFileSync(join(assemblyDirectory, 'Test.assets.json'), JSON.stringify({ files }));
  return loadStack({
    assemblyDirectory,
    stackName: 'Test',
    endpoint: ENDPOINT,
    types: RESOURCE_TYPES,
  });
}

const sub = (name: string) => `\${${name}}`;
const queue: Definition = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'jobs' } };
const role: Definition = { Type: 'AWS::IAM::Role', Properties: { RoleName: 'worker' } };
const distribution: Definition = { Type: 'AWS::CloudFront::Distribution' };

describe('An intrinsic function', () => {
  const resources = { Queue: queue, Role: role, Site: distribution };

  it.each<[string, unknown, unknown]>([
    ['Ref to a resource', { Ref: 'Queue' }, `${ENDPOINT}/000000000000/jobs`],
    ['Ref to the account', { Ref: 'AWS::AccountId' }, '000000000000'],
    ['Ref to the region', { Ref: 'AWS::Region' }, 'us-east-1'],
    ['Fn::GetAtt', { 'Fn::GetAtt': ['Queue', 'Arn'] }, 'arn:aws:sqs:us-east-1:000000000000:jobs'],
    ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'AWS::Partition' }, 'b']] }, 'a-aws-b'],
    [
      'Fn::Sub',
      { 'Fn::Sub': `${sub('AWS::StackName')}/${sub('Queue.QueueName')}/${sub('Role')}/${sub('!Literal')}` },
      `Test/jobs/worker/${sub('Literal')}`,
    ],
    [
      'Fn::Sub with variables',
      { 'Fn::Sub': [`${sub('Own')}-${sub('Role')}`, { Own: { Ref: 'AWS::URLSuffix' } }] },
      'amazonaws.com-worker',
    ],
    ['Fn::Select', { 'Fn::Select': ['1', ['a', { Ref: 'Role' }]] }, 'worker'],
    ['Fn::Split', { 'Fn::Split': ['/', 'a/b'] }, ['a', 'b']],
    [
      'several, one in another',
      { 'Fn::Select': [4, { 'Fn::Split': [':', { 'Fn::GetAtt': ['Queue', 'Arn'] }] }] },
      '000000000000',
    ],
  ])('is resolved: %s', (_, given, expected) => {
    const User = { Type: 'AWS::IAM::Role', Properties: { Description: { deep: [given] } } };
    const user = load({ Resources: { ...resources, User } }).resources.find(
      ({ logicalId }) => logicalId === 'User',
    );
    expect(user?.properties).toEqual({ Description: { deep: [expected] } });
  });

  it('is resolved in outputs, where a URL on AWS can become one on this machine', () => {
    const url = { 'Fn::Join': ['', ['https://', { 'Fn::GetAtt': ['Site', 'DomainName'] }, '/page']] };
    const stack = load({ Resources: resources, Outputs: { Url: { Value: url } } });
    const local = withTexts(stack, text => text.replace(/https:\/\/d\w+\.cloudfront\.net/, SITE));
    expect(local.outputs).toEqual({ Url: `${SITE}/page` });
  });

  it('of a custom resource is a placeholder until its function has answered', () => {
    const Found = { Type: 'Custom::Found' };
    const Path = { Value: { 'Fn::GetAtt': ['Found', 'Path'] } };
    const stack = load({ Resources: { Found }, Outputs: { Path } });
    const answered = customResourceText('Test', 'Found', 'Path');
    expect(withTexts(stack, text => text.replace(answered, '/docs')).outputs).toEqual({ Path: '/docs' });
  });

  it.each<[string, unknown, RegExp]>([
    ['function', { 'Fn::ImportValue': 'elsewhere' }, /^User: the function Fn::ImportValue is not emulated/],
    ['condition', { 'Fn::If': ['IsProd', 1, 2] }, /^User: the function Fn::If is not emulated/],
    ['resource', { Ref: 'Nobody' }, /^User refers to Nobody, which the template does not define/],
    ['parameter', { 'Fn::Sub': sub('Stage') }, /^User refers to Stage, which the template does not define/],
    [
      'attribute',
      { 'Fn::GetAtt': ['Queue', 'Age'] },
      /^User: attribute Age of Queue \(AWS::SQS::Queue\) is not emulated/,
    ],
  ])('that is unknown is refused by name, with the resource: %s', (_, given, message) => {
    const User = { Type: 'AWS::IAM::Role', Properties: { Description: given } };
    expect(() => load({ Resources: { ...resources, User } })).toThrow(message);
  });
});

describe('A resource', () => {
  it('of an unknown type is refused by name', () => {
    expect(() => load({ Resources: { Box: { Type: 'AWS::EC2::Instance' } } })).toThrow(
      'Box: the local cloud does not know AWS::EC2::Instance',
    );
  });

  it('with a condition is refused by name', () => {
    expect(() => load({ Resources: { Queue: { ...queue, Condition: 'IsProd' } } })).toThrow(
      'Queue: conditions are not emulated (IsProd)',
    );
  });

  it('named after one that is named after it is refused', () => {
    const named = (other: string) => ({
      Type: 'AWS::S3::Bucket',
      Properties: { BucketName: { Ref: other } },
    });
    expect(() => load({ Resources: { A: named('B'), B: named('C'), C: named('A') } })).toThrow(
      'Names refer to each other in a circle: A → B → C → A',
    );
  });

  it('may refer to one that refers to it if neither is named after the other', () => {
    const bucket = { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'site', Tags: [{ Ref: 'Queue' }] } };
    const referring = { ...queue, Properties: { ...queue.Properties, RedrivePolicy: { Ref: 'Bucket' } } };
    const { resources } = load({ Resources: { Bucket: bucket, Queue: referring } });
    expect(resources.map(({ properties }) => properties)).toEqual([
      { BucketName: 'site', Tags: [`${ENDPOINT}/000000000000/jobs`] },
      { QueueName: 'jobs', RedrivePolicy: 'site' },
    ]);
  });

  it('without a name has the same one in every start', () => {
    const Resources = { Table: { Type: 'AWS::DynamoDB::Table' }, Site: distribution };
    const names = () => load({ Resources }).resources.map(({ ref }) => ref);
    expect(names()).toEqual(names());
    expect(names()).toEqual(['Test-Table', expect.stringMatching(/^E[0-9A-F]{13}$/)]);
  });
});

describe('A property', () => {
  const resourcesWith = (Properties: Record<string, unknown>) =>
    load({ Resources: { Queue: { Type: 'AWS::SQS::Queue', Properties } } }).resources;

  it('that is unknown is refused by name, together with all others', () => {
    const properties = { QueueName: 'jobs', FifoQueue: true, KmsMasterKeyId: 'key' };
    expect(() => checkProperties(resourcesWith(properties), RESOURCE_TYPES)).toThrow(
      /Queue \(AWS::SQS::Queue\): FifoQueue\n.*Queue \(AWS::SQS::Queue\): KmsMasterKeyId/,
    );
  });

  it('without effect is listed once', () => {
    const bucket = { Type: 'AWS::S3::Bucket', Properties: { Tags: [], WebsiteConfiguration: {} } };
    const { resources } = load({ Resources: { A: bucket, B: bucket } });
    expect(checkProperties(resources, RESOURCE_TYPES)).toEqual([
      'AWS::S3::Bucket.Tags',
      'AWS::S3::Bucket.WebsiteConfiguration',
    ]);
  });
});

describe('An assembly', () => {
  it('knows the files behind an asset', () => {
    const files = {
      code: {
        source: { path: 'asset.1' },
        destinations: { here: { objectKey: 'code.zip' } },
      },
    };
    const stack = load({ files });
    expect([...stack.assets]).toEqual([['code.zip', expect.stringMatching(/assembly-\w+\/asset\.1$/)]]);
  });

  it('that is missing is reported with advice', () => {
    const options = { stackName: 'Test', endpoint: ENDPOINT, types: RESOURCE_TYPES };
    expect(() => loadStack({ ...options, assemblyDirectory: '/nowhere' })).toThrow(/npm run synth/);
  });
});
