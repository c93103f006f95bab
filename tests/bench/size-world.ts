import { setTimeout } from 'node:timers/promises';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import type { AwsService } from '../../infra/local/kernel/aws-api.ts';
import { startAwsEndpoint } from '../../infra/local/kernel/aws-endpoint.ts';
import { createJournal } from '../../infra/local/kernel/journal.ts';
import { xmlResponse } from '../../infra/local/kernel/xml.ts';
import { openRefreshTable } from '../../shared/aws/refresh-table/open-refresh-table.ts';
import { monthOf, refreshIdOf } from '../../shared/refresh/refresh.ts';
import { startDynamoDb } from '../helpers/dynamodb.ts';
import { distributionOf, knownOf } from '../helpers/found-distributions.ts';
import { PLANNING } from '../helpers/planning.ts';
import { REFRESH_TABLE } from '../helpers/refresh-table.ts';
import { type LazySite, listingOf } from './lazy-site.ts';

/** What the function that plans needs, with a site behind it that changes from case to case. */
export interface SizeWorld {
  /** Variables of a process that reaches it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Opens a refresh of some paths in a table of its own, and counts from zero. */
  open(site: LazySite, paths: readonly string[], usedPaths: number): Promise<Opened>;
  /** Requests to S3, and the paths of the invalidation, since then. */
  seen(): Seen;
  stop(): Promise<void>;
}

export interface Opened {
  readonly event: { readonly refreshId: string; readonly distributionId: string };
  /** Variables that name the table. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface Seen {
  readonly requests: number;
  readonly sent: readonly string[];
  /** When CreateInvalidation arrived, in milliseconds since 1970. */
  readonly sentAt: number;
}

const DISTRIBUTION = 'EDFDVBD632BHDS5';

/** @param pageMs after which S3 answers */
export async function startSizeWorld(pageMs: number): Promise<SizeWorld> {
  const dynamo = await startDynamoDb();
  let seen: Seen = { requests: 0, sent: [], sentAt: 0 };
  let site: LazySite | undefined;
  const s3: AwsService = async request => {
    seen = { ...seen, requests: seen.requests + 1 };
    await setTimeout(pageMs);
    if (site === undefined) throw new Error('There is no site yet');
    return listingOf(site, request);
  };
  const cloudfront: AwsService = async ({ method, body }) => {
    if (method === 'GET') return xmlResponse(200, { InvalidationList: { Quantity: 0, IsTruncated: false } });
    const sent = [...body.toString().matchAll(/<Path>([^<]*)<\/Path>/g)].map(([, path = '']) => path);
    seen = { ...seen, sent, sentAt: Date.now() };
    return xmlResponse(201, { Invalidation: { Id: 'I1', Status: 'InProgress' } });
  };
  const services = new Map([
    ['s3', s3],
    ['cloudfront', cloudfront],
  ]);
  const endpoint = await startAwsEndpoint({ port: 0, services, journal: createJournal() });
  let tables = 0;
  return {
    environment: {
      ...settingsOf(DISTRIBUTION),
      AWS_ENDPOINT_URL: endpoint.url,
      AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    },
    async open(of, paths, usedPaths) {
      const tableName = `refreshes-${tables++}`;
      await dynamo.client.send(new CreateTableCommand({ TableName: tableName, ...REFRESH_TABLE }));
      const table = openRefreshTable({ tableName, client: dynamo.client });
      await table.distributions.put(DISTRIBUTION, knownOf(distributionOf()));
      const now = new Date();
      const refreshId = refreshIdOf(now, '00000000');
      const refreshes = table.openRefreshOf(DISTRIBUTION);
      await refreshes.replace(undefined, refreshId);
      await refreshes.addChanges(refreshId, { objects: [], paths });
      await table.pathUse.record(monthOf(now.toISOString()), 'earlier', usedPaths);
      site = of;
      seen = { requests: 0, sent: [], sentAt: 0 };
      return {
        event: { refreshId, distributionId: DISTRIBUTION },
        environment: { REFRESH_TABLE: tableName },
      };
    },
    seen: () => seen,
    async stop() {
      await endpoint.stop();
      await dynamo.stop();
    },
  };
}

const settingsOf = (distributionId: string) => ({
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'tester',
  AWS_SECRET_ACCESS_KEY: 'local',
  SITE_BUCKET: 'site',
  DISTRIBUTION_IDS: distributionId,
  PATH_PRICE_USD: String(PLANNING.prices.path),
  REFETCH_PRICE_USD: String(PLANNING.prices.refetch),
  FREE_PATHS_PER_MONTH: String(PLANNING.prices.freePaths),
  MAX_LIST_REQUESTS: '2000',
  QUOTA_PATIENCE_MINUTES: '60',
});
