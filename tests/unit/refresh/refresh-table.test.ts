import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DeleteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPathUse } from '../../../shared/aws/path-use.ts';
import { createRefreshTable } from '../../../shared/aws/refresh-table.ts';
import type { OpenRefreshes } from '../../../shared/refresh/collect.ts';
import type { ClosingRefreshes } from '../../../shared/refresh/invalidate.ts';
import { changeOf } from '../../helpers/changes.ts';
import { planOf } from '../../helpers/planning.ts';
import { createMemoryTable } from './memory-table.ts';

const server = dynalite({ createTableMs: 0 });
const tableName = 'refreshes';
let client: DynamoDBClient;
let distributions = 0;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A string or null only for pipes, and before it listens.
  const { port } = server.address() as AddressInfo;
  client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
});
afterAll(async () => {
  client.destroy();
  server.close();
  await once(server, 'close');
});

const AT = new Date('2026-11-02T10:00:00Z');
const LATER = new Date('2026-11-02T11:00:00Z');

// The model of the protocol stands on the second: both must behave alike.
const TABLES: Readonly<Record<string, (distributionId: string) => OpenRefreshes & ClosingRefreshes>> = {
  'in DynamoDB': distributionId => {
    const table = createRefreshTable({ tableName, client, now: () => AT });
    return { ...table, ...table.openOf(distributionId) };
  },
  'of the protocol’s model': () =>
    createMemoryTable({ step: async (_, effect) => effect(), without: undefined, report: () => {} }),
};

