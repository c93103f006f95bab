import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { AutoInvalidation } from './constructs/pipeline/auto-invalidation.ts';
import { ExistingDistributions } from './constructs/pipeline/existing-distributions.ts';
import { RefreshAlarms } from './constructs/pipeline/refresh-alarms.ts';
import { RefreshDashboard } from './constructs/pipeline/refresh-dashboard.ts';
import { refreshOptions, siteOptions } from './refresh-options.ts';
import type { AttachmentSettings } from './settings.ts';

export interface AutoInvalidationStackProps extends StackProps {
  readonly settings: AttachmentSettings;
}

/** Automatic invalidation for a bucket and distributions that exist already. */
export class AutoInvalidationStack extends Stack {
  constructor(scope: Construct, id: string, { settings, ...props }: AutoInvalidationStackProps) {
    const { bucket: bucketName, bucketKeyArn, distributionId, notifyEmail, mailFrom, mailRegion } = settings;
    super(scope, id, {
      description: `Event-driven CloudFront invalidation for the bucket ${bucketName}`,
      stackName: settings.stackName,
      ...props,
      env: { region: settings.region },
    });
    const bucket = Bucket.fromBucketAttributes(this, 'Bucket', {
      bucketName,
      ...(bucketKeyArn === undefined
        ? {}
        : { encryptionKey: Key.fromKeyArn(this, 'BucketKey', bucketKeyArn) }),
    });
    const options = siteOptions(this, settings);
    const existing = new ExistingDistributions(this, 'Existing', {
      distributions: distributionId.map((id, index) => ({ id, ...options, ...urlAt(settings.url, index) })),
      bucket,
    });
    const { distributions } = existing;
    const pipeline = new AutoInvalidation(this, 'Freshness', {
      ...refreshOptions(settings),
      keyPrefixes: settings.keyPrefixes,
      excludedKeys: settings.excludedKeys,
      bucket,
      distributions,
      notify: {
        emails: notifyEmail,
        ...(mailFrom === undefined ? {} : { from: mailFrom }),
        ...(mailRegion === undefined ? {} : { region: mailRegion }),
        when: settings.mailWhen,
      },
    });
    new RefreshAlarms(this, 'Alarms', { pipeline, notify: notifyEmail });
    new RefreshDashboard(this, 'Dashboard', { pipeline });
    // A site that does not fit is refused before anything is made or anybody gets a mail.
    const later = this.node.children.filter(part => part !== existing);
    for (const part of later) part.node.addDependency(existing);

    const outputs = {
      SiteBucketName: bucketName,
      DistributionId: distributionId[0] ?? '',
      DistributionIds: distributionId.join(','),
      RefreshTableName: pipeline.table.tableName,
      SiteChangesQueueUrl: pipeline.queue.queueUrl,
      SiteChangesDeadLetterQueueUrl: pipeline.deadLetterQueue.queueUrl,
      MailQueueUrl: pipeline.mail.queue.queueUrl,
      MailDeadLetterQueueUrl: pipeline.mail.deadLetterQueue.queueUrl,
      RefreshStateMachineArn: pipeline.stateMachine.stateMachineArn,
      MailFrom: pipeline.mail.from,
      MailRegion: pipeline.mail.region,
      MailSenderState: pipeline.mail.senderState,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}

/** An empty URL stands for the distribution's own domain. */
function urlAt(urls: readonly string[], index: number): { readonly url?: string } {
  const url = urls[index] ?? '';
  return url === '' ? {} : { url };
}
