import { randomUUID } from 'node:crypto';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createRefreshExecutions } from '../shared/aws/refresh-executions.ts';
import { createRefreshTable } from '../shared/aws/refresh-table.ts';
import { readSettings, setting } from '../shared/config.ts';
import { logger, metrics, observed } from '../shared/observability.ts';
import { type CollectDependencies, collect } from '../shared/refresh/collect.ts';
import { sortBatch } from '../shared/refresh/collect-batch.ts';
import { refreshIdOf } from '../shared/refresh/refresh.ts';

interface Dependencies extends CollectDependencies {
  readonly bucket: string;
}

/** Messages of the site-changes queue → the open refresh. Only messages that nobody can read are handed back. */
export function createHandler({ bucket, ...dependencies }: Dependencies) {
  return observed(async (event: SQSEvent): Promise<SQSBatchResponse> => {
    const { changes, refused, ignored } = sortBatch(event.Records, bucket);
    for (const message of ignored) logger.info('Ignored', message);
    for (const message of refused) logger.error('Refused', message);
    const count = changes.objects.length + changes.paths.length;
    if (count > 0) {
      const refreshId = await collect(changes, dependencies);
      logger.info('Collected', { refreshId, objects: changes.objects.length, paths: changes.paths.length });
    }
    metrics.addMetric('ChangesCollected', MetricUnit.Count, count);
    return { batchItemFailures: refused.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  });
}

const settings = readSettings({
  SITE_BUCKET: setting.text,
  DISTRIBUTION_ID: setting.text,
  REFRESH_TABLE: setting.text,
  REFRESH_STATE_MACHINE_ARN: setting.text,
});

export const handler = createHandler({
  bucket: settings.SITE_BUCKET,
  refreshes: createRefreshTable({
    tableName: settings.REFRESH_TABLE,
    distributionId: settings.DISTRIBUTION_ID,
  }),
  executions: createRefreshExecutions(settings.REFRESH_STATE_MACHINE_ARN),
  newRefreshId: () => refreshIdOf(new Date(), randomUUID().slice(0, 8)),
});
