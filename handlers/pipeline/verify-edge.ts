import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { createEdge } from '../../shared/aws/edge.ts';
import { createEdgeRecords } from '../../shared/aws/refresh-table/edge-records.ts';
import { createRefreshTable } from '../../shared/aws/refresh-table/refresh-table.ts';
import { createSiteBucket } from '../../shared/aws/site-bucket.ts';
import { readSettings, setting } from '../../shared/config.ts';
import { logger, metrics, observed } from '../../shared/observability.ts';
import { byDistribution, Distributions } from '../../shared/refresh/distribution.ts';
import { type VerifyDependencies, verifyEdge } from '../../shared/refresh/verify-edge.ts';

interface Input {
  readonly refreshId: string;
  readonly distributionId: string;
}

/** Step "Verify" of a refresh. */
export function createHandler(dependenciesOf: (distributionId: string) => VerifyDependencies) {
  return observed(async ({ refreshId, distributionId }: Input) => {
    const verification = await verifyEdge(refreshId, dependenciesOf(distributionId));
    logger.info('Verified', { refreshId, ...verification });
    metrics.addMetric('UrlsVerified', MetricUnit.Count, verification.verified);
    return verification;
  });
}

const settings = readSettings({
  SITE_BUCKET: setting.text,
  DISTRIBUTIONS: setting.json(Distributions),
  REFRESH_TABLE: setting.text,
});

const tableName = settings.REFRESH_TABLE;
const refreshes = createRefreshTable({ tableName });
const origin = createSiteBucket(settings.SITE_BUCKET);

export const handler = createHandler(
  byDistribution(settings.DISTRIBUTIONS, ({ id, url, errorPages, ...urls }) => ({
    refreshes,
    records: createEdgeRecords({ tableName, distributionId: id }),
    origin,
    edge: createEdge(url),
    urls,
    errorPages,
  })),
);
