import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { LocalCloud } from '../../infra/local/local-cloud.ts';
import { createDistributions } from '../../shared/aws/distributions.ts';
import { openRefreshTable } from '../../shared/aws/refresh-table/open-refresh-table.ts';
import { describe } from '../../shared/sites/describe.ts';
import { keep } from '../../shared/sites/look.ts';
import { Told } from '../../shared/sites/told.ts';
import { clientFor } from '../helpers/sdk-client.ts';
import { output } from './stack.ts';

/** Keeps how the school's distribution shows its bucket, as its deployment would. */
export async function describeSchool(cloud: LocalCloud): Promise<void> {
  const client = clientFor(cloud.endpoint);
  const id = output(cloud, 'DistributionId');
  const found = await createDistributions(new CloudFrontClient(client)).find(id);
  if (found === 'missing' || found === 'denied') throw new Error(`The distribution is ${found}`);
  const tableName = output(cloud, 'RefreshTableName');
  const { distributions } = openRefreshTable({ tableName, client: new DynamoDBClient(client) });
  await keep(
    id,
    describe(found, output(cloud, 'SiteBucketName')),
    { known: distributions, queue: { send: async () => {} }, now: () => new Date() },
    Told.parse({}),
  );
}
