import { Duration, Stack } from 'aws-cdk-lib';
import { Dashboard, GraphWidget, type IMetric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { AutoInvalidation } from './auto-invalidation.ts';
import type { ServiceFunction } from './service-function.ts';
import { uniquePath } from './unique-path.ts';

export const GRAPH_PERIOD = Duration.minutes(5);
export const DAY = Duration.days(1);

/** A row has 24 columns. */
const COLUMNS_PER_GRAPH = 8;

export interface RefreshDashboardProps {
  /** The pipeline that the dashboard shows. */
  readonly pipeline: AutoInvalidation;
}

/** One page that shows how a pipeline is: what the alarms watch, and how much is going on. */
export class RefreshDashboard extends Construct {
  /** For more graphs of one's own. */
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, { pipeline }: RefreshDashboardProps) {
    super(scope, id);
    const { collect, invalidate, verify, report, mail } = pipeline;
    this.dashboard = new Dashboard(this, 'Page', {
      dashboardName: dashboardName(this),
      defaultInterval: DAY,
      widgets: [
        refreshGraphs(pipeline),
        queueGraphs(pipeline),
        functionGraphs([collect, invalidate, verify, report, mail.send]),
        [
          graph('Mails sent', [mail.metricSent({ period: GRAPH_PERIOD })]),
          graph('Changes collected, and held by a pause', [
            pipeline.metricChangesCollected({ label: 'collected' }),
            pipeline.metricChangesHeld({ label: 'held' }),
          ]),
          graph('Paused (1) or not (0)', [pipeline.metricPaused({ label: 'paused' })]),
        ],
      ],
    });
  }
}

/**
 * Dashboards belong to the account, not to a region: without the region, stacks of one name in two
 * regions would overwrite each other's.
 */
function dashboardName(construct: Construct): string {
  const [stackName, ...ids] = uniquePath(construct).split('/');
  return [stackName, ...ids.map(id => id.replaceAll('.', '_')), Stack.of(construct).region].join('-');
}

function refreshGraphs(pipeline: AutoInvalidation): GraphWidget[] {
  const { stateMachine } = pipeline;
  return [
    graph('Refreshes', [
      pipeline.metricFresh({ label: 'fresh' }),
      pipeline.metricUnasked({ label: 'not verified' }),
      pipeline.metricFailed({ label: 'failed' }),
      stateMachine.metricAborted({ period: GRAPH_PERIOD, label: 'aborted' }),
      stateMachine.metricTimedOut({ period: GRAPH_PERIOD, label: 'timed out' }),
    ]),
    graph('From the first upload to a fresh edge (ms)', [
      pipeline.metricFreshnessTime({ label: 'median' }),
      pipeline.metricFreshnessTime({ statistic: Stats.MAXIMUM, label: 'slowest' }),
    ]),
    graph('Invalidation paths a day, and refusals', [
      pipeline.metricPathsInvalidated({ period: DAY, label: 'paths' }),
      pipeline.metricQuotaRefusals({ period: DAY, label: 'refused by quota' }),
    ]),
  ];
}

function queueGraphs(pipeline: AutoInvalidation): GraphWidget[] {
  const both = Object.entries({ 'site changes': pipeline, mails: pipeline.mail });
  const options = { period: GRAPH_PERIOD, statistic: Stats.MAXIMUM };
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

/** Errors, durations and throttles of functions. */
export function functionGraphs(functions: readonly ServiceFunction[]): GraphWidget[] {
  const period = GRAPH_PERIOD;
  return [
    graph(
      'Errors of functions',
      functions.map(each => each.metricErrors({ period, label: each.handlerName })),
    ),
    graph(
      'Durations of functions, slowest (ms)',
      functions.map(each =>
        each.metricDuration({ period, statistic: Stats.MAXIMUM, label: each.handlerName }),
      ),
    ),
    graph(
      'Throttled functions',
      functions.map(each => each.metricThrottles({ period, label: each.handlerName })),
    ),
  ];
}

/** A graph of the width that three in a row have. */
export function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: COLUMNS_PER_GRAPH });
}
