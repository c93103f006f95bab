import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { createEdge } from '../shared/aws/edge.ts';
import { createEdgeRecords } from '../shared/aws/edge-records.ts';
import { createRefreshTable } from '../shared/aws/refresh-table.ts';
import { createSiteBucket } from '../shared/aws/site-bucket.ts';
import { readSettings, setting } from '../shared/config.ts';
import { logger, metrics, observed } from '../shared/observability.ts';
import { type VerifyDependencies, verifyEdge } from '../shared/refresh/verify-edge.ts';

/** Step "Verify" of a refresh. */
export function createHandler(dependencies: VerifyDependencies) {
  return observed(async ({ refreshId }: { readonly refreshId: string }) => {
    const verification = await verifyEdge(refreshId, dependencies);
    logger.info('Verified', { refreshId, ...verification });
    metrics.addMetric('UrlsVerified', MetricUnit.Count, verification.verified);
    return verification;
  });
}

const settings = readSettings({
  SITE_BUCKET: setting.text,
  SITE_URL: setting.url,
  DISTRIBUTION_ID: setting.text,
  REFRESH_TABLE: setting.text,
  ORIGIN_PATH: setting.originPath,
});

const table = { tableName: settings.REFRESH_TABLE, distributionId: settings.DISTRIBUTION_ID };

export const handler = createHandler({
  refreshes: createRefreshTable(table),
  records: createEdgeRecords(table),
  origin: createSiteBucket(settings.SITE_BUCKET),
  edge: createEdge(settings.SITE_URL),
  originPath: settings.ORIGIN_PATH,
});
