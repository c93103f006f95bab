import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct, IConstruct } from 'constructs';
import { AutoInvalidation } from './constructs/pipeline/auto-invalidation.ts';
import { RefreshAlarms } from './constructs/pipeline/refresh-alarms.ts';
import { RefreshDashboard } from './constructs/pipeline/refresh-dashboard.ts';
import { refreshOptions, siteOptions, webhookOptions, webhookOutputs } from './refresh-options.ts';
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
    const distributions = distributionId.map((id, index) => ({
      // What the deployment finds out is kept elsewhere, so that nothing here needs the domain.
      distribution: Distribution.fromDistributionAttributes(this, id, { distributionId: id, domainName: id }),
      ...options,
      ...urlAt(settings.url, index),
    }));
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
      ...webhookOptions(this, settings),
    });
    new RefreshAlarms(this, 'Alarms', { pipeline, notify: notifyEmail });
    new RefreshDashboard(this, 'Dashboard', { pipeline });
    // A site that does not fit is refused before anything of it is changed or anybody gets a mail.
    const { descriptions, table, queue } = pipeline;
    const first = new Set<IConstruct>([descriptions, table, ...queue.node.scopes]);
    const later = [...this.node.children, ...pipeline.node.children].filter(part => !first.has(part));
    for (const part of later) part.node.addDependency(descriptions);

    for (const [name, value] of Object.entries(outputsOf(pipeline, settings)))
      new CfnOutput(this, name, { value });
  }
}

function outputsOf(
  pipeline: AutoInvalidation,
  { bucket, distributionId }: AttachmentSettings,
): Record<string, string> {
  return {
    SiteBucketName: bucket,
    DistributionId: distributionId[0] ?? '',
    DistributionIds: distributionId.join(','),
    SiteSummary: pipeline.descriptions.summary,
    RefreshTableName: pipeline.table.tableName,
    SiteChangesQueueUrl: pipeline.queue.queueUrl,
    SiteChangesDeadLetterQueueUrl: pipeline.deadLetterQueue.queueUrl,
    MailQueueUrl: pipeline.mail.queue.queueUrl,
    MailDeadLetterQueueUrl: pipeline.mail.deadLetterQueue.queueUrl,
    RefreshStateMachineArn: pipeline.stateMachine.stateMachineArn,
    MailFrom: pipeline.mail.from,
    MailRegion: pipeline.mail.region,
    MailSenderState: pipeline.mail.senderState,
    ...webhookOutputs(pipeline),
  };
}

/** An empty URL stands for the distribution's own domain. */
function urlAt(urls: readonly string[], index: number): { readonly url?: string } {
  const url = urls[index] ?? '';
  return url === '' ? {} : { url };
}
