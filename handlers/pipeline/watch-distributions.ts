import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { createDistributions } from '../../shared/aws/distributions.ts';
import { openRefreshTable } from '../../shared/aws/refresh-table/open-refresh-table.ts';
import { createSiteChangeQueue } from '../../shared/aws/site-change-queue.ts';
import { createWebsites } from '../../shared/aws/websites.ts';
import { readSettings, setting } from '../../shared/config.ts';
import { logger, metrics, observed } from '../../shared/observability.ts';
import { isPaused, type PauseStore } from '../../shared/refresh/pause.ts';
import type { SiteChange } from '../../shared/sites/known-distribution.ts';
import { lookAgain } from '../../shared/sites/watch.ts';

interface Dependencies {
  readonly look: (distributionId: string) => Promise<readonly SiteChange[]>;
  readonly pauses: Pick<PauseStore, 'current'>;
}

/**
 * On a schedule: tells metrics whether the pipeline is paused, and looks at every distribution
 * again. One after the other, because CloudFront takes few requests a second from an account. One
 * that cannot be read does not keep the others from it.
 */
export function createHandler(ids: readonly string[], { look, pauses }: Dependencies) {
  return observed(async () => {
    metrics.addMetric('Paused', MetricUnit.Count, isPaused(await pauses.current()) ? 1 : 0);
    const failures: unknown[] = [];
    for (const distributionId of ids) {
      try {
        const changes = await look(distributionId);
        logger.info('Looked', { distributionId, changes });
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, `${failures.map(String).join('; ')}`);
  });
}

const settings = readSettings({
  SITE_BUCKET: setting.text,
  DISTRIBUTION_IDS: setting.list,
  REFRESH_TABLE: setting.text,
  SITE_CHANGES_QUEUE_URL: setting.url,
});

const table = openRefreshTable({ tableName: settings.REFRESH_TABLE });

const dependencies = {
  bucket: settings.SITE_BUCKET,
  distributions: createDistributions(),
  websites: createWebsites(),
  known: table.distributions,
  queue: createSiteChangeQueue(settings.SITE_CHANGES_QUEUE_URL),
  now: () => new Date(),
};

export const handler = createHandler(settings.DISTRIBUTION_IDS, {
  look: id => lookAgain(id, dependencies),
  pauses: table.pauses,
});
