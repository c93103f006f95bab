import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { LocalCloud } from '../../infra/local/local-cloud.ts';
import { createDistributions } from '../../shared/aws/distributions.ts';
import { openRefreshTable } from '../../shared/aws/refresh-table/open-refresh-table.ts';
import { knownOf } from '../helpers/found-distributions.ts';
import { clientFor } from '../helpers/sdk-client.ts';
import { output, TESTER } from './stack.ts';

/**
 * Keeps what the local CloudFront tells of the school's distribution, which on AWS the deployment
 * does. Here, the refresh table takes nothing while the deployment runs: it becomes active by a
 * timer, and time does not pass before the cloud has started.
 */
export async function keepDescription(cloud: LocalCloud): Promise<void> {
  const credentials = { accessKeyId: TESTER, secretAccessKey: 'local' };
  const client = { ...clientFor(cloud.endpoint), credentials };
  const id = output(cloud, 'DistributionId');
  const found = await createDistributions(new CloudFrontClient(client)).find(id);
  if (typeof found === 'string') throw new Error(`The distribution ${id} is ${found}`);
  const { distributions } = openRefreshTable({
    tableName: output(cloud, 'RefreshTableName'),
    client: new DynamoDBClient(client),
  });
  const isKept = await distributions.put(id, knownOf(found, output(cloud, 'SiteBucketName')));
  if (!isKept) throw new Error('The description was kept before');
}
