import { randomUUID } from 'node:crypto';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod/mini';
import { createInvalidations } from '../../shared/aws/cloudfront.ts';
import { openRefreshTable } from '../../shared/aws/refresh-table/open-refresh-table.ts';
import { createSiteBucket } from '../../shared/aws/site-bucket.ts';
import { readSettings, setting } from '../../shared/config.ts';
import { QuotaExceededError } from '../../shared/errors.ts';
import { logger, metrics, observed } from '../../shared/observability.ts';
import { parsed } from '../../shared/parsed.ts';
import { askedEachTimeBy } from '../../shared/refresh/asked-each-time.ts';
import { distributionReader } from '../../shared/refresh/distribution.ts';
import { customErrorPages } from '../../shared/refresh/error-pages.ts';
import { ignoringMetadataOf } from '../../shared/refresh/ignored-metadata.ts';
import { type InvalidateDependencies, invalidate } from '../../shared/refresh/invalidate.ts';

const Input = z.object({
  refreshId: z.string(),
  distributionId: z.string(),
  /** As DynamoDB writes numbers, a string; `any` closes the refresh whatever it is. */
  generation: z.union([
    z.pipe(z.string().check(z.regex(/^\d+$/)), z.transform(Number)),
    z.pipe(
      z.literal('any'),
      z.transform(() => undefined),
    ),
  ]),
  round: z.int(),
});
type Dependencies = Omit<InvalidateDependencies, 'onUnknownQuota'>;

/** Stage invalidate: closes a refresh, plans its paths and sends them to CloudFront. */
export function createHandler(dependenciesOf: (distributionId: string) => Promise<Dependencies>) {
  const onUnknownQuota = (error: unknown) =>
    logger.warn('Cannot read which invalidations are in progress', { error });
  return observed(async (event: unknown) => {
    const { generation, distributionId, ...input } = parsed(
      Input,
      event,
      'The input of the stage invalidate',
    );
    const at = generation === undefined ? {} : { generation };
    const dependencies = { ...(await dependenciesOf(distributionId)), onUnknownQuota };
    const result = await counted(invalidate({ ...input, ...at }, dependencies));
    logger.info('Invalidated', { ...input, distributionId, ...result });
    metrics.addMetric('PathsInvalidated', MetricUnit.Count, result.paths);
    return { ...result, invalidationId: result.invalidationId ?? null };
  });
}

/**
 * Counts CloudFront's refusals. Each costs time, and many in a row mean that the quota is too small
 * for the site.
 */
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
  DISTRIBUTION_IDS: setting.list,
  REFRESH_TABLE: setting.text,
  PATH_PRICE_USD: setting.amount,
  REFETCH_PRICE_USD: setting.amount,
  FREE_PATHS_PER_MONTH: setting.count,
  MAX_PATHS_PER_MONTH: z.optional(setting.count),
  MAX_NEEDLESS_PURGES: z.optional(setting.count),
  MAX_LIST_REQUESTS: setting.count,
  QUOTA_PATIENCE_MINUTES: setting.count,
  IGNORED_METADATA: z.optional(setting.list),
});

const table = openRefreshTable({ tableName: settings.REFRESH_TABLE });
const bucket = ignoringMetadataOf(createSiteBucket(settings.SITE_BUCKET), settings.IGNORED_METADATA ?? []);

const readDistribution = distributionReader(settings.DISTRIBUTION_IDS, table.distributions);

export const handler = createHandler(async distributionId => {
  const { id, urls, description } = await readDistribution(distributionId);
  return {
    refreshes: table.refreshes,
    invalidations: createInvalidations(id),
    pathUse: table.pathUse,
    site: bucket,
    edge: {
      records: table.edgeRecordsOf(id),
      objects: bucket,
      isAskedEachTime: askedEachTimeBy(description, urls),
      errorPages: customErrorPages(description, urls),
    },
    newMark: randomUUID,
    settings: {
      urls,
      prices: { path: settings.PATH_PRICE_USD, refetch: settings.REFETCH_PRICE_USD },
      freePathsPerMonth: settings.FREE_PATHS_PER_MONTH,
      maxPathsPerMonth: settings.MAX_PATHS_PER_MONTH,
      maxNeedlessPurges: settings.MAX_NEEDLESS_PURGES,
      maxListRequests: settings.MAX_LIST_REQUESTS,
      quotaPatienceMinutes: settings.QUOTA_PATIENCE_MINUTES,
    },
    now: () => new Date(),
  };
});
