import { describe, expect, it } from 'vitest';
import {
  type Resource,
  resourceOf,
  resourcesOf,
  type Statement,
  statementsOf,
  synthesised,
  textOf,
} from '../helpers/templates.ts';

const template = synthesised();

/** Where data is stored or passes through. */
const HOLDERS = ['AWS::S3::Bucket', 'AWS::SQS::Queue', 'AWS::SNS::Topic'];
const holders = HOLDERS.flatMap(type =>
  resourcesOf(template, type).map((resource): [string, Resource] => [resource.id, resource]),
);

/** The statements about a bucket, queue or topic, in the policy that it carries. */
function policyOf(id: string): Statement[] {
  const carried = [
    'AWS::S3::BucketPolicy Bucket',
    'AWS::SQS::QueuePolicy Queues',
    'AWS::SNS::TopicPolicy Topics',
  ];
  return carried.flatMap(each => {
    const [type = '', property = ''] = each.split(' ');
    const policies = resourcesOf(template, type).filter(
      ({ properties }) => textOf(properties[property]) === `<${id}>`,
    );
    return policies.flatMap(statementsOf);
  });
}

describe('Every bucket, queue and topic', () => {
  it.each(holders)('%s takes requests by TLS only', id => {
    const refusal = policyOf(id).find(({ Effect }) => Effect === 'Deny');
    expect(refusal).toMatchObject({ Condition: { Bool: { 'aws:SecureTransport': 'false' } } });
    expect(JSON.stringify(refusal?.Principal)).toContain('"*"');
    expect(
      refusal?.Resource?.map(textOf).some(resource => [`<${id}.Arn>`, `<${id}>`].includes(resource)),
    ).toBe(true);
  });

  it.each(holders)('%s is open to AWS services only, for one resource or this account', id => {
    for (const { Principal, Condition } of policyOf(id).filter(({ Effect }) => Effect === 'Allow')) {
      expect(Object.keys(Object(Principal))).toEqual(['Service']);
      expect(JSON.stringify(Condition)).toMatch(/aws:Source(?:Arn|Account)/i);
    }
  });
});

describe('Every bucket', () => {
  it.each(resourcesOf(template, 'AWS::S3::Bucket'))('$id blocks public access', ({ properties }) => {
    expect(properties['PublicAccessBlockConfiguration']).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
  });
});

describe('Data at rest', () => {
  /** AWS encrypts these by default. There is nothing to set. */
  const ALWAYS = ['AWS::Logs::LogGroup', 'AWS::SecretsManager::Secret'];
  const ENCRYPTED: Readonly<Record<string, (properties: Resource['properties']) => boolean>> = {
    'AWS::S3::Bucket': ({ BucketEncryption }) => JSON.stringify(BucketEncryption).includes('AES256'),
    'AWS::SQS::Queue': ({ SqsManagedSseEnabled }) => SqsManagedSseEnabled === true,
    'AWS::DynamoDB::Table': ({ SSESpecification }) => Object(SSESpecification).SSEEnabled === true,
  };
  /**
   * These keep settings, or pass on what they get. The topic's messages name an alarm, no person.
   */
  const NOTHING_KEPT =
    /^AWS::(?:ApiGateway|CloudFront|CloudWatch|Events|IAM|Lambda|SNS|StepFunctions)::|^AWS::(?:S3::Bucket|SQS::Queue)Policy$|^Custom::(?:MailSender|SiteDistribution|CDKBucketDeployment)$/;

  it.each(
    Object.keys(ENCRYPTED).flatMap(type =>
      resourcesOf(template, type).map(resource => ({ type, ...resource })),
    ),
  )('are encrypted in $id', ({ type, properties }) => {
    expect(ENCRYPTED[type]?.(properties)).toBe(true);
  });

  it('are stored nowhere else', () => {
    const types = new Set(Object.values(template.Resources).map(({ Type }) => Type));
    const known = new Set([...ALWAYS, ...Object.keys(ENCRYPTED)]);
    expect([...types].filter(type => !known.has(type) && !NOTHING_KEPT.test(type))).toEqual([]);
  });
});

describe('Every function', () => {
  it('is invoked from outside its account by nobody', () => {
    for (const { properties } of resourcesOf(template, 'AWS::Lambda::Permission'))
      expect(properties).toHaveProperty('SourceArn');
  });
});

describe('Mails', () => {
  it('are sent by at most two functions at a time, because SES takes few mails a second', () => {
    const [mapping] = resourcesOf(template, 'AWS::Lambda::EventSourceMapping').filter(({ properties }) =>
      textOf(properties['FunctionName']).startsWith('<MailSend'),
    );
    expect(mapping?.properties).toMatchObject({ ScalingConfig: { MaximumConcurrency: 2 } });
  });
});

describe('Viewers', () => {
  it('are sent to HTTPS', () => {
    const { DistributionConfig } = resourceOf(
      template,
      'AWS::CloudFront::Distribution',
      'Website',
    ).properties;
    expect(DistributionConfig).toMatchObject({
      DefaultCacheBehavior: { ViewerProtocolPolicy: 'redirect-to-https' },
    });
  });
});
