import { sendAnswer } from '../../shared/aws/deployment-answers.ts';
import { createDistributions } from '../../shared/aws/distributions.ts';
import { openRefreshTable } from '../../shared/aws/refresh-table/open-refresh-table.ts';
import { createBuckets } from '../../shared/aws/site-buckets.ts';
import { createSiteChangeQueue } from '../../shared/aws/site-change-queue.ts';
import { createWebsites } from '../../shared/aws/websites.ts';
import { readSettings, setting } from '../../shared/config.ts';
import { distributionLookup } from '../../shared/deployment/distribution-lookup.ts';
import { resourceHandler } from '../../shared/deployment/resource-handler.ts';

const settings = readSettings({ REFRESH_TABLE: setting.text, SITE_CHANGES_QUEUE_URL: setting.url });

/** Custom resource: a distribution, which must show the bucket, and how it does. */
export const handler = resourceHandler(
  distributionLookup({
    distributions: createDistributions(),
    websites: createWebsites(),
    buckets: createBuckets(),
    known: openRefreshTable({ tableName: settings.REFRESH_TABLE }).distributions,
    queue: createSiteChangeQueue(settings.SITE_CHANGES_QUEUE_URL),
    now: () => new Date(),
  }),
  sendAnswer,
);
