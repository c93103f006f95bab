import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { createInvalidations } from '../../shared/aws/cloudfront.ts';
import { createRefreshExecutions } from '../../shared/aws/refresh-executions.ts';
import { openRefreshTable } from '../../shared/aws/refresh-table/open-refresh-table.ts';
import { readSettings, setting } from '../../shared/config.ts';
import { answer } from '../../shared/http/answers.ts';
import { createApi } from '../../shared/http/api.ts';
import { logger } from '../../shared/observability.ts';
import { distributionReader } from '../../shared/refresh/distribution.ts';
import { type HistoryDependencies, listRefreshes, readListRequest } from '../../shared/refresh/history.ts';
import {
  type ManualDependencies,
  readManualRequest,
  requestRefresh,
} from '../../shared/refresh/manual-request.ts';
import { refreshIdOf } from '../../shared/refresh/refresh.ts';
import { type DetailsDependencies, describeRefresh } from '../../shared/refresh/refresh-details.ts';

interface Dependencies
  extends HistoryDependencies,
    Omit<DetailsDependencies, 'onUnknownInvalidation'>,
    ManualDependencies {
  readonly refreshes: DetailsDependencies['refreshes'] & ManualDependencies['refreshes'];
  /** The one origin whose pages may read the answers. */
  readonly siteOrigin: string;
}

/** The API's requests → the history of refreshes, and refreshes by hand. */
export function createHandler({ siteOrigin, ...dependencies }: Dependencies) {
  const onUnknownInvalidation = (error: unknown) =>
    logger.warn('Cannot read the state of an invalidation', { error });

  return createApi(siteOrigin, (router, request) => {
    router.get('/refreshes', async () =>
      answer(200, await listRefreshes(readListRequest(request.query()), dependencies)),
    );

    router.get('/refreshes/:refreshid', async ({ params: { refreshid = '' } }) =>
      answer(200, await describeRefresh(refreshid, { ...dependencies, onUnknownInvalidation })),
    );

    router.post('/refreshes', async () => {
      const id = await requestRefresh(readManualRequest(request.json()), dependencies);
      return answer(202, { id }, { location: `/refreshes/${id}` });
    });
  });
}

const settings = readSettings({
  SITE_URL: setting.url,
  DISTRIBUTION_ID: setting.text,
  REFRESH_TABLE: setting.text,
  REFRESH_STATE_MACHINE_ARN: setting.text,
  PATH_PRICE_USD: setting.amount,
  FREE_PATHS_PER_MONTH: setting.count,
  MAX_PATHS_PER_MONTH: z.optional(setting.count),
  MANUAL_PATHS_PER_DAY: setting.count,
});

const id = settings.DISTRIBUTION_ID;
const table = openRefreshTable({ tableName: settings.REFRESH_TABLE });
const readDistribution = distributionReader([id], table.distributions);

export const handler = createHandler({
  pages: table.historyOf(id),
  refreshes: { ...table.refreshes, ...table.openRefreshOf(id) },
  invalidations: createInvalidations(id),
  pathUse: table.pathUse,
  pauses: table.pauses,
  executions: createRefreshExecutions(settings.REFRESH_STATE_MACHINE_ARN),
  allowance: table.manualAllowanceOf(id),
  urls: async () => (await readDistribution(id)).urls,
  takesTags: async () => (await readDistribution(id)).takesTags,
  pathPriceUsd: settings.PATH_PRICE_USD,
  freePathsPerMonth: settings.FREE_PATHS_PER_MONTH,
  maxPathsPerMonth: settings.MAX_PATHS_PER_MONTH,
  pathsPerDay: settings.MANUAL_PATHS_PER_DAY,
  newRefreshId: () => refreshIdOf(new Date(), randomUUID()),
  siteOrigin: new URL(settings.SITE_URL).origin,
  now: () => new Date(),
});
