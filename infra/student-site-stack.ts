import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { AutoInvalidation } from './constructs/pipeline/auto-invalidation.ts';
import { Mail } from './constructs/pipeline/mail.ts';
import { RefreshAlarms } from './constructs/pipeline/refresh-alarms.ts';
import { RefreshDashboard } from './constructs/pipeline/refresh-dashboard.ts';
import { RefreshApi } from './constructs/school/refresh-api.ts';
import { SchoolAlarms } from './constructs/school/school-alarms.ts';
import { addSchoolGraphs } from './constructs/school/school-graphs.ts';
import { StudentApi } from './constructs/school/student-api.ts';
import { StudentRecords } from './constructs/school/student-records.ts';
import { Website } from './constructs/school/website.ts';
import { refreshOptions, siteOptions, webhookOptions, webhookOutputs } from './refresh-options.ts';
import type { Settings } from './settings.ts';

export interface StudentSiteStackProps extends StackProps {
  readonly settings: Settings;
  /** The built files of the page. */
  readonly websiteDirectory: string;
}

/**
 * The school's site: its page, the pipeline that keeps the edge fresh, the students' API and
 * records, and mails.
 */
export class StudentSiteStack extends Stack {
  constructor(scope: Construct, id: string, { settings, websiteDirectory, ...props }: StudentSiteStackProps) {
    super(scope, id, { description: 'Student site with event-driven CloudFront invalidation', ...props });

    const website = new Website(this, 'Website', {
      siteBucketName: settings.siteBucketName,
      logBucketName: settings.logBucketName,
      originAccess: settings.originAccess,
    });
    const mail = new Mail(this, 'Mail', {
      emails: settings.notifyEmail,
      ...(settings.mailFrom === undefined ? {} : { from: settings.mailFrom }),
      region: settings.mailRegion,
      handler: 'school/send-mail',
    });
    const pipeline = new AutoInvalidation(this, 'AutoInvalidation', {
      ...refreshOptions(settings),
      bucket: website.bucket,
      distributions: [
        { distribution: website.distribution, url: website.url, ...siteOptions(this, settings) },
      ],
      notify: { mail, when: settings.mailWhen },
      ...webhookOptions(this, settings),
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
      name: settings.apiName ?? this.stackName,
      logs: settings.apiLogs,
      ratePerSecond: settings.apiRatePerSecond,
      burst: settings.apiBurst,
      requestsPerDay: settings.apiRequestsPerDay,
    });
    const refreshApi = new RefreshApi(this, 'RefreshApi', {
      api,
      autoInvalidation: pipeline,
      distribution: website.distribution,
      siteUrl: website.url,
      manualPathsPerDay: settings.manualPathsPerDay,
    });
    website.serveApi(api);
    const parts = { website, mail, pipeline, records, api, refreshApi };
    addMonitoring(this, parts, settings);
    website.publish(websiteDirectory);
    for (const [name, value] of Object.entries(outputsOf(parts))) new CfnOutput(this, name, { value });
  }
}

interface Parts {
  readonly website: Website;
  readonly mail: Mail;
  readonly pipeline: AutoInvalidation;
  readonly records: StudentRecords;
  readonly api: StudentApi;
  readonly refreshApi: RefreshApi;
}

/** Alarms, which mail the settings' addresses, and one dashboard. */
function addMonitoring(stack: Stack, { pipeline, ...school }: Parts, { notifyEmail }: Settings): void {
  const alarms = new RefreshAlarms(stack, 'Alarms', { pipeline, notify: notifyEmail });
  new SchoolAlarms(stack, 'SchoolAlarms', { alarms, ...school });
  const { dashboard } = new RefreshDashboard(stack, 'Dashboard', { pipeline });
  addSchoolGraphs(dashboard, school);
}

function outputsOf({ website, mail, pipeline, records, api }: Parts): Record<string, string> {
  return {
    SiteUrl: website.url,
    ApiUrl: api.url,
    ApiKeyId: api.apiKey.keyId,
    DistributionId: website.distribution.distributionId,
    SiteBucketName: website.bucket.bucketName,
    BackupBucketName: records.backupBucket.bucketName,
    StudentTableName: records.table.tableName,
    RefreshTableName: pipeline.table.tableName,
    SiteChangesQueueUrl: pipeline.queue.queueUrl,
    SiteChangesDeadLetterQueueUrl: pipeline.deadLetterQueue.queueUrl,
    MailQueueUrl: mail.queue.queueUrl,
    MailDeadLetterQueueUrl: mail.deadLetterQueue.queueUrl,
    RefreshStateMachineArn: pipeline.stateMachine.stateMachineArn,
    MailFrom: mail.from,
    MailRegion: mail.region,
    MailSenderState: mail.senderState,
    ...webhookOutputs(pipeline),
  };
}
