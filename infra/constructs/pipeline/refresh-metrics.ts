import { Duration } from 'aws-cdk-lib';
import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IConstruct } from 'constructs';
import { METRICS_NAMESPACE } from '../../../shared/metric-source.ts';
import { uniquePath } from './unique-path.ts';

/**
 * A metric that a construct's functions write into their logs (EMF). By default its sum over five
 * minutes.
 */
export function ownMetric(
  source: IConstruct,
  metricName: string,
  options: MetricOptions = {},
  namespace = METRICS_NAMESPACE,
): Metric {
  return new Metric({
    namespace,
    metricName,
    dimensionsMap: { service: uniquePath(source) },
    statistic: Stats.SUM,
    period: Duration.minutes(5),
    ...options,
  });
}
