import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { SCHOOL_METRICS_NAMESPACE } from '../shared/school/metric-source.ts';
import { Alarms } from './constructs/pipeline/alarms.ts';
import { AutoInvalidation } from './constructs/pipeline/auto-invalidation.ts';
import { Mail } from './constructs/pipeline/mail.ts';
import { SiteDashboard } from './constructs/pipeline/site-dashboard.ts';
import { workingFunctions } from './constructs/pipeline/watched.ts';
import { RefreshApi } from './constructs/school/refresh-api.ts';
import { StudentApi } from './constructs/school/student-api.ts';
import { StudentRecords } from './constructs/school/student-records.ts';
import { Website } from './constructs/school/website.ts';
import type { Settings } from './settings.ts';

export interface StudentSiteStackProps extends StackProps {
  readonly settings: Settings;
  /** The built files of the page. */
  readonly websiteDirectory: string;
}

/** The school's site: page, automatic refresh of its edge, students' API and records, mails. */
export class StudentSiteStack extends Stack {
  constructor(scope: Construct, id: string, { settings, websiteDirectory, ...props }: StudentSiteStackProps) {
    super(scope, id, { description: 'Student site with event-driven CloudFront invalidation', ...props });

    const website = new Website(this, 'Website', {
      siteBucketName: settings.siteBucketName,
      logBucketName: settings.logBucketName,
      originAccess: settings.originAccess,
    });
    const mail = new Mail(this, 'Mail', {
      mailFrom: settings.mailFrom,
      notifyEmail: settings.notifyEmail,
      handler: 'school/send-mail',
    });
    const autoInvalidation = new AutoInvalidation(this, 'AutoInvalidation', {
      bucket: website.bucket,
      distribution: website.distribution,
      mail,
      mailWhen: settings.mailWhen,
      quietSeconds: settings.quietSeconds,
      maxLooks: settings.maxLooks,
      batchSize: settings.batchSize,
      batchWindowSeconds: settings.batchWindowSeconds,
      pathPriceUsd: settings.pathPriceUsd,
      refetchPriceUsd: settings.refetchPriceUsd,
      freePathsPerMonth: settings.freePathsPerMonth,
      maxNeedlessPurges: settings.maxNeedlessPurges,
      extensionlessUrls: settings.extensionlessUrls,
      quotaPatienceMinutes: settings.quotaPatienceMinutes,
    });
    const records = new StudentRecords(this, 'Records', {
      tableName: settings.studentTableName,
      backupBucketName: settings.backupBucketName,
      accessLogBucket: website.logBucket,
      mail,
    });
    const api = new StudentApi(this, 'Api', {
      siteUrl: website.url,
      records,
      mail,
      ratePerSecond: settings.apiRatePerSecond,
      burst: settings.apiBurst,
      requestsPerDay: settings.apiRequestsPerDay,
    });
    new RefreshApi(this, 'RefreshApi', {
      api,
      autoInvalidation,
      distribution: website.distribution,
      siteUrl: website.url,
      manualPathsPerDay: settings.manualPathsPerDay,
    });
    website.serveApi(api);
    const watched = {
      siteChanges: autoInvalidation,
      mail,
      functions: workingFunctions(this),
      stateMachine: autoInvalidation.stateMachine,
      students: { api: api.restApi, metricsNamespace: SCHOOL_METRICS_NAMESPACE },
    };
    new Alarms(this, 'Alarms', { notify: settings.notifyEmail, ...watched });
    new SiteDashboard(this, 'Dashboard', watched);
    website.publish(websiteDirectory);

    const outputs = {
      SiteUrl: website.url,
      ApiUrl: api.url,
      ApiKeyId: api.apiKey.keyId,
      DistributionId: website.distribution.distributionId,
      SiteBucketName: website.bucket.bucketName,
      BackupBucketName: records.backupBucket.bucketName,
      StudentTableName: records.table.tableName,
      RefreshTableName: autoInvalidation.table.tableName,
      SiteChangesQueueUrl: autoInvalidation.queue.queueUrl,
      SiteChangesDeadLetterQueueUrl: autoInvalidation.deadLetterQueue.queueUrl,
      MailQueueUrl: mail.queue.queueUrl,
      RefreshStateMachineArn: autoInvalidation.stateMachine.stateMachineArn,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