describe.each(Object.keys(TABLES))('the refresh table %s', name => {
  let table: OpenRefreshes & ClosingRefreshes;
  let [r1, r2] = ['', ''];
  const plan = (number: number, round = 1) => planOf([`/${number}.css`], { number, round });
  const refuse = (generation: number, plans: number, at = AT) => table.reopen(r1, { generation, plans, at });
  const stateOf = async (id: string) => (await table.get(id))?.state;

  /** `r1` is closed at generation 1, with one change. */
  beforeEach(async () => {
    distributions++;
    [r1, r2] = [`r1-of-${distributions}`, `r2-of-${distributions}`];
    table = TABLES[name]?.(`E${distributions}`) ?? expect.fail();
    expect(await table.replace(undefined, r1)).toBe(r1);
    await table.addChanges(r1, { objects: [changeOf('a.css')], paths: [] });
    expect(await table.commit(r1)).toBe(true);
    expect(await table.close(r1, 1)).toBe(true);
  });

  it('opens a refused refresh again, without its plan, at a new generation', async () => {
    expect(await table.storePlan(r1, plan(1), 1)).toBe(true);
    await refuse(1, 1);
    expect(await table.get(r1)).toMatchObject({
      state: 'open',
      generation: 2,
      plans: 1,
      refusedAt: AT.toISOString(),
    });
    expect(await table.get(r1)).not.toHaveProperty('plan');
    expect(await table.get(r1)).not.toHaveProperty('closedAt');
    expect(await table.commit(r1)).toBe(true);
  });

  it('opens one again that was refused before it had a plan', async () => {
    await refuse(1, 0);
    expect(await table.get(r1)).toMatchObject({ state: 'open', generation: 2 });
  });

  it('remembers the first refusal', async () => {
    await refuse(1, 0);
    await table.close(r1);
    await refuse(2, 0, LATER);
    expect(await table.get(r1)).toMatchObject({ state: 'open', refusedAt: AT.toISOString() });
  });

  it('takes one of two refusals', async () => {
    await refuse(1, 0);
    await table.close(r1);
    await refuse(1, 0);
    expect(await table.get(r1)).toMatchObject({ state: 'closed', generation: 2 });
  });

  it('takes no refusal of another plan than the last', async () => {
    await table.storePlan(r1, plan(1), 1);
    await refuse(1, 0);
    expect(await table.get(r1)).toMatchObject({ state: 'closed', plan: { number: 1 } });
  });

  it('takes no refusal once the invalidation is recorded', async () => {
    await table.storePlan(r1, plan(1), 1);
    expect(await table.recordInvalidation(r1, 'I1', 1)).toBe(true);
    await refuse(1, 1);
    expect(await table.get(r1)).toMatchObject({ state: 'invalidating', plan: { number: 1 } });
  });

  it('takes a refusal of the second round’s plan', async () => {
    await table.storePlan(r1, plan(1), 1);
    await table.recordInvalidation(r1, 'I1', 1);
    expect(await table.storePlan(r1, plan(2, 2), 1)).toBe(true);
    await refuse(1, 2);
    expect(await stateOf(r1)).toBe('open');
  });

  it('keeps a superseded refresh closed, but drops its plan', async () => {
    await table.storePlan(r1, plan(1), 1);
    expect(await table.replace(r1, r2)).toBe(r2);
    await refuse(1, 1);
    expect(await table.get(r1)).toMatchObject({ state: 'closed', generation: 2, plans: 1 });
    expect(await table.get(r1)).not.toHaveProperty('plan');
    expect(await table.current()).toBe(r2);
  });

  it('does not replace a refresh that is open again', async () => {
    await refuse(1, 0);
    expect(await table.replace(r1, r2)).toBe(r1);
    expect(await table.current()).toBe(r1);
  });

  it('hands the changes of an abandoned refresh to the next one', async () => {
    await refuse(1, 0);
    expect(await table.abandon(r1)).toBe(true);
    expect(await table.replace(r1, r2)).toBe(r2);
    expect((await table.changesOf(r2)).objects.map(({ key }) => key)).toEqual(['a.css']);
  });

  it('stores one plan of twins', async () => {
    expect(await table.storePlan(r1, plan(1), 1)).toBe(true);
    expect(await table.storePlan(r1, planOf(['/twin.css']), 1)).toBe(false);
    expect((await table.get(r1))?.plan?.paths).toEqual(['/1.css']);
  });

  it('stores no plan of an open refresh, nor of an earlier generation', async () => {
    await refuse(1, 0);
    expect(await table.storePlan(r1, plan(1), 2)).toBe(false);
    await table.close(r1);
    expect(await table.storePlan(r1, plan(1), 1)).toBe(false);
    expect(await table.storePlan(r1, plan(1), 2)).toBe(true);
  });

  it('records no invalidation of a plan that it has dropped', async () => {
    await table.storePlan(r1, plan(1), 1);
    await refuse(1, 1);
    expect(await table.recordInvalidation(r1, 'I1', 1)).toBe(false);
    await table.close(r1);
    await table.storePlan(r1, plan(2), 2);
    expect(await table.recordInvalidation(r1, 'I1', 1)).toBe(false);
    expect(await table.recordInvalidation(r1, 'I2', 2)).toBe(true);
  });
});

describe('the refresh table in DynamoDB', () => {
  it('replaces a refresh of which only the pointer is left', async () => {
    const table = createRefreshTable({ tableName, client });
    const open = table.openOf('E-expired');
    await open.replace(undefined, 'expired');
    const Key = { pk: { S: 'expired' }, sk: { S: 'refresh' } };
    await client.send(new DeleteItemCommand({ TableName: tableName, Key }));
    expect(await open.replace('expired', 'next')).toBe('next');
    expect(await open.current()).toBe('next');
    expect(await table.get('expired')).toBeUndefined();
  });

  it('sums up the paths of a month, each invalidation once', async () => {
    const use = createPathUse({ tableName, client, now: () => AT });
    expect(await use.usedIn('2026-11')).toBe(0);
    await use.record('2026-11', 'r1-1', 3);
    await use.record('2026-11', 'r1-1', 3);
    await use.record('2026-11', 'r1-2', 4);
    await use.record('2026-12', 'r2-1', 5);
    expect(await use.usedIn('2026-11')).toBe(7);
  });
});
