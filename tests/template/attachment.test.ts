import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { readAttachmentSettings } from '../../infra/settings.ts';
import { ATTACHED, DOCS_ONLY, EXISTING, WHOLE_SITE } from '../fixtures/existing-names.ts';
import { deployedCode } from '../helpers/bundles.ts';
import { circleIn } from '../helpers/dependencies.ts';
import { eventsBeforePermission } from '../helpers/deployment-rules.ts';
import {
  buildAttachment,
  permissionsOf,
  ref,
  resourceOf,
  resourcesOf,
  statementsOf,
  synthesised,
  templateOf,
  textOf,
} from '../helpers/templates.ts';
import { toldIn } from '../helpers/told.ts';

const template = synthesised('AutoInvalidation');
const RUNBOOK = readFileSync(fileURLToPath(import.meta.resolve('../../RUNBOOK.md')), 'utf8');
const distributionArn = (id: string) => `arn:aws:cloudfront::<AWS::AccountId>:distribution/${id}`;

/** The actions of a service that any role of the stack may use, and on what. */
function allowed(service: string, of = template): Record<string, Set<string>> {
  const statements = resourcesOf(of, 'AWS::IAM::Role').flatMap(({ id }) => permissionsOf(of, id));
  const pairs = statements.flatMap(({ Action, Resource = [] }) =>
    Action.filter(action => action.startsWith(`${service}:`)).map(
      action => [action, Resource.map(textOf)] as const,
    ),
  );
  return Object.fromEntries(
    [...Map.groupBy(pairs, ([action]) => action)].map(([action, of]) => [
      action,
      new Set(of.flatMap(([, resources]) => resources)),
    ]),
  );
}

/** Each match in a string, with what is around it. */
const wordsAround = ({ source, flags }: RegExp, text: string) =>
  [...text.matchAll(new RegExp(`.{0,60}(?:${source}).{0,60}`, `g${flags}`))].map(([place]) => place);

