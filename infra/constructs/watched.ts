import type { Duration } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { METRICS_NAMESPACE, SERVICE } from '../../shared/metric-source.ts';
import type { ServiceFunction } from './service-function.ts';

/** What alarms and the dashboard look at. */
export interface Watched {
  readonly siteChanges: { readonly queue: Queue; readonly deadLetterQueue: Queue };
  readonly mail: { readonly queue: Queue; readonly deadLetterQueue: Queue };
  readonly functions: readonly ServiceFunction[];
  readonly stateMachine: StateMachine;
  readonly api: RestApi;
}

/** A metric that the functions write into their logs (EMF). */
export function ownMetric(metricName: string, statistic: string, period: Duration): Metric {
  return new Metric({
    namespace: METRICS_NAMESPACE,
    metricName,
    dimensionsMap: { service: SERVICE },
    statistic,
    period,
  });
}
