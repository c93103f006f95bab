import { Aws, Duration, Validations } from 'aws-cdk-lib';
import { CfnAlarm, ComparisonOperator, type Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { AlarmMails } from './alarm-mails.ts';
import type { ServiceFunction } from './service-function.ts';
import { ownMetric, type Watched } from './watched.ts';

export interface AlarmsProps extends Watched {
  /** Who is told by SNS when the mails themselves fail, with commas between the addresses. Each confirms a subscription once. */
  readonly notify: string;
}

const MINUTE = Duration.minutes(1);
/** Of metrics that count events: one that happened keeps its alarm up for so long. */
const EVENT_PERIOD = Duration.minutes(5);

/**
 * A message that fails comes back after its visibility time-out, three minutes. From its third receive on the metric skips it, so
 * a failing message shows as six minutes at the most: older than ten says that nobody reads the queue.
 */
const TOO_OLD = Duration.minutes(10);

/** A refused refresh pauses up to 15 minutes between two tries: each such period of a long refusal holds one. */
const QUOTA_PERIOD = Duration.minutes(20);
const QUOTA_PERIODS = 3;

/** A day between two nightly backups, and two hours for one that takes long or is tried again. */
const BACKUP_HOURS = 26;

/** They throw on purpose what the workflow answers with another try; what it gives up fails its execution. */
const THROWS_ON_PURPOSE = ['invalidate', 'verify-edge'];
/** Half an hour of errors is no such throw: while the quota refuses, a quarter of an hour passes between two of them. */
const STUBBORN_PERIODS = 6;

interface Watch {
  /** Also its heading in RUNBOOK.md. */
  readonly name: string;
  readonly metric: Metric;
  /** A sentence without its full stop. */
  readonly meaning: string;
  /** @default 1 */
  readonly threshold?: number;
  /** All of them must be over the threshold. @default 1 */
  readonly periods?: number;
  /** Told by SNS as well. @default false */
  readonly concernsMails?: boolean;
}

/** Every alarm of the stack. Each is mailed when it is raised and when it is over. */
export class Alarms extends Construct {
  private readonly mails: AlarmMails;
  private readonly topic: Topic;

  constructor(scope: Construct, id: string, { notify, ...watched }: AlarmsProps) {
    super(scope, id);
    this.mails = new AlarmMails(this, 'Mails', { queue: watched.mail.queue });
    this.topic = this.createTopic(notify);
    this.watchQueues('site-changes', watched.siteChanges, 'site changes', false);
    this.watchQueues('mail', watched.mail, 'mails', true);
    for (const each of watched.functions) this.watchFunction(each);
    this.watchExecutions(watched);
    if (watched.students !== undefined) {
      this.watchApi(watched.students);
      this.watchBackups(watched.students);
    }
    this.watchQuota();
    this.watchAlarmMails();
  }

  private watchQueues(
    name: string,
    { queue, deadLetterQueue }: QueuePair,
    what: string,
    concernsMails: boolean,
  ) {
    this.raise({
      name: `${name}-dead-letters`,
      // A message that the redrive policy moves is not counted as sent: only what is visible tells.
      metric: deadLetterQueue.metricApproximateNumberOfMessagesVisible({
        statistic: 'Maximum',
        period: MINUTE,
      }),
      meaning: `A message about ${what} was given up after five tries`,
      concernsMails,
    });
    this.raise({
      name: `${name}-too-old`,
      metric: queue.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum', period: MINUTE }),
      threshold: TOO_OLD.toSeconds(),
      meaning: `Messages about ${what} have waited for ten minutes: nobody reads their queue`,
      concernsMails,
    });
  }

  private watchFunction(watched: ServiceFunction): void {
    const { handlerName } = watched;
    const patient = THROWS_ON_PURPOSE.includes(handlerName);
    this.raise({
      name: `${handlerName}-errors`,
      metric: watched.metricErrors({ statistic: 'Sum', period: EVENT_PERIOD }),
      periods: patient ? STUBBORN_PERIODS : 1,
      meaning: patient
        ? `The function ${handlerName} has kept failing for half an hour`
        : `The function ${handlerName} crashed, timed out or threw`,
      concernsMails: handlerName === 'send-mail',
    });
  }

  private watchExecutions({ stateMachine }: Watched): void {
    const options = { statistic: 'Sum', period: EVENT_PERIOD };
    this.raise({
      name: 'refresh-failed',
      metric: stateMachine.metricFailed(options),
      meaning: 'A refresh failed: visitors may get old content',
    });
    // A timed-out execution is not among the failed ones.
    this.raise({
      name: 'refresh-timed-out',
      metric: stateMachine.metricTimedOut(options),
      meaning: 'A refresh exceeded the longest time that an execution may take: visitors may get old content',
    });
    this.raise({
      name: 'refresh-aborted',
      metric: stateMachine.metricAborted(options),
      meaning: 'A refresh was stopped from outside: visitors may get old content',
    });
  }

  /** Latency raises nothing: `POST /backup` waits for its backup on purpose, and too long a wait is a 5xx. */
  private watchApi({ api }: NonNullable<Watched['students']>): void {
    this.raise({
      name: 'api-5xx',
      metric: api.metricServerError({ statistic: 'Sum', period: EVENT_PERIOD }),
      meaning: 'The API answered a request with a server error',
    });
  }

  private watchBackups({ metricsNamespace }: NonNullable<Watched['students']>): void {
    const alarm = this.alarm(
      // The sum of students is 0 in a school without any.
      {
        name: 'no-backup',
        metric: ownMetric(this, 'StudentsBackedUp', 'SampleCount', Duration.hours(1), metricsNamespace),
        meaning: `No backup was finished in ${BACKUP_HOURS} hours`,
        periods: BACKUP_HOURS,
      },
      ComparisonOperator.LESS_THAN_THRESHOLD,
      TreatMissingData.BREACHING,
    );
    const resource = alarm.node.defaultChild;
    if (!(resource instanceof CfnAlarm)) throw new Error('An alarm is an AWS::CloudWatch::Alarm');
    // Of a new stack the first night is still to come.
    resource.warmUpConfiguration = {
      warmUpPeriodDurationInMinutes: BACKUP_HOURS * 60,
      onlyStartEvaluatingAfterWarmUpPeriodEnds: true,
    };
  }

  private watchQuota(): void {
    this.raise({
      name: 'quota-refusals',
      metric: ownMetric(this, 'QuotaRefusals', 'Sum', QUOTA_PERIOD),
      periods: QUOTA_PERIODS,
      meaning: 'CloudFront has refused new invalidations for an hour because too many are in progress',
    });
  }

  private watchAlarmMails(): void {
    this.raise({
      name: 'alarm-mails-lost',
      metric: this.mails.metricFailed(EVENT_PERIOD),
      meaning: 'An alarm could not be put into the mail queue, so nobody was mailed about it',
      concernsMails: true,
    });
  }

  private raise({ concernsMails = false, ...watch }: Watch): void {
    const alarm = this.alarm(
      watch,
      ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      // An idle queue, function or API reports nothing, and what reports only failures is silent while all is well.
      TreatMissingData.NOT_BREACHING,
    );
    if (!concernsMails) return;
    alarm.addAlarmAction(new SnsAction(this.topic));
    alarm.addOkAction(new SnsAction(this.topic));
  }

  private alarm(
    { name, metric, meaning, threshold = 1, periods = 1 }: Watch,
    comparisonOperator: ComparisonOperator,
    treatMissingData: TreatMissingData,
  ) {
    return metric.createAlarm(this, name, {
      alarmName: this.mails.nameOf(name),
      alarmDescription: `${meaning}. What to do: RUNBOOK.md#${name}`,
      threshold,
      evaluationPeriods: periods,
      comparisonOperator,
      treatMissingData,
    });
  }

  /** A mail cannot tell that mails fail: this way needs neither the mail queue, our functions nor SES. */
  private createTopic(notify: string): Topic {
    const topic = new Topic(this, 'Topic', { enforceSSL: true });
    for (const address of notify.split(',')) topic.addSubscription(new EmailSubscription(address.trim()));
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

interface QueuePair {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
}
