import { randomUUID } from 'node:crypto';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { createInvalidations } from '../../shared/aws/cloudfront.ts';
import { createEdgeRecords } from '../../shared/aws/refresh-table/edge-records.ts';
import { createPathUse } from '../../shared/aws/refresh-table/path-use.ts';
import { createRefreshTable } from '../../shared/aws/refresh-table/refresh-table.ts';
import { createSiteBucket } from '../../shared/aws/site-bucket.ts';
import { readSettings, setting } from '../../shared/config.ts';
import { QuotaExceededError } from '../../shared/errors.ts';
import { logger, metrics, observed } from '../../shared/observability.ts';
import { byDistribution, Distributions } from '../../shared/refresh/distribution.ts';
import {
  type InvalidateDependencies,
  type InvalidateInput,
  invalidate,
} from '../../shared/refresh/invalidate.ts';

/** The generation comes as DynamoDB writes numbers, as text; `any` closes the refresh whatever it is. */
type Input = Omit<InvalidateInput, 'generation'> & {
  readonly generation: string;
  readonly distributionId: string;
};
type Dependencies = Omit<InvalidateDependencies, 'onUnknownQuota'>;

/** Step "Invalidate" of a refresh. */
export function createHandler(dependenciesOf: (distributionId: string) => Dependencies) {
  const onUnknownQuota = (error: unknown) =>
    logger.warn('Cannot read which invalidations are in progress', { error });
  return observed(async ({ generation, distributionId, ...input }: Input) => {
    const at = generation === 'any' ? {} : { generation: Number(generation) };
    const dependencies = { ...dependenciesOf(distributionId), onUnknownQuota };
    const result = await counted(invalidate({ ...input, ...at }, dependencies));
    logger.info('Invalidated', { ...input, distributionId, ...result });
    metrics.addMetric('PathsInvalidated', MetricUnit.Count, result.paths);
    return { invalidationId: result.invalidationId ?? null, paths: result.paths };
  });
}

/** Counts CloudFront's refusals: each costs time, and many in a row say that the quota is too small for the site. */
async function counted<T>(attempt: Promise<T>): Promise<T> {
  try {
    return await attempt;
  } catch (error) {
    if (error instanceof QuotaExceededError) metrics.addMetric('QuotaRefusals', MetricUnit.Count, 1);
    throw error;
  }
}

const settings = readSettings({
  SITE_BUCKET: setting.text,
  DISTRIBUTIONS: setting.json(Distributions),
  REFRESH_TABLE: setting.text,
  PATH_PRICE_USD: setting.amount,
  REFETCH_PRICE_USD: setting.amount,
  FREE_PATHS_PER_MONTH: setting.count,
  MAX_NEEDLESS_PURGES: setting.count,
  QUOTA_PATIENCE_MINUTES: setting.count,
});

const tableName = settings.REFRESH_TABLE;
const refreshes = createRefreshTable({ tableName });
const pathUse = createPathUse({ tableName });
const bucket = createSiteBucket(settings.SITE_BUCKET);

export const handler = createHandler(
  byDistribution(settings.DISTRIBUTIONS, ({ id, honoursNoStore, ...urls }) => ({
    refreshes,
    invalidations: createInvalidations(id),
    pathUse,
    site: bucket,
    edge: { records: createEdgeRecords({ tableName, distributionId: id }), objects: bucket, honoursNoStore },
    newMark: randomUUID,
    settings: {
      urls,
      prices: { path: settings.PATH_PRICE_USD, refetch: settings.REFETCH_PRICE_USD },
      freePathsPerMonth: settings.FREE_PATHS_PER_MONTH,
      maxCollateral: settings.MAX_NEEDLESS_PURGES,
      quotaPatienceMinutes: settings.QUOTA_PATIENCE_MINUTES,
    },
    now: () => new Date(),
  })),
);
