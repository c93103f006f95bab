import { setTimeout } from 'node:timers/promises';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import * as z from 'zod/mini';
import { createEdge } from '../../shared/aws/edge.ts';
import { openRefreshTable } from '../../shared/aws/refresh-table/open-refresh-table.ts';
import { createSecretValues } from '../../shared/aws/secret-values.ts';
import { createSiteBucket } from '../../shared/aws/site-bucket.ts';
import { readSettings, setting } from '../../shared/config.ts';
import { logger, metrics, observed } from '../../shared/observability.ts';
import { parsed } from '../../shared/parsed.ts';
import { distributionReader } from '../../shared/refresh/distribution.ts';
import { ignoringMetadataAt, ignoringMetadataOf } from '../../shared/refresh/ignored-metadata.ts';
import { signedEdge } from '../../shared/refresh/signed-edge.ts';
import { type VerifyDependencies, verifyEdge } from '../../shared/refresh/verify-edge.ts';

const Input = z.object({ refreshId: z.string(), distributionId: z.string() });

/** Stage verify: asks the edge for what a refresh should have made fresh. */
export function createHandler(dependenciesOf: (distributionId: string) => Promise<VerifyDependencies>) {
  return observed(async (input: unknown, context) => {
    const { refreshId, distributionId } = parsed(Input, input, 'The input of the stage verify');
    const verification = await verifyEdge(refreshId, await dependenciesOf(distributionId), {
      pause: milliseconds => setTimeout(milliseconds),
      millisecondsLeft: () => context.getRemainingTimeInMillis(),
    });
    logger.info('Verified', { refreshId, ...verification });
    metrics.addMetric('UrlsVerified', MetricUnit.Count, verification.verified);
    return verification;
  });
}

const settings = readSettings({
  SITE_BUCKET: setting.text,
  DISTRIBUTION_IDS: setting.list,
  REFRESH_TABLE: setting.text,
  IGNORED_METADATA: z.optional(setting.list),
});

const table = openRefreshTable({ tableName: settings.REFRESH_TABLE });
const ignored = settings.IGNORED_METADATA ?? [];
const origin = ignoringMetadataOf(createSiteBucket(settings.SITE_BUCKET), ignored);
const secrets = createSecretValues();

const readDistribution = distributionReader(settings.DISTRIBUTION_IDS, table.distributions);

export const handler = createHandler(async distributionId => {
  const { id, url, verificationHeaders, urls, errorPages, verify, description } =
    await readDistribution(distributionId);
  return {
    refreshes: table.refreshes,
    records: table.edgeRecordsOf(id),
    origin,
    openEdge: async () => {
      const edge = createEdge(url, await secrets.headersOf(verificationHeaders));
      return ignoringMetadataAt(signedEdge(edge, description), ignored);
    },
    urls,
    errorPages,
    verify,
  };
});
