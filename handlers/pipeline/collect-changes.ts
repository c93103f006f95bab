import { randomUUID } from 'node:crypto';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { createRefreshExecutions } from '../../shared/aws/refresh-executions.ts';
import { openRefreshTable } from '../../shared/aws/refresh-table/open-refresh-table.ts';
import { readSettings, setting } from '../../shared/config.ts';
import { logger, metrics, observed } from '../../shared/observability.ts';
import { parsed } from '../../shared/parsed.ts';
import { type CollectDependencies, collect } from '../../shared/refresh/collect.ts';
import { sortBatch, type WatchedSite } from '../../shared/refresh/collect-batch.ts';
import { distributionReader } from '../../shared/refresh/distribution.ts';
import { KeyFilter } from '../../shared/refresh/key-filter.ts';
import type { OutsideLog } from '../../shared/refresh/outside-keys.ts';
import { refreshIdOf } from '../../shared/refresh/refresh.ts';
import { SqsBatch, type SqsBatchAnswer } from '../../shared/sqs-batch.ts';

/**
 * Stage collect: messages of the site-changes queue → the open refresh of each distribution that
 * shows what changed. Hands back only messages that cannot be understood.
 */
export function createHandler(
  readSite: () => Promise<WatchedSite>,
  dependenciesOf: (distributionId: string) => CollectDependencies,
  outsideLog: Pick<OutsideLog, 'note'>,
) {
  return observed(async (event: unknown): Promise<SqsBatchAnswer> => {
    const { Records } = parsed(SqsBatch, event, 'The batch of site changes');
    const { changes, refused, ignored, outside } = sortBatch(Records, await readSite());
    for (const message of ignored) logger.info('Ignored', message);
    for (const message of refused) logger.error('Refused', message);
    const counts = [...changes].map(async ([distributionId, all]) => {
      const { objects, paths } = all;
      const refreshId = await collect(all, dependenciesOf(distributionId));
      logger.info('Collected', {
        refreshId,
        distributionId,
        objects: objects.length,
        paths: paths.length,
      });
      return objects.length + paths.length;
    });
    const collected = (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    await outsideLog.note(outside);
    metrics.addMetric('ChangesCollected', MetricUnit.Count, collected);
    return { batchItemFailures: refused.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  });
}

const settings = readSettings({
  SITE_BUCKET: setting.text,
  SITE_KEYS: setting.json(KeyFilter),
  DISTRIBUTION_IDS: setting.list,
  REFRESH_TABLE: setting.text,
  REFRESH_STATE_MACHINE_ARN: setting.text,
});

const table = openRefreshTable({ tableName: settings.REFRESH_TABLE });
const executions = createRefreshExecutions(settings.REFRESH_STATE_MACHINE_ARN);

const readDistribution = distributionReader(settings.DISTRIBUTION_IDS, table.distributions);

export const handler = createHandler(
  async () => ({
    bucket: settings.SITE_BUCKET,
    keys: settings.SITE_KEYS,
    distributions: await Promise.all(settings.DISTRIBUTION_IDS.map(readDistribution)),
  }),
  id => ({
    refreshes: table.openRefreshOf(id),
    executions,
    newRefreshId: () => refreshIdOf(new Date(), randomUUID()),
  }),
  table.outsideKeys,
);