describe('The stack for an existing site', () => {
  it('touches only the distributions that it was given', () => {
    const distributions = new Set([DOCS_ONLY, WHOLE_SITE].map(distributionArn));
    expect(allowed('cloudfront')).toEqual({
      'cloudfront:CreateInvalidation': distributions,
      'cloudfront:DescribeFunction': new Set(['arn:aws:cloudfront::<AWS::AccountId>:function/*']),
      'cloudfront:GetCachePolicy': new Set(['arn:aws:cloudfront::*:cache-policy/*']),
      'cloudfront:GetResponseHeadersPolicy': new Set(['arn:aws:cloudfront::*:response-headers-policy/*']),
      'cloudfront:GetDistribution': distributions,
      'cloudfront:GetInvalidation': distributions,
      'cloudfront:ListInvalidations': distributions,
    });
  });

  it('reads the bucket, and changes nothing of it but its notifications', () => {
    const bucket = `arn:aws:s3:::${EXISTING.bucketName}`;
    expect(allowed('s3')).toEqual({
      's3:GetBucketNotification': new Set([bucket]),
      's3:GetBucketWebsite': new Set([bucket]),
      's3:GetEncryptionConfiguration': new Set([bucket]),
      's3:GetObject': new Set([`${bucket}/*`]),
      's3:ListBucket': new Set([bucket]),
      's3:PutBucketNotification': new Set([bucket]),
    });
  });

  it('lets only this bucket of this account send to its queue, and asks for events after that', () => {
    const policy = resourceOf(template, 'AWS::SQS::QueuePolicy', 'FreshnessSiteChangesQueue');
    const [statement, ...others] = statementsOf(policy).filter(({ Effect }) => Effect === 'Allow');
    const { ArnEquals, StringEquals } = Object(statement?.Condition);
    expect(others).toEqual([]);
    expect(textOf(ArnEquals['aws:SourceArn'])).toBe(`arn:<AWS::Partition>:s3:::${EXISTING.bucketName}`);
    expect(StringEquals).toEqual({ 'aws:SourceAccount': ref('AWS::AccountId') });
    const notification = resourceOf(template, 'Custom::BucketNotification', 'Freshness');
    expect(eventsBeforePermission(template)).toEqual([]);
    expect(notification.properties).toMatchObject({
      KeyPrefixes: ['site/', 'docs/', 't%C3%A0i+li%E1%BB%87u%3D1/'],
    });
  });

  it('gives S3 encoded prefixes, and its own functions plain ones', () => {
    const { Variables } = Object(
      resourceOf(template, 'AWS::Lambda::Function', 'FreshnessCollect').properties['Environment'],
    );
    expect(JSON.parse(Variables.SITE_KEYS)).toEqual({
      prefixes: ['site/', 'docs/', EXISTING.lessons],
      excluded: ['*.map'],
    });
  });

  it('keeps the permission for a former bucket until its own notifications there are removed', () => {
    const [former, next] = ['former-bucket', 'next-bucket'].map(bucket => {
      const attached = templateOf(buildAttachment({ ...ATTACHED, bucket }).stack);
      const notification = resourceOf(attached, 'Custom::BucketNotification', '');
      const policy = resourcesOf(attached, 'AWS::IAM::Policy').find(each =>
        statementsOf(each).some(({ Action }) => Action.includes('s3:PutBucketNotification')),
      );
      return { attached, notification, policy: policy?.id ?? expect.fail() };
    });
    // A resource of the new template would be changed before the one that depends on it in the old
    // one is removed.
    expect(next?.attached.Resources).not.toHaveProperty(former?.policy ?? '');
    expect(former?.notification.dependsOn).toContain(former?.policy);
    expect(next?.notification.id).toBe(former?.notification.id);
  });

  it('makes nothing, and mails nobody, before each distribution has been found to fit', () => {
    const lookups = resourcesOf(template, 'Custom::SiteDistribution').map(({ id }) => id);
    expect(lookups).toHaveLength(2);
    const before = Object.entries(template.Resources)
      .filter(([, { DependsOn }]) => !lookups.every(id => DependsOn.includes(id)))
      .map(([id]) => id);
    // They need the table that keeps them, and the queue that takes their changes.
    const needed = /^Freshness(?:Site|Refreshes|SiteChanges)/;
    expect(before.filter(id => !needed.test(id))).toEqual([]);
    expect(circleIn(template)).toBeUndefined();
  });

  it('asks each distribution at its URL, with headers whose values are in secrets that exist', () => {
    const attached = templateOf(
      buildAttachment({
        ...ATTACHED,
        url: 'https://www.example.com,',
        verificationHeaders: 'authorization=site/login:header, cookie=site/login',
      }).stack,
    );
    expect(toldIn(attached)).toMatchObject([
      {
        url: 'https://www.example.com',
        verificationHeaders: {
          authorization: { secret: 'site/login', field: 'header' },
          cookie: { secret: 'site/login' },
        },
      },
      expect.not.objectContaining({ url: expect.anything() }),
    ]);
    expect(allowed('secretsmanager', attached)).toEqual({
      'secretsmanager:GetSecretValue': new Set([
        'arn:aws:secretsmanager:us-east-1:<AWS::AccountId>:secret:site/login-??????',
      ]),
    });
  });

  it('does not ask the edge if it is told not to', () => {
    const attached = templateOf(buildAttachment({ ...ATTACHED, verify: 'false' }).stack);
    expect(toldIn(attached)).toMatchObject([{ verify: false }, { verify: false }]);
  });

  it('may decrypt what the key of the bucket encrypts, and tells the lookup about the key', () => {
    const bucketKeyArn = 'arn:aws:kms:us-east-1:111122223333:key/0a1b-2c3d';
    const attached = templateOf(buildAttachment({ ...ATTACHED, bucketKeyArn }).stack);
    expect(allowed('kms', attached)).toEqual({ 'kms:Decrypt': new Set([bucketKeyArn]) });
    for (const { properties } of resourcesOf(attached, 'Custom::SiteDistribution'))
      expect(properties).toMatchObject({ BucketKeyArn: bucketKeyArn });
    expect(allowed('kms')).toEqual({});
  });

  it('has CloudFormation wait minutes for an answer, not an hour', () => {
    const custom = ['Custom::BucketNotification', 'Custom::SiteDistribution', 'Custom::MailSender'].flatMap(
      type => resourcesOf(template, type),
    );
    expect(custom).toHaveLength(4);
    expect(custom.map(({ properties }) => properties['ServiceTimeout'])).toEqual(Array(4).fill('300'));
  });

  it('contains nothing of the school: no resource, no name, no description, no line of code', () => {
    const { stack } = buildAttachment({ ...ATTACHED, bucket: 'my-site' });
    expect(wordsAround(/student|school|backup/i, JSON.stringify(templateOf(stack)))).toEqual([]);
    for (const resource of resourcesOf(template, 'AWS::Lambda::Function')) {
      const code = deployedCode(resource)?.toString() ?? expect.fail(`${resource.id} has no code`);
      // Not backups: DynamoDB's client has actions of that name.
      expect(wordsAround(/student|school/i, code), resource.id).toEqual([]);
    }
  });

  it('names its outputs as the school’s stack does', () => {
    expect(new Set(Object.keys(template.Outputs))).toEqual(
      new Set([
        'DistributionId',
        'DistributionIds',
        'MailDeadLetterQueueUrl',
        'MailFrom',
        'MailQueueUrl',
        'MailRegion',
        'MailSenderState',
        'RefreshStateMachineArn',
        'RefreshTableName',
        'SiteBucketName',
        'SiteChangesDeadLetterQueueUrl',
        'SiteChangesQueueUrl',
        'SiteSummary',
      ]),
    );
  });

  it('has alarms, each with its heading in the runbook', () => {
    const names = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(({ properties }) =>
      String(properties['AlarmName']).replace('AutoInvalidation/Alarms/', ''),
    );
    expect(names).toContain('refresh-failed');
    expect(names).not.toContain('no-backup');
    expect(names.filter(name => !RUNBOOK.includes(`## ${name}\n`))).toEqual([]);
  });

  it('is free of unexplained findings', () => {
    const { app } = buildAttachment(ATTACHED);
    app.synth();
    const { violations } = new AwsSolutionsChecks(app).validateScope(app);
    expect(violations.map(({ ruleName }) => ruleName)).toEqual([]);
  });
});

