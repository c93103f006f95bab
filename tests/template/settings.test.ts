import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { resourceOf, synthesised, templateWith, textOf } from '../helpers/templates.ts';

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
      MailFrom: 'student-site@example.com',
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

  it('are the school’s own by default', () => {
    expect(bucketNames(template)).toEqual(['student-management-website-2025', 'student-web-logs-20250706']);
    expect(resourceOf(template, 'AWS::CloudFront::Distribution', '').properties).toMatchObject({
      DistributionConfig: { Comment: 'StudentWebsiteDistribution', DefaultRootObject: 'index.html' },
    });
    expect(resourceOf(template, 'AWS::S3::Bucket', 'WebsiteSiteBucket').properties).toMatchObject({
      WebsiteConfiguration: { IndexDocument: 'index.html' },
    });
  });

  it('come from the context if it sets them, also in S3’s permission', () => {
    const other = templateWith({ siteBucketName: 'my-site', logBucketName: 'my-logs' });
    expect(bucketNames(other)).toEqual(['my-site', 'my-logs']);
    expect(JSON.stringify(other)).not.toContain('student-management-website-2025');
    const policy = resourceOf(other, 'AWS::SQS::QueuePolicy', 'AutoInvalidationSiteChangesQueue');
    expect(JSON.stringify(policy.properties)).toContain(':s3:::my-site"');
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
      maxNeedlessPurges: '8',
      extensionlessUrls: 'true',
      quotaPatienceMinutes: '9',
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
        MAX_NEEDLESS_PURGES: '8',
        QUOTA_PATIENCE_MINUTES: '9',
      },
    });
    const { Variables } = z
      .object({ Variables: z.record(z.string(), z.json()) })
      .parse(environmentOf(other, 'AutoInvalidationInvalidate'));
    expect(JSON.parse(textOf(Variables['DISTRIBUTIONS']))).toMatchObject([{ urls: { extensionless: true } }]);
    expect(environmentOf(other, 'RefreshApi')).toMatchObject({
      Variables: {
        PATH_PRICE_USD: '1e-7',
        FREE_PATHS_PER_MONTH: '7',
        MANUAL_PATHS_PER_DAY: '12',
      },
    });
    expect(resourceOf(other, 'AWS::StepFunctions::StateMachine', '').properties).toMatchObject({
      DefinitionSubstitutions: { QuietSeconds: '9', MaxLooks: '11' },
    });
  });

  it.each([
    ['siteBucketName', 'Not_A_Bucket'],
    ['logBucketName', ''],
    ['originAccess', 'public'],
    ['mailFrom', 'nobody'],
    ['notifyEmail', ''],
    ['mailWhen', 'never'],
    ['quietSeconds', '0'],
    ['maxLooks', 'many'],
    ['batchSize', '501'],
    ['batchWindowSeconds', '301'],
    ['pathPriceUsd', ''],
    ['refetchPriceUsd', '-0.1'],
    ['freePathsPerMonth', '0.5'],
    ['maxNeedlessPurges', 'some'],
    ['extensionlessUrls', 'yes'],
    ['quotaPatienceMinutes', '-1'],
    ['manualPathsPerDay', 'many'],
  ])('are refused by name when %s is %j', (name, value) => {
    expect(() => templateWith({ [name]: value })).toThrow(
      new RegExp(`cdk.json and -c options:.*at ${name}`, 's'),
    );
  });

  it('are all named when several are wrong', () => {
    expect(() => templateWith({ mailFrom: 'nobody', batchSize: 0 })).toThrow(/mailFrom.*batchSize/s);
  });
});
