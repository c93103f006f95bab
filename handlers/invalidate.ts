import { randomUUID } from 'node:crypto';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { createInvalidations } from '../shared/aws/cloudfront.ts';
import { createEdgeRecords } from '../shared/aws/edge-records.ts';
import { createRefreshTable } from '../shared/aws/refresh-table.ts';
import { createSiteBucket } from '../shared/aws/site-bucket.ts';
import { readSettings, setting } from '../shared/config.ts';
import { logger, metrics, observed } from '../shared/observability.ts';
import {
  type InvalidateDependencies,
  type InvalidateInput,
  invalidate,
} from '../shared/refresh/invalidate.ts';

/** The generation comes as DynamoDB writes numbers, as text; `any` closes the refresh whatever it is. */
type Input = Omit<InvalidateInput, 'generation'> & { readonly generation: string };

/** Step "Invalidate" of a refresh. */
export function createHandler(dependencies: InvalidateDependencies) {
  return observed(async ({ generation, ...input }: Input) => {
    const at = generation === 'any' ? {} : { generation: Number(generation) };
    const result = await invalidate({ ...input, ...at }, dependencies);
    logger.info('Invalidated', { ...input, ...result });
    metrics.addMetric('PathsInvalidated', MetricUnit.Count, result.paths);
    return { invalidationId: result.invalidationId ?? null, paths: result.paths };
  });
}

const settings = readSettings({
  SITE_BUCKET: setting.text,
  DISTRIBUTION_ID: setting.text,
  REFRESH_TABLE: setting.text,
  ORIGIN_PATH: setting.originPath,
  MAX_EXACT_PATHS: setting.count,
});

/** CloudFront's limit on wildcard paths in progress. */
const MAX_WILDCARD_PATHS = 15;
/** Well below the 256 KiB at which a Step Functions result ends: GetInvalidation echoes the paths. */
const MAX_PATH_BYTES = 150_000;

const table = { tableName: settings.REFRESH_TABLE, distributionId: settings.DISTRIBUTION_ID };
const bucket = createSiteBucket(settings.SITE_BUCKET);

export const handler = createHandler({
  refreshes: createRefreshTable(table),
  invalidations: createInvalidations(settings.DISTRIBUTION_ID),
  site: bucket,
  edge: { records: createEdgeRecords(table), objects: bucket },
  newMark: randomUUID,
  planning: {
    urls: { originPath: settings.ORIGIN_PATH, extensionless: false },
    budget: {
      exactPaths: settings.MAX_EXACT_PATHS,
      wildcardPaths: MAX_WILDCARD_PATHS,
      bytes: MAX_PATH_BYTES,
    },
    prices: { path: 0.005, refetch: 0.0001, freePaths: 1000 },
    maxCollateral: 5000,
  },
});
