import { Duration } from 'aws-cdk-lib';
import { CfnAlarm, ComparisonOperator, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { MailedAlarms } from '../pipeline/mailed-alarms.ts';
import { EVENT_PERIOD, errorWatch } from '../pipeline/watches.ts';
import type { RefreshApi } from './refresh-api.ts';
import type { StudentApi } from './student-api.ts';
import type { StudentRecords } from './student-records.ts';

/** A day between two nightly backups, and two hours for one that takes long or is tried again. */
const BACKUP_HOURS = 26;

export interface SchoolAlarmsProps {
  /** The pipeline's, with which these are mailed. */
  readonly alarms: MailedAlarms;
  readonly api: StudentApi;
  readonly refreshApi: RefreshApi;
  readonly records: StudentRecords;
}

/** The alarms of the API and of the backups. */
export class SchoolAlarms extends Construct {
  constructor(scope: Construct, id: string, { alarms, api, refreshApi, records }: SchoolAlarmsProps) {
    super(scope, id);
    for (const each of [api.students, refreshApi.refreshes, records.backup])
      alarms.raise(errorWatch(each), this);
    alarms.raise(
      {
        name: 'api-5xx',
        // Latency raises nothing: `POST /backup` waits for its backup on purpose, and too long a
        // wait is a 5xx.
        metric: api.restApi.metricServerError({ statistic: Stats.SUM, period: EVENT_PERIOD }),
        meaning: 'The API answered a request with a server error',
      },
      this,
    );
    this.watchBackups(alarms, records);
  }

  private watchBackups(alarms: MailedAlarms, records: StudentRecords): void {
    const alarm = alarms.raise(
      {
        name: 'no-backup',
        // Not their sum, which is 0 in a school without students.
        metric: records.metricStudentsBackedUp({ statistic: Stats.SAMPLE_COUNT, period: Duration.hours(1) }),
        meaning: `No backup was finished in ${BACKUP_HOURS} hours`,
        periods: BACKUP_HOURS,
        comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
        treatMissingData: TreatMissingData.BREACHING,
      },
      this,
    );
    const resource = alarm.node.defaultChild;
    if (!(resource instanceof CfnAlarm)) throw new Error('An alarm is an AWS::CloudWatch::Alarm');
    // The first night of a new stack is still to come.
    resource.warmUpConfiguration = {
      warmUpPeriodDurationInMinutes: BACKUP_HOURS * 60,
      onlyStartEvaluatingAfterWarmUpPeriodEnds: true,
    };
  }
}
