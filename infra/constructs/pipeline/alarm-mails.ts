import { ArnFormat, type Duration, Stack } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Match, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { uniquePath } from './unique-path.ts';

export interface AlarmMailsProps {
  /** The mail queue. */
  readonly queue: Queue;
}

/**
 * Sends the state changes of its parent's alarms to the mail queue, whose policy admits this rule
 * alone. It has no dead-letter queue: EventBridge tries for a day and loses only what the queue's
 * policy refuses, and an alarm about such a queue would take the same way. `metricFailed` counts it
 * instead.
 */
export class AlarmMails extends Construct {
  private readonly rule: Rule;
  private readonly prefix: string;

  constructor(scope: Construct, id: string, { queue }: AlarmMailsProps) {
    super(scope, id);
    // Other alarms never begin like this. It ends with a slash, so neither do those of a construct
    // whose id is longer.
    this.prefix = `${uniquePath(scope)}/`;
    this.rule = new Rule(this, 'Rule', {
      description: 'Sends alarms that are raised, and alarms that are over, to the mail queue',
      eventPattern: {
        source: ['aws.cloudwatch'],
        detailType: ['CloudWatch Alarm State Change'],
        resources: Match.prefix(
          Stack.of(this).formatArn({
            service: 'cloudwatch',
            resource: 'alarm',
            resourceName: this.prefix,
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        ),
        detail: {
          // A new alarm goes from INSUFFICIENT_DATA to OK: that is no recovery.
          $or: [
            { state: { value: ['ALARM'] } },
            { state: { value: ['OK'] }, previousState: { value: ['ALARM'] } },
          ],
        },
      },
      targets: [new SqsQueue(queue)],
    });
  }

  /** What an alarm must be called to be mailed. */
  nameOf(alarm: string): string {
    return `${this.prefix}${alarm}`;
  }

  /** State changes that EventBridge gave up. */
  metricFailed(period: Duration): Metric {
    return new Metric({
      namespace: 'AWS/Events',
      metricName: 'FailedInvocations',
      dimensionsMap: { RuleName: this.rule.ruleName },
      statistic: 'Sum',
      period,
    });
  }
}
