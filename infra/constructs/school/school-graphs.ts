import { type Dashboard, type GraphWidget, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { DAY, functionGraphs, GRAPH_PERIOD, graph } from '../pipeline/refresh-dashboard.ts';
import type { RefreshApi } from './refresh-api.ts';
import type { StudentApi } from './student-api.ts';
import type { StudentRecords } from './student-records.ts';

export interface ShownSchool {
  readonly api: StudentApi;
  readonly refreshApi: RefreshApi;
  readonly records: StudentRecords;
}

/** Adds rows about the API and the backups to a dashboard. */
export function addSchoolGraphs(dashboard: Dashboard, { api, refreshApi, records }: ShownSchool): void {
  dashboard.addWidgets(...requestGraphs(api));
  dashboard.addWidgets(...functionGraphs([api.students, refreshApi.refreshes, records.backup]));
  dashboard.addWidgets(...backupGraphs(records));
}

function requestGraphs({ restApi }: StudentApi): GraphWidget[] {
  const period = GRAPH_PERIOD;
  return [
    graph('Requests to the API', [restApi.metricCount({ period, label: 'requests' })]),
    graph('Errors of the API', [
      restApi.metricClientError({ period, statistic: Stats.SUM, label: '4xx' }),
      restApi.metricServerError({ period, statistic: Stats.SUM, label: '5xx' }),
    ]),
    graph('Latency of the API (ms)', [
      restApi.metricLatency({ period, statistic: Stats.p(50), label: 'median' }),
      restApi.metricLatency({ period, statistic: Stats.p(99), label: 'slowest of a hundred' }),
    ]),
  ];
}

function backupGraphs(records: StudentRecords): GraphWidget[] {
  const backups = { period: DAY, statistic: Stats.SAMPLE_COUNT, label: 'backups' };
  const students = { period: DAY, statistic: Stats.MAXIMUM, label: 'students' };
  return [
    graph('Backups a day', [records.metricStudentsBackedUp(backups)]),
    graph('Students in a backup', [records.metricStudentsBackedUp(students)]),
  ];
}
