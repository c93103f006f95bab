import { randomUUID } from 'node:crypto';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { createRefreshExecutions } from '../../shared/aws/refresh-executions.ts';
import { openRefreshTable } from '../../shared/aws/refresh-table/open-refresh-table.ts';
import { readSettings, setting } from '../../shared/config.ts';
import { logger, metrics, observed } from '../../shared/observability.ts';
import { parsed } from '../../shared/parsed.ts';
import { sortBatch, type WatchedSite } from '../../shared/refresh/collect-batch.ts';
import { distributionReader } from '../../shared/refresh/distribution.ts';
import { KeyFilter } from '../../shared/refresh/key-filter.ts';
import type { OutsideLog } from '../../shared/refresh/outside-keys.ts';
import { collectOrHold, countOf, type HoldDependencies } from '../../shared/refresh/pause.ts';
import { refreshIdOf } from '../../shared/refresh/refresh.ts';
import { SqsBatch, type SqsBatchAnswer } from '../../shared/sqs-batch.ts';

/**
 * Stage collect: messages of the site-changes queue → the open refresh of each distribution that
 * shows what changed, or while the pipeline is paused, what the pause holds. Hands back only
 * messages that cannot be understood.
 */
export function createHandler(
  readSite: () => Promise<WatchedSite>,
  dependenciesOf: (distributionId: string) => HoldDependencies,
  outsideLog: Pick<OutsideLog, 'note'>,
) {
  return observed(async (event: unknown): Promise<SqsBatchAnswer> => {
    const { Records } = parsed(SqsBatch, event, 'The batch of site changes');
    const { changes, refused, ignored, outside } = sortBatch(Records, await readSite());
    for (const message of ignored) logger.info('Ignored', message);
    for (const message of refused) logger.error('Refused', message);
    const collecting = [...changes].map(async ([distributionId, all]) => {
      const refreshId = await collectOrHold(all, dependenciesOf(distributionId));
      const isHeld = refreshId === undefined;
      const counts = { objects: all.objects.length, paths: all.paths.length };
      logger.info(isHeld ? 'Held' : 'Collected', { refreshId, distributionId, ...counts });
      return { isHeld, count: countOf(all) };
    });
    const taken = await Promise.all(collecting);
    await outsideLog.note(outside);
    const sum = (held: boolean) =>
      taken.reduce((total, { isHeld, count }) => total + (isHeld === held ? count : 0), 0);
    metrics.addMetric('ChangesCollected', MetricUnit.Count, sum(false));
    metrics.addMetric('ChangesHeld', MetricUnit.Count, sum(true));
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
    pauses: table.pauses,
    held: table.heldChangesOf(id),
    executions,
    newRefreshId: () => refreshIdOf(new Date(), randomUUID()),
  }),
  table.outsideKeys,
);
