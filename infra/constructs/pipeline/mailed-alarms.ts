import { type Alarm, ComparisonOperator, type Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { AlarmMails } from './alarm-mails.ts';
import type { Mail } from './mail.ts';

/** An alarm, and when it is raised. */
export interface Watch {
  /** Also its heading in RUNBOOK.md. */
  readonly name: string;
  readonly metric: Metric;
  /** What it means that it is raised: a sentence without its full stop. */
  readonly meaning: string;
  /** @default 1 */
  readonly threshold?: number;
  /**
   * How many periods in a row must breach the threshold.
   * @default 1
   */
  readonly periods?: number;
  /** @default ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD */
  readonly comparisonOperator?: ComparisonOperator;
  /**
   * An idle queue, function or API reports nothing, and what reports only failures is silent while
   * all is well.
   * @default TreatMissingData.NOT_BREACHING
   */
  readonly treatMissingData?: TreatMissingData;
}

export interface MailedAlarmsProps {
  readonly mail: Mail;
}

/** Alarms that are mailed when they are raised and when they are over. */
export class MailedAlarms extends Construct {
  /** @internal */
  protected readonly mails: AlarmMails;

  /** @internal */
  constructor(scope: Construct, id: string, { mail }: MailedAlarmsProps) {
    super(scope, id);
    this.mails = new AlarmMails(this, 'Mails', { queue: mail.queue });
  }

  /** @param scope of the alarm, for another construct that has its own alarms mailed with these */
  raise(watch: Watch, scope: Construct = this): Alarm {
    const { name, metric, meaning, threshold = 1, periods = 1 } = watch;
    return metric.createAlarm(scope, name, {
      alarmName: this.mails.nameOf(name),
      alarmDescription: `${meaning}. What to do: RUNBOOK.md#${name}`,
      threshold,
      evaluationPeriods: periods,
      comparisonOperator: watch.comparisonOperator ?? ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: watch.treatMissingData ?? TreatMissingData.NOT_BREACHING,
    });
  }
}