describe('Its settings', () => {
  const read = (changes: Record<string, unknown>) =>
    readAttachmentSettings(asked => ({ ...ATTACHED, ...changes })[asked]);

  it.each([
    ['bucket', undefined],
    ['bucket', 'Not_A_Bucket'],
    ['distributionId', ''],
    ['distributionId', 'd1.cloudfront.net'],
    ['notifyEmail', undefined],
    ['notifyEmail', 'nobody'],
    ['mailFrom', 'nobody'],
    ['region', 'Frankfurt'],
    ['stackName', '9 lives'],
    ['verify', 'maybe'],
    ['bucketKeyArn', 'alias/site'],
    ['bucketKeyArn', 'arn:aws:kms:us-east-1:111122223333:alias/site'],
  ])('are refused by name when %s is %j', (name, value) => {
    expect(() => read({ [name]: value })).toThrow(new RegExp(`-c options:.*at ${name}`, 's'));
  });

  it.each([
    ['url', 'http://www.example.com,', 'write https://www.example.com, not "http://www.example.com"'],
    ['url', 'https://www.example.com/docs,', 'write https://www.example.com, not'],
    ['url', 'https://www.example.com', 'must be 2 URLs, one for each distributionId, not 1'],
    ['verificationHeaders', 'authorization', '"authorization" must be a header, = and the name of a secret'],
    ['verificationHeaders', 'authorization=', 'such as authorization=my-secret'],
    ['verificationHeaders', 'authorization=my-secret:', 'or authorization=my-secret:field'],
    ['verificationHeaders', 'host=my-secret', 'host cannot be set: set the option url instead'],
    ['verificationHeaders', 'Cookie=one,cookie=two', 'names cookie twice'],
  ])('say what to write instead of -c %s=%s', (name, value, advice) => {
    expect(() => read({ [name]: value })).toThrow(advice);
    expect(() => read({ [name]: value })).toThrow(`at ${name}`);
  });

  it.each([
    ['authorization=my-secret', { header: 'authorization', secret: 'my-secret' }],
    ['x-key=a/b=c@d:field', { header: 'x-key', secret: 'a/b=c@d', field: 'field' }],
    [
      'x-key=arn:aws:secretsmanager:us-east-1:111122223333:secret:my-secret-A1b2C3',
      { header: 'x-key', secret: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:my-secret-A1b2C3' },
    ],
    [
      'x-key=arn:aws:secretsmanager:us-east-1:111122223333:secret:my-secret-A1b2C3:some:field',
      {
        header: 'x-key',
        secret: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:my-secret-A1b2C3',
        field: 'some:field',
      },
    ],
  ])('read -c verificationHeaders=%s', (text, header) => {
    expect(read({ verificationHeaders: text }).verificationHeaders).toEqual([header]);
  });
});
