import { Duration, Stack } from 'aws-cdk-lib';
import { Dashboard, GraphWidget, type IMetric, type Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { ownMetric, type Watched } from './watched.ts';

const PERIOD = Duration.minutes(5);
const DAY = Duration.days(1);
/** Of the 24 that a row has. */
const WIDTH = 8;

/** One page that shows how the site is: what the alarms watch, and how much is going on. Named like the stack. */
export class SiteDashboard extends Construct {
  constructor(scope: Construct, id: string, watched: Watched) {
    super(scope, id);
    new Dashboard(this, 'Page', {
      dashboardName: Stack.of(this).stackName,
      defaultInterval: DAY,
      widgets: [
        this.refreshes(watched),
        queues(watched),
        functions(watched),
        ...(watched.students === undefined ? [] : [requests(watched.students)]),
        this.outcomes(watched),
      ],
    });
  }

  private own(metricName: string, statistic: string, period: Duration): Metric {
    return ownMetric(this, metricName, statistic, period);
  }

  private refreshes({ stateMachine }: Watched): GraphWidget[] {
    return [
      graph('Refreshes', [
        this.own('RefreshesFresh', 'Sum', PERIOD).with({ label: 'fresh' }),
        this.own('RefreshesFailed', 'Sum', PERIOD).with({ label: 'failed' }),
        stateMachine.metricAborted({ period: PERIOD, label: 'aborted' }),
        stateMachine.metricTimedOut({ period: PERIOD, label: 'timed out' }),
      ]),
      graph('From the first upload to a fresh edge (ms)', [
        this.own('TimeToFresh', 'p50', PERIOD).with({ label: 'median' }),
        this.own('TimeToFresh', 'Maximum', PERIOD).with({ label: 'slowest' }),
      ]),
      graph('Invalidation paths a day, and refusals', [
        this.own('PathsInvalidated', 'Sum', DAY).with({ label: 'paths' }),
        this.own('QuotaRefusals', 'Sum', DAY).with({ label: 'refused by quota' }),
      ]),
    ];
  }

  private outcomes({ students }: Watched): GraphWidget[] {
    const mails = graph('Mails sent', [this.own('MailsSent', 'Sum', PERIOD)]);
    if (students === undefined) return [mails];
    const backedUp = (statistic: string) =>
      ownMetric(this, 'StudentsBackedUp', statistic, DAY, students.metricsNamespace);
    return [
      mails,
      graph('Backups a day', [backedUp('SampleCount').with({ label: 'backups' })]),
      graph('Students in a backup', [backedUp('Maximum').with({ label: 'students' })]),
    ];
  }
}

function queues({ siteChanges, mail }: Watched): GraphWidget[] {
  const both = Object.entries({ 'site changes': siteChanges, mails: mail });
  const options = { period: PERIOD, statistic: 'Maximum' };
  return [
    graph(
      'Messages waiting',
      both.map(([label, { queue }]) => queue.metricApproximateNumberOfMessagesVisible({ ...options, label })),
    ),
    graph(
      'Oldest message (s)',
      both.map(([label, { queue }]) => queue.metricApproximateAgeOfOldestMessage({ ...options, label })),
    ),
    graph(
      'Dead letters',
      both.map(([label, { deadLetterQueue }]) =>
        deadLetterQueue.metricApproximateNumberOfMessagesVisible({ ...options, label }),
      ),
    ),
  ];
}

function functions({ functions: all }: Watched): GraphWidget[] {
  return [
    graph(
      'Errors of functions',
      all.map(each => each.metricErrors({ period: PERIOD, label: each.handlerName })),
    ),
    graph(
      'Durations of functions, slowest (ms)',
      all.map(each => each.metricDuration({ period: PERIOD, statistic: 'Maximum', label: each.handlerName })),
    ),
    graph(
      'Throttled functions',
      all.map(each => each.metricThrottles({ period: PERIOD, label: each.handlerName })),
    ),
  ];
}

function requests({ api }: NonNullable<Watched['students']>): GraphWidget[] {
  return [
    graph('Requests to the API', [api.metricCount({ period: PERIOD, label: 'requests' })]),
    graph('Errors of the API', [
      api.metricClientError({ period: PERIOD, statistic: 'Sum', label: '4xx' }),
      api.metricServerError({ period: PERIOD, statistic: 'Sum', label: '5xx' }),
    ]),
    graph('Latency of the API (ms)', [
      api.metricLatency({ period: PERIOD, statistic: 'p50', label: 'median' }),
      api.metricLatency({ period: PERIOD, statistic: 'p99', label: 'slowest of a hundred' }),
    ]),
  ];
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: WIDTH });
}
