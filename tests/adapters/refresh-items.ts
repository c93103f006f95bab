import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { onTestFinished } from 'vitest';
import type { AwsService } from '../../infra/local/kernel/aws-api.ts';
import { startAwsEndpoint } from '../../infra/local/kernel/aws-endpoint.ts';
import { createJournal } from '../../infra/local/kernel/journal.ts';
import { startDynamoDb } from '../../infra/local/services/dynamodb/dynamodb.ts';
import { REFRESH_TABLE } from '../helpers/refresh-table.ts';
import { clientFor } from '../helpers/sdk-client.ts';
import { untilActive } from '../helpers/storage.ts';

/**
 * An empty refresh table until the end of the test, and what the adapters to it are made with.
 * @param around what a request passes before it is answered
 */
export async function startRefreshTable(around: (dynamoDb: AwsService) => AwsService = same => same) {
  const tableName = 'Refreshes';
  const dynamoDb = await startDynamoDb();
  await dynamoDb.ensureTable(tableName, REFRESH_TABLE);
  const services = new Map([['dynamodb', around(dynamoDb.handle)]]);
  const endpoint = await startAwsEndpoint({ port: 0, services, journal: createJournal() });
  const client = new DynamoDBClient(clientFor(endpoint.url));
  await untilActive(tableName, client);
  onTestFinished(async () => {
    client.destroy();
    await endpoint.stop();
    await dynamoDb.stop();
  });
  return { tableName, client };
}
