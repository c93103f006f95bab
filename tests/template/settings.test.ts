import { describe, expect, it } from 'vitest';
import { USUALLY_IGNORED_METADATA } from '../../shared/refresh/ignored-metadata.ts';
import { madeAfterTheUpload } from '../helpers/deployment-rules.ts';
import { resourceOf, resourcesOf, synthesised, templateWith, textOf } from '../helpers/templates.ts';
import { toldIn } from '../helpers/told.ts';

const template = synthesised();

describe('The outputs', () => {
  it('are exactly the named ones', () => {
    const id = (type: string, prefix: string) => `<${resourceOf(template, type, prefix).id}>`;
    const outputs = Object.entries(template.Outputs).map(([name, { Value }]) => [name, textOf(Value)]);
    expect(Object.fromEntries(outputs)).toEqual({
      SiteUrl: `https://${id('AWS::CloudFront::Distribution', '').replace('>', '.DomainName>')}`,
      DistributionId: id('AWS::CloudFront::Distribution', ''),
      SiteBucketName: id('AWS::S3::Bucket', 'WebsiteSiteBucket'),
      RefreshTableName: id('AWS::DynamoDB::Table', 'AutoInvalidationRefreshes'),
      SiteChangesQueueUrl: id('AWS::SQS::Queue', 'AutoInvalidationSiteChangesQueue'),
      SiteChangesDeadLetterQueueUrl: id('AWS::SQS::Queue', 'AutoInvalidationSiteChangesDeadLetters'),
      MailQueueUrl: id('AWS::SQS::Queue', 'MailQueueC'),
      MailDeadLetterQueueUrl: id('AWS::SQS::Queue', 'MailQueueDeadLetters'),
      RefreshStateMachineArn: id('AWS::StepFunctions::StateMachine', ''),
      ApiUrl: `https://${id('AWS::ApiGateway::RestApi', '')}.execute-api.us-east-1.<AWS::URLSuffix>/prod`,
      ApiKeyId: id('AWS::ApiGateway::ApiKey', ''),
      MailFrom: 'site-owner@example.com',
      MailRegion: 'us-east-1',
      MailSenderState: id('Custom::MailSender', '').replace('>', '.State>'),
      BackupBucketName: id('AWS::S3::Bucket', 'RecordsBackupBucket'),
      StudentTableName: id('AWS::DynamoDB::Table', 'RecordsTable'),
    });
  });
});

describe('The names', () => {
  const bucketNames = (of: typeof template) =>
    ['WebsiteSiteBucket', 'WebsiteLogBucket'].map(
      id => resourceOf(of, 'AWS::S3::Bucket', id).properties['BucketName'],
    );

  it.each([
    ['AWS::S3::Bucket', 'BucketName', 3],
    ['AWS::DynamoDB::Table', 'TableName', 4],
  ])('of every %s are CloudFormation’s own by default', (type, name, count) => {
    const resources = resourcesOf(template, type);
    expect(resources).toHaveLength(count);
    expect(resources.filter(({ properties }) => name in properties)).toEqual([]);
  });

  it('are the school’s own where nobody else can have them', () => {
    expect(resourceOf(template, 'AWS::CloudFront::Distribution', '').properties).toMatchObject({
      DistributionConfig: { Comment: 'StudentWebsiteDistribution', DefaultRootObject: 'index.html' },
    });
    expect(resourceOf(template, 'AWS::S3::Bucket', 'WebsiteSiteBucket').properties).toMatchObject({
      WebsiteConfiguration: { IndexDocument: 'index.html' },
    });
  });

  it('come from the context if it sets them, also in S3’s permission', () => {
    const other = templateWith({
      siteBucketName: 'my-site',
      logBucketName: 'my-logs',
      backupBucketName: 'my-backups',
      studentTableName: 'my-students',
    });
    expect(bucketNames(other)).toEqual(['my-site', 'my-logs']);
    expect(resourceOf(other, 'AWS::S3::Bucket', 'RecordsBackup').properties).toMatchObject({
      BucketName: 'my-backups',
    });
    expect(resourceOf(other, 'AWS::DynamoDB::Table', 'RecordsTable').properties).toMatchObject({
      TableName: 'my-students',
    });
    const policy = resourceOf(other, 'AWS::SQS::QueuePolicy', 'AutoInvalidationSiteChangesQueue');
    expect(JSON.stringify(policy.properties)).toContain(':s3:::my-site"');
  });
});

describe('A failed first deployment', () => {
  const policies = (of: typeof template) =>
    Object.values(of.Resources)
      .filter(({ Type }) => Type === 'AWS::S3::Bucket')
      .map(({ DeletionPolicy }) => DeletionPolicy);

  it('keeps the buckets that CloudFormation named: one with files would stop the rollback', () => {
    expect(policies(template)).toEqual(['Retain', 'Retain', 'Retain']);
  });

  it('deletes those with a name that was given: it would stop the next try', () => {
    const names = { siteBucketName: 'my-site', logBucketName: 'my-logs', backupBucketName: 'my-backups' };
    expect(new Set(policies(templateWith(names)))).toEqual(new Set(['RetainExceptOnCreate']));
  });

  it('has not uploaded the page, which comes after everything else that can fail', () => {
    expect(resourcesOf(template, 'Custom::CDKBucketDeployment')).toHaveLength(1);
    expect(madeAfterTheUpload(template)).toEqual([]);
  });
});

