import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRefreshTable } from '../../../shared/aws/refresh-table/open-refresh-table.ts';
import type { KnownDistributions } from '../../../shared/sites/known-distribution.ts';
import { changesOf } from '../../../shared/sites/site-changes.ts';
import { startDynamoDb } from '../../helpers/dynamodb.ts';
import { behaviourOf, distributionOf, knownOf } from '../../helpers/found-distributions.ts';
import { REFRESH_TABLE } from '../../helpers/refresh-table.ts';

let known: KnownDistributions;
let stop: () => Promise<void>;

beforeAll(async () => {
  const dynamo = await startDynamoDb();
  ({ stop } = dynamo);
  await dynamo.client.send(new CreateTableCommand({ TableName: 'refreshes', ...REFRESH_TABLE }));
  known = openRefreshTable({ tableName: 'refreshes', client: dynamo.client }).distributions;
});
afterAll(() => stop());

const KNOWN = knownOf(
  distributionOf({
    behaviours: [
      behaviourOf({
        responseHeaders: { set: [{ name: 'etag', value: '"1"', override: true }], removed: ['expires'] },
        functions: [{ arn: 'f', event: 'viewer-request', version: '1' }],
      }),
    ],
    errorResponses: [{ errorCode: 404, responseCode: 200, pagePath: '/index.html', minTtlSeconds: 10 }],
  }),
);

it('A description that is kept is read as it was, and has not changed by that', async () => {
  expect(await known.put('E1', KNOWN)).toBe(true);
  const read = await known.get('E1');
  expect(read).toEqual(KNOWN);
  expect(changesOf(read.description, KNOWN.description)).toEqual([]);
});

it('A description is replaced only at the version that was read', async () => {
  expect(await known.put('E2', KNOWN)).toBe(true);
  expect(await known.put('E2', KNOWN)).toBe(false);
  expect(await known.put('E2', { ...KNOWN, version: 3 })).toBe(false);
  expect(await known.put('E2', { ...KNOWN, version: 2 })).toBe(true);
});

it('A distribution that has not been described is found by nobody, and refused until it is', async () => {
  expect(await known.find('E3')).toBeUndefined();
  await expect(known.get('E3')).rejects.toMatchObject({ name: 'UndescribedDistribution' });
});
