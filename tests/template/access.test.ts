import { describe, expect, it } from 'vitest';
import {
  type CfnTemplate,
  getAtt,
  permissionsOf,
  resourceOf,
  resourcesOf,
  type Statement,
  statementsOf,
  synthesised,
  templateWith,
  textOf,
} from '../helpers/templates.ts';

const template = synthesised();
const idOf = (type: string, prefix: string) => resourceOf(template, type, prefix).id;

const DISTRIBUTION_ID = idOf('AWS::CloudFront::Distribution', 'Website');
const DISTRIBUTION = `arn:aws:cloudfront::<AWS::AccountId>:distribution/<${DISTRIBUTION_ID}>`;
const SITE_BUCKET = `<${idOf('AWS::S3::Bucket', 'WebsiteSiteBucket')}.Arn>`;
const BACKUP_BUCKET = `<${idOf('AWS::S3::Bucket', 'RecordsBackupBucket')}.Arn>`;
const STUDENTS = `<${idOf('AWS::DynamoDB::Table', 'RecordsTable')}.Arn>`;
const REQUESTS = `<${idOf('AWS::DynamoDB::Table', 'ApiRequests')}.Arn>`;
const REFRESHES = `<${idOf('AWS::DynamoDB::Table', 'AutoInvalidationRefreshes')}.Arn>`;
const SENT_MAILS = `<${idOf('AWS::DynamoDB::Table', 'MailSent')}.Arn>`;
const SITE_CHANGES = `<${idOf('AWS::SQS::Queue', 'AutoInvalidationSiteChangesQueue')}.Arn>`;
const MAIL_QUEUE = `<${idOf('AWS::SQS::Queue', 'MailQueueC')}.Arn>`;
const STATE_MACHINE = `<${idOf('AWS::StepFunctions::StateMachine', 'AutoInvalidation')}>`;
const DEFAULT_BUS = 'arn:aws:events:us-east-1:<AWS::AccountId>:event-bus/default';
const functionArn = (name: string) => `<${idOf('AWS::Lambda::Function', name)}.Arn>`;

const ROLES = {
  invalidator: 'AutoInvalidationInvalidateServiceRole',
  verifier: 'AutoInvalidationVerifyServiceRole',
  reporter: 'AutoInvalidationReportServiceRole',
  collector: 'AutoInvalidationCollectServiceRole',
  finder: 'AutoInvalidationSiteFindServiceRole',
  watcher: 'AutoInvalidationSiteWatchServiceRole',
  mailer: 'MailSendServiceRole',
  registrar: 'SesSendersRegisterServiceRole',
  workflow: 'AutoInvalidationStateMachineRole',
  students: 'ApiStudentsServiceRole',
  refreshes: 'RefreshApiRefreshesServiceRole',
  backup: 'RecordsBackupServiceRole',
  uploader: 'CustomCDKBucketDeployment',
};

/** `action resource`, for every pair that a role is allowed. */
function allowed(role: keyof typeof ROLES): string[] {
  return pairs(permissionsOf(template, ROLES[role]));
}

function pairs(statements: readonly Statement[]): string[] {
  return statements
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap(({ Action, Resource = [] }) =>
      Action.flatMap(action => Resource.map(resource => `${action} ${textOf(resource)}`)),
    )
    .sort();
}

const on = (resource: string, ...actions: string[]) => actions.map(action => `${action} ${resource}`);
const ITEM_ACTIONS = ['DeleteItem', 'GetItem', 'PutItem', 'UpdateItem'].map(name => `dynamodb:${name}`);
const CONSUME = [
  'sqs:ChangeMessageVisibility',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:GetQueueUrl',
  'sqs:ReceiveMessage',
];
const COLLECT = [
  ...on(REFRESHES, 'dynamodb:BatchWriteItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'),
  ...on(REFRESHES, 'dynamodb:GetItem', 'dynamodb:Query'),
  ...on(STATE_MACHINE, 'states:StartExecution'),
];
const PARTS_OF_DISTRIBUTIONS = [
  'arn:aws:cloudfront::*:cache-policy/*',
  'arn:aws:cloudfront::*:response-headers-policy/*',
  'arn:aws:cloudfront::<AWS::AccountId>:function/*',
];
const FOLLOW_REFRESH = ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'];

