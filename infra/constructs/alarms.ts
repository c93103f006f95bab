import { Aws, Duration, Validations } from 'aws-cdk-lib';
import { ComparisonOperator, type Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

export interface AlarmsProps {
  /** Who is alarmed, with commas between the addresses. Each confirms a subscription once. */
  readonly notify: string;
  readonly deadLetterQueues: Readonly<Record<string, Queue>>;
  readonly backup: IFunction;
}

/** What the program cannot mail itself: alarms go by SNS, which needs neither the mail queue nor SES. */
export class Alarms extends Construct {
  private readonly topic: Topic;

  constructor(scope: Construct, id: string, { notify, deadLetterQueues, backup }: AlarmsProps) {
    super(scope, id);
    this.topic = this.createTopic(notify);
    for (const [name, queue] of Object.entries(deadLetterQueues)) {
      // A message that redrive moves is not counted as sent: only what is visible tells.
      const visible = queue.metricApproximateNumberOfMessagesVisible({
        statistic: 'Maximum',
        period: Duration.minutes(1),
      });
      this.raiseAtOne(
        `${name}DeadLetters`,
        visible,
        `A message of ${name} was given up: see why, then npm run redrive`,
      );
    }
    const errors = backup.metricErrors({ period: Duration.minutes(5) });
    this.raiseAtOne('BackupErrors', errors, 'A backup of the students failed: its logs say why');
  }

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

  private raiseAtOne(id: string, metric: Metric, description: string): void {
    const alarm = metric.createAlarm(this, id, {
      alarmDescription: description,
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      // An idle queue or function reports nothing.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    const action = new SnsAction(this.topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
  }
}