describe('The settings', () => {
  const environmentOf = (of: typeof template, id: string) =>
    resourceOf(of, 'AWS::Lambda::Function', id).properties['Environment'];

  it('reach the functions and the workflow', () => {
    const other = templateWith({
      notifyEmail: 'a@school.example,b@school.example',
      mailWhen: 'failed',
      pathPriceUsd: '0.0000001',
      refetchPriceUsd: 0,
      freePathsPerMonth: '7',
      maxPathsPerMonth: '14',
      maxNeedlessPurges: '8',
      extensionlessUrls: 'true',
      maxListRequests: '10',
      quotaPatienceMinutes: '9',
      ignoredMetadata: 'mtime, owner',
      manualPathsPerDay: '12',
      quietSeconds: '9',
      maxLooks: '11',
    });
    expect(environmentOf(other, 'MailSend')).toMatchObject({
      Variables: { NOTIFY_EMAIL: 'a@school.example,b@school.example' },
    });
    expect(environmentOf(other, 'AutoInvalidationReport')).toMatchObject({
      Variables: { MAIL_WHEN: 'failed' },
    });
    expect(environmentOf(other, 'AutoInvalidationInvalidate')).toMatchObject({
      Variables: {
        PATH_PRICE_USD: '1e-7',
        REFETCH_PRICE_USD: '0',
        FREE_PATHS_PER_MONTH: '7',
        MAX_PATHS_PER_MONTH: '14',
        MAX_NEEDLESS_PURGES: '8',
        MAX_LIST_REQUESTS: '10',
        QUOTA_PATIENCE_MINUTES: '9',
        IGNORED_METADATA: 'mtime,owner',
      },
    });
    expect(environmentOf(other, 'AutoInvalidationVerify')).toMatchObject({
      Variables: { IGNORED_METADATA: 'mtime,owner' },
    });
    expect(toldIn(other)).toMatchObject([{ extensionless: true }]);
    expect(environmentOf(other, 'RefreshApi')).toMatchObject({
      Variables: {
        PATH_PRICE_USD: '1e-7',
        FREE_PATHS_PER_MONTH: '7',
        MAX_PATHS_PER_MONTH: '14',
        MANUAL_PATHS_PER_DAY: '12',
      },
    });
    expect(resourceOf(other, 'AWS::StepFunctions::StateMachine', '').properties).toMatchObject({
      DefinitionSubstitutions: { QuietSeconds: '9', MaxLooks: '11' },
    });
  });

  it('leave metadata of upload tools aside, unless it is to count', () => {
    const counting = templateWith({ ignoredMetadata: '' });
    for (const id of ['AutoInvalidationInvalidate', 'AutoInvalidationVerify']) {
      expect(environmentOf(template, id)).toHaveProperty(
        'Variables.IGNORED_METADATA',
        USUALLY_IGNORED_METADATA.join(),
      );
      expect(environmentOf(counting, id)).not.toHaveProperty('Variables.IGNORED_METADATA');
    }
  });

  it('limit neither paths nor needless purges, unless somebody asks for it', () => {
    for (const limit of ['MAX_PATHS_PER_MONTH', 'MAX_NEEDLESS_PURGES'])
      expect(environmentOf(template, 'AutoInvalidationInvalidate')).not.toHaveProperty(`Variables.${limit}`);
  });

  it.each([
    ['siteBucketName', 'Not_A_Bucket'],
    ['logBucketName', ''],
    ['apiName', ''],
    ['apiLogs', 'yes'],
    ['maxCollectors', '25'],
    ['originAccess', 'public'],
    ['mailFrom', 'nobody'],
    ['notifyEmail', ''],
    ['mailWhen', 'never'],
    ['events', 'sns'],
    ['quietSeconds', '0'],
    ['maxLooks', 'many'],
    ['batchSize', '501'],
    ['batchWindowSeconds', '301'],
    ['pathPriceUsd', ''],
    ['refetchPriceUsd', '-0.1'],
    ['freePathsPerMonth', '0.5'],
    ['maxPathsPerMonth', '0'],
    ['maxNeedlessPurges', 'some'],
    ['extensionlessUrls', 'yes'],
    ['maxListRequests', '100001'],
    ['quotaPatienceMinutes', '-1'],
    ['watchMinutes', '0'],
    ['ignoredMetadata', 'x-amz-meta-mtime'],
    ['urls', '{'],
    ['urls', '{"en/*": ["$1"]}'],
    ['spaFallback', ''],
    ['manualPathsPerDay', 'many'],
  ])('are refused by name when %s is %j', (name, value) => {
    expect(() => templateWith({ [name]: value })).toThrow(
      new RegExp(`cdk.json and -c options:.*at ${name}`, 's'),
    );
  });

  it('ask who gets the mails: there is no default that a deployment could leave unnoticed', () => {
    expect(() => templateWith({ notifyEmail: undefined })).toThrow(/-c notifyEmail=.*at notifyEmail/s);
  });

  it('take the first recipient as the sender unless they name one', () => {
    const senderOf = (settings: Readonly<Record<string, string>>) =>
      environmentOf(templateWith(settings), 'MailSend');
    const notifyEmail = 'owner@my-school.example,other@my-school.example';
    expect(senderOf({ notifyEmail })).toMatchObject({ Variables: { MAIL_FROM: 'owner@my-school.example' } });
    expect(senderOf({ notifyEmail, mailFrom: 'site@my-school.example' })).toMatchObject({
      Variables: { MAIL_FROM: 'site@my-school.example' },
    });
  });

  it('are all named when several are wrong', () => {
    expect(() => templateWith({ mailFrom: 'nobody', batchSize: 0 })).toThrow(/mailFrom.*batchSize/s);
  });
});
