import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { Alarms } from './constructs/pipeline/alarms.ts';
import { AutoInvalidation } from './constructs/pipeline/auto-invalidation.ts';
import { ExistingDistributions } from './constructs/pipeline/existing-distributions.ts';
import { SiteDashboard } from './constructs/pipeline/site-dashboard.ts';
import { workingFunctions } from './constructs/pipeline/watched.ts';
import type { AttachmentSettings } from './settings.ts';

export interface AutoInvalidationStackProps extends StackProps {
  readonly settings: AttachmentSettings;
}

/** Automatic refresh for a bucket and distributions that there are already. */
export class AutoInvalidationStack extends Stack {
  constructor(scope: Construct, id: string, { settings, ...props }: AutoInvalidationStackProps) {
    const { bucket: bucketName, distributionId, notifyEmail, mailFrom, ...options } = settings;
    super(scope, id, {
      description: `Event-driven CloudFront invalidation for the bucket ${bucketName}`,
      stackName: options.stackName,
      ...props,
      env: { region: options.region },
    });
    const bucket = Bucket.fromBucketName(this, 'Bucket', bucketName);
    const { distributions } = new ExistingDistributions(this, 'Existing', {
      distributionIds: distributionId,
      bucket,
      extensionlessUrls: options.extensionlessUrls,
    });
    const freshness = new AutoInvalidation(this, 'Freshness', {
      ...options,
      bucket,
      distributions,
      notifyEmail,
      ...(mailFrom === undefined ? {} : { mailFrom }),
    });
    const watched = {
      siteChanges: freshness,
      mail: freshness.mail,
      functions: workingFunctions(this),
      stateMachine: freshness.stateMachine,
    };
    new Alarms(this, 'Alarms', { notify: notifyEmail, ...watched });
    new SiteDashboard(this, 'Dashboard', watched);

    const outputs = {
      SiteBucketName: bucketName,
      DistributionId: distributionId[0] ?? '',
      DistributionIds: distributionId.join(','),
      RefreshTableName: freshness.table.tableName,
      SiteChangesQueueUrl: freshness.queue.queueUrl,
      SiteChangesDeadLetterQueueUrl: freshness.deadLetterQueue.queueUrl,
      MailQueueUrl: freshness.mail.queue.queueUrl,
      RefreshStateMachineArn: freshness.stateMachine.stateMachineArn,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