describe('Least privilege', () => {
  it('the invalidator may touch and watch only its own distribution, and read what the site has', () => {
    expect(allowed('invalidator')).toEqual(
      [
        ...on(
          DISTRIBUTION,
          'cloudfront:CreateInvalidation',
          'cloudfront:GetInvalidation',
          'cloudfront:ListInvalidations',
        ),
        ...on(REFRESHES, 'dynamodb:BatchGetItem', ...FOLLOW_REFRESH),
        ...on(SITE_BUCKET, 's3:ListBucket'),
        ...on(`${SITE_BUCKET}/*`, 's3:GetObject'),
      ].sort(),
    );
  });

  it('the verifier may only read the site bucket', () => {
    expect(allowed('verifier')).toEqual(
      [
        ...on(REFRESHES, ...FOLLOW_REFRESH),
        ...on(SITE_BUCKET, 's3:ListBucket'),
        ...on(`${SITE_BUCKET}/*`, 's3:GetObject'),
      ].sort(),
    );
  });

  it.each(['finder', 'watcher'] as const)(
    'the %s may read distributions, keep what they are like and ask for refreshes, but not invalidate',
    role => {
      expect(allowed(role)).toEqual(
        [
          ...on(DISTRIBUTION, 'cloudfront:GetDistribution'),
          ...['GetCachePolicy', 'GetResponseHeadersPolicy', 'DescribeFunction'].map(
            (action, index) => `cloudfront:${action} ${PARTS_OF_DISTRIBUTIONS[index]}`,
          ),
          ...on(SITE_BUCKET, 's3:GetBucketWebsite'),
          ...on(REFRESHES, 'dynamodb:GetItem', 'dynamodb:PutItem'),
          ...on(SITE_CHANGES, 'sqs:SendMessage'),
        ].sort(),
      );
    },
  );

  it('the collector may start refreshes, but not create invalidations', () => {
    expect(allowed('collector')).toEqual([...on(SITE_CHANGES, ...CONSUME), ...COLLECT].sort());
  });

  it('the API may read the history and collect as the collector does, but not create invalidations', () => {
    expect(allowed('refreshes')).toEqual(
      [
        ...COLLECT,
        ...on(`${REFRESHES}/index/RefreshesInOrder`, 'dynamodb:Query'),
        ...on(DISTRIBUTION, 'cloudfront:GetInvalidation'),
      ].sort(),
    );
  });

  it('the reporter may ask for mails and put events, but not send mails', () => {
    expect(allowed('reporter')).toEqual(
      [
        ...on(REFRESHES, ...FOLLOW_REFRESH),
        ...on(MAIL_QUEUE, 'sqs:SendMessage'),
        ...on(DEFAULT_BUS, 'events:PutEvents'),
      ].sort(),
    );
  });

  it('only the mail function may send mail', () => {
    const senders = resourcesOf(template, 'AWS::IAM::Policy').filter(policy =>
      pairs(statementsOf(policy)).some(pair => pair.startsWith('ses:Send')),
    );
    expect(senders).toEqual([resourceOf(template, 'AWS::IAM::Policy', ROLES.mailer)]);
  });

  it('the mail function may send only from the configured sender', () => {
    const from = 'office@school.example';
    const configured = templateWith({ mailFrom: from });
    const [sending, ...others] = permissionsOf(configured, ROLES.mailer).filter(({ Action }) =>
      Action.some(action => action.startsWith('ses:')),
    );
    expect(others).toEqual([]);
    expect(sending).toMatchObject({
      Action: ['ses:SendEmail'],
      Condition: { StringEquals: { 'ses:FromAddress': from } },
    });
    expect(resourceOf(configured, 'Custom::MailSender', '').properties).toMatchObject({ Address: from });
  });

  it('the function that registers the sender may create, mark and remove that one, and look at its domains', () => {
    const identity = (name: string) => `arn:aws:ses:us-east-1:<AWS::AccountId>:identity/${name}`;
    const sender = identity('site-owner@example.com');
    const writing = ['CreateEmailIdentity', 'DeleteEmailIdentity', 'TagResource', 'UntagResource'];
    expect(allowed('registrar')).toEqual(
      [
        ...on(sender, 'ses:GetEmailIdentity', ...writing.map(action => `ses:${action}`)),
        ...on(identity('example.com'), 'ses:GetEmailIdentity'),
      ].sort(),
    );
  });

  it('the mail function otherwise reads its queue and remembers what it sent', () => {
    const others = allowed('mailer').filter(pair => !pair.startsWith('ses:'));
    expect(others).toEqual([...on(SENT_MAILS, ...ITEM_ACTIONS), ...on(MAIL_QUEUE, ...CONSUME)].sort());
  });

  it('the workflow may look at its refresh, run its three steps and follow its own invalidation', () => {
    expect(allowed('workflow').filter(pair => !pair.endsWith(' *'))).toEqual(
      [
        ...on(DISTRIBUTION, 'cloudfront:GetInvalidation'),
        ...on(REFRESHES, 'dynamodb:GetItem'),
        ...['Invalidate', 'Verify', 'Report'].map(
          step => `lambda:InvokeFunction ${functionArn(`AutoInvalidation${step}`)}`,
        ),
      ].sort(),
    );
  });

  it('the API may change student records, and start and list backups', () => {
    expect(allowed('students')).toEqual(
      [
        ...on(STUDENTS, ...ITEM_ACTIONS),
        ...on(`${STUDENTS}/index/StudentsInOrder`, 'dynamodb:Query'),
        ...on(REQUESTS, ...ITEM_ACTIONS),
        ...on(BACKUP_BUCKET, 's3:ListBucket'),
        ...on(`${BACKUP_BUCKET}/backups/*.manifest.json`, 's3:GetObject'),
        ...on(functionArn('RecordsBackup'), 'lambda:InvokeFunction'),
        ...on(MAIL_QUEUE, 'sqs:SendMessage'),
      ].sort(),
    );
  });

  it('the backup may read the students, never change them, and write only below backups/', () => {
    expect(allowed('backup')).toEqual(
      [
        ...on(STUDENTS, 'dynamodb:Scan'),
        ...on(BACKUP_BUCKET, 's3:ListBucket'),
        ...on(
          `${BACKUP_BUCKET}/backups/*`,
          's3:AbortMultipartUpload',
          's3:DeleteObject',
          's3:GetObject',
          's3:PutObject',
        ),
        ...on(MAIL_QUEUE, 'sqs:SendMessage'),
      ].sort(),
    );
  });

  it('no action is a wildcard, except in the uploader that CDK brings', () => {
    const ours = Object.keys(ROLES).filter((role): role is keyof typeof ROLES => role !== 'uploader');
    const actions = ours
      .flatMap(role => permissionsOf(template, ROLES[role]))
      .flatMap(({ Action }) => Action);
    expect(actions.filter(action => action.includes('*'))).toEqual([]);
  });

  it('resources contain a wildcard only where nothing narrower exists', () => {
    const REASONS: Readonly<Record<string, string>> = {
      '*': 'X-Ray and log delivery have no resources to name',
      [`${SITE_BUCKET}/*`]: 'any object of the site may have changed, and CDK’s uploader writes them',
      'arn:aws:ses:us-east-1:<AWS::AccountId>:identity/*':
        'SES in its sandbox checks the recipient’s identity as well; a condition fixes the sender',
      'arn:aws:ses:us-east-1:<AWS::AccountId>:configuration-set/*':
        'the sender may send with any by default; the sender is fixed by a condition',
      'arn:aws:s3:::cdk-hnb659fds-assets-<AWS::AccountId>-us-east-1/*':
        'CDK’s uploader reads the assets of its deployment',
      ...Object.fromEntries(
        PARTS_OF_DISTRIBUTIONS.map(parts => [parts, 'what a distribution has is known once it is read']),
      ),
      [`${BACKUP_BUCKET}/backups/*`]: 'the key of a backup is its time',
      [`${BACKUP_BUCKET}/backups/*.manifest.json`]: 'any backup is listed by its manifest',
    };
    const resources = resourcesOf(template, 'AWS::IAM::Policy')
      .flatMap(statementsOf)
      .flatMap(({ Resource = [] }) => Resource.map(textOf));
    const wild = new Set(resources.filter(resource => resource.includes('*')));
    expect(wild).toEqual(new Set(Object.keys(REASONS)));
  });

  it('only tracing and log delivery may act on every resource', () => {
    const everywhere = resourcesOf(template, 'AWS::IAM::Policy').flatMap(policy =>
      pairs(statementsOf(policy)).filter(pair => pair.endsWith(' *')),
    );
    expect(everywhere.filter(pair => !/^(xray|logs):/.test(pair))).toEqual([]);
  });

  it('every role is described here', () => {
    const described = Object.values(ROLES).map(prefix => idOf('AWS::IAM::Role', prefix));
    expect(new Set(resourcesOf(template, 'AWS::IAM::Role').map(({ id }) => id))).toEqual(new Set(described));
  });

  it('a function is assumed by Lambda alone, the workflow only by this account’s Step Functions', () => {
    for (const { id, properties } of resourcesOf(template, 'AWS::IAM::Role')) {
      const [statement, ...others] = statementsOf({
        id,
        properties: { PolicyDocument: properties['AssumeRolePolicyDocument'] ?? null },
        dependsOn: [],
      });
      const isWorkflow = id.startsWith(ROLES.workflow);
      const service = isWorkflow ? 'states' : 'lambda';
      expect(others).toEqual([]);
      expect(statement).toMatchObject({
        Principal: { Service: `${service}.amazonaws.com` },
        ...(isWorkflow
          ? { Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } } }
          : {}),
      });
    }
  });
});

