import { Aws, Duration, Validations } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import type { AutoInvalidation } from './auto-invalidation.ts';
import type { Mail } from './mail.ts';
import { MailedAlarms, type Watch } from './mailed-alarms.ts';
import { checkAddresses } from './prop-problems.ts';
import type { ServiceFunction } from './service-function.ts';
import { deadLetterWatch, EVENT_PERIOD, errorWatch, queueWatches } from './watches.ts';
import type { Webhook } from './webhook.ts';

/**
 * A refused refresh pauses up to 15 minutes between two tries: each such period of a long refusal
 * holds one.
 */
const QUOTA_PERIOD = Duration.minutes(20);
const QUOTA_PERIODS = 3;

/**
 * Half an hour of errors is not the quota: while that refuses, a quarter of an hour passes between
 * two of them.
 */
const STUBBORN_PERIODS = 6;

export interface RefreshAlarmsProps {
  /** The pipeline whose alarms these are. */
  readonly pipeline: AutoInvalidation;
  /**
   * Addresses that SNS tells when the mails themselves fail. Each confirms a subscription once.
   * @default - nobody: for a pipeline that shares its mails with another one, whose alarms watch
   * them
   */
  readonly notify?: readonly string[];
}

/** Every alarm of a pipeline. */
export class RefreshAlarms extends MailedAlarms {
  constructor(scope: Construct, id: string, { pipeline, notify }: RefreshAlarmsProps) {
    super(scope, id, { mail: pipeline.mail });
    const watches = [
      ...queueWatches({
        name: 'site-changes',
        subject: 'site changes',
        queue: pipeline.queue,
        deadLetterQueue: pipeline.deadLetterQueue,
      }),
      errorWatch(pipeline.collect),
      stubbornErrorWatch(pipeline.invalidate),
      stubbornErrorWatch(pipeline.verify),
      errorWatch(pipeline.report),
      errorWatch(pipeline.descriptions.watch),
      ...executionWatches(pipeline),
      quotaWatch(pipeline),
      ...webhookWatches(pipeline.webhook),
    ];
    for (const watch of watches) this.raise(watch);
    if (notify !== undefined) this.watchMail(pipeline.mail, notify);
  }

  /**
   * A mail cannot tell that mails fail. SNS needs neither the mail queue, our functions nor SES.
   */
  private watchMail(mail: Mail, notify: readonly string[]): void {
    checkAddresses(this, 'notify', notify);
    const action = new SnsAction(this.createTopic(notify));
    const { queue, deadLetterQueue } = mail;
    const watches: readonly Watch[] = [
      ...queueWatches({ name: 'mail', subject: 'mails', queue, deadLetterQueue }),
      errorWatch(mail.send),
      {
        name: 'alarm-mails-lost',
        metric: this.mails.metricFailed(EVENT_PERIOD),
        meaning: 'An alarm could not be put into the mail queue, so nobody was mailed about it',
      },
    ];
    for (const watch of watches) {
      const alarm = this.raise(watch);
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
    }
  }

  private createTopic(notify: readonly string[]): Topic {
    const topic = new Topic(this, 'Topic', { enforceSSL: true });
    for (const address of notify) topic.addSubscription(new EmailSubscription(address));
    topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
    Validations.of(topic).acknowledge({
      id: 'AwsSolutions-SNS2',
      reason:
        'CloudWatch cannot publish under the AWS-managed key, and the messages name an alarm, no person.',
    });
    return topic;
  }
}

/**
 * For functions that throw on purpose what the workflow answers with another try. What it gives up
 * fails its execution.
 */
function stubbornErrorWatch(watched: ServiceFunction): Watch {
  return {
    ...errorWatch(watched),
    periods: STUBBORN_PERIODS,
    meaning: `The function ${watched.handlerName} has kept failing for half an hour`,
  };
}

function executionWatches({ stateMachine }: AutoInvalidation): readonly Watch[] {
  const options = { statistic: 'Sum', period: EVENT_PERIOD };
  return [
    {
      name: 'refresh-failed',
      metric: stateMachine.metricFailed(options),
      meaning: 'A refresh failed: visitors may get old content',
    },
    // A timed-out execution is not among the failed ones.
    {
      name: 'refresh-timed-out',
      metric: stateMachine.metricTimedOut(options),
      meaning: 'A refresh exceeded the longest time that an execution may take: visitors may get old content',
    },
    {
      name: 'refresh-aborted',
      metric: stateMachine.metricAborted(options),
      meaning: 'A refresh was stopped from outside: visitors may get old content',
    },
  ];
}

function quotaWatch(pipeline: AutoInvalidation): Watch {
  return {
    name: 'quota-refusals',
    metric: pipeline.metricQuotaRefusals({ period: QUOTA_PERIOD }),
    periods: QUOTA_PERIODS,
    meaning: 'CloudFront has refused new invalidations for an hour because too many are in progress',
  };
}

/** None of its queue's age: a webhook waits hours for its next try. */
function webhookWatches(webhook: Webhook | undefined): readonly Watch[] {
  if (webhook === undefined) return [];
  const meaning = "The webhook's receiver has not taken the end of a refresh for 15 hours: it was given up";
  return [deadLetterWatch('webhook', webhook.deadLetterQueue, meaning), errorWatch(webhook.send)];
}
