import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics } from '@aws-lambda-powertools/metrics';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { METRICS_NAMESPACE } from './metric-source.ts';

// Both take the name of the service from POWERTOOLS_SERVICE_NAME, which
// infra/constructs/pipeline/service-function.ts sets.
export const logger = new Logger();
export const metrics = new Metrics({ namespace: METRICS_NAMESPACE });

/**
 * Wraps a Lambda handler with structured logs and metrics: the one place that fixes their order.
 *
 * @param published whose metrics end with each invocation. @default the pipeline's
 */
export function observed<Event, Result>(
  handler: (event: Event, context: Context) => Promise<Result>,
  published = metrics,
) {
  return middy<Event, Result, Error, Context>()
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use(publishing(published))
    .handler(handler);
}

/**
 * Powertools' own middleware writes a line that is not JSON after each invocation without a metric.
 */
function publishing(published: Metrics) {
  const publish = () => {
    if (published.hasStoredMetrics()) published.publishStoredMetrics();
  };
  return { after: publish, onError: publish };
}