describe('The site bucket', () => {
  const readers = (of: CfnTemplate) =>
    statementsOf(resourceOf(of, 'AWS::S3::BucketPolicy', 'WebsiteSiteBucket')).filter(
      ({ Effect }) => Effect === 'Allow',
    );

  it('is read by this distribution and nobody else, with origin access control', () => {
    const [statement, ...others] = readers(template);
    expect(others).toEqual([]);
    expect(statement).toMatchObject({
      Action: ['s3:GetObject', 's3:ListBucket'],
      Principal: { Service: 'cloudfront.amazonaws.com' },
    });
    const { StringEquals } = Object(statement?.Condition);
    expect(textOf(StringEquals['AWS:SourceArn'])).toBe(DISTRIBUTION.replace('aws', '<AWS::Partition>'));
    expect(Object.keys(Object(statement?.Condition))).toEqual(['StringEquals']);
  });

  it('is read by this distribution’s identity and nobody else, with an origin access identity', () => {
    const oai = templateWith({ originAccess: 'oai' });
    const identity = resourceOf(oai, 'AWS::CloudFront::CloudFrontOriginAccessIdentity', 'Website').id;
    const [statement, ...others] = readers(oai);
    expect(others).toEqual([]);
    expect(statement?.Principal).toEqual({ CanonicalUser: getAtt(identity, 'S3CanonicalUserId') });
    expect(statement?.Action).toEqual(['s3:GetObject']);
    const { Origins } = Object(
      resourceOf(oai, 'AWS::CloudFront::Distribution', 'Website').properties['DistributionConfig'],
    );
    expect(textOf(Origins[0].S3OriginConfig.OriginAccessIdentity)).toBe(
      `origin-access-identity/cloudfront/<${identity}>`,
    );
  });
});
