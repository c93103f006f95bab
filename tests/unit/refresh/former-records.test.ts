import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRefreshTable, type RefreshTable } from '../../../shared/aws/refresh-table/open-refresh-table.ts';
import { listRefreshes } from '../../../shared/refresh/history.ts';
import { startDynamoDb } from '../../helpers/dynamodb.ts';
import { planOf } from '../../helpers/planning.ts';
import { REFRESH_TABLE } from '../../helpers/refresh-table.ts';

/*
 * Records as they were stored before they had a version: a deployed stack has 90 days of them, and
 * some are in progress while it is updated.
 */
const PLAN = {
  paths: ['/docs/*', '/styles.css'],
  collateral: 7,
  wildcards: [{ path: '/docs/*', collateral: 7 }],
  required: 4,
  costUsd: 0.01,
  guarded: false,
  isCheapest: true,
  number: 2,
  round: 1,
  plannedAt: '2026-11-02T10:01:00.000Z',
  mark: 'm2',
  changeCount: 3,
  requestedPathCount: 1,
  skipped: { unchanged: 1, neverCached: 0, duplicate: 0 },
  totalCostUsd: 0.01,
};
const TOTALS = {
  round: 1,
  changeCount: 3,
  requestedPathCount: 1,
  pathCount: 2,
  skipped: PLAN.skipped,
  collateral: 7,
  totalCostUsd: 0.01,
};
const IN_PROGRESS = {
  sk: 'refresh',
  distributionId: 'E1',
  state: 'invalidating',
  generation: 3,
  startedAt: '2026-11-02T10:00:00.000Z',
  closedAt: '2026-11-02T10:00:59.000Z',
  plan: PLAN,
  totals: TOTALS,
  plans: 2,
  refusedAt: '2026-11-02T10:00:10.000Z',
  refusals: 1,
  invalidationId: 'I1',
  invalidatedAt: '2026-11-02T10:01:01.000Z',
  spentUsd: 0.01,
  expiresAt: 1_800_000_000,
};
const ENDED = {
  ...IN_PROGRESS,
  state: 'failed',
  verifyingAt: '2026-11-02T10:01:20.000Z',
  verification: { verified: 3, superseded: 1, urls: ['/styles.css'] },
  verifiedAt: '2026-11-02T10:01:21.000Z',
  finishedAt: '2026-11-02T10:01:22.000Z',
  failure: 'ABORTED: Its execution was stopped',
  superseded: true,
};
const ABANDONED = {
  sk: 'refresh',
  distributionId: 'E1',
  state: 'failed',
  generation: 1,
  startedAt: '2026-11-02T09:00:00.000Z',
  finishedAt: '2026-11-02T09:00:10.000Z',
  failure: 'It failed before it closed',
  abandoned: true,
};

const AT = new Date('2026-11-02T11:00:00.000Z');
const tableName = 'refreshes';
let client: DynamoDBClient;
let documents: DynamoDBDocumentClient;
let table: RefreshTable;
let stop: () => Promise<void>;
let ids = 0;

beforeAll(async () => {
  ({ client, stop } = await startDynamoDb());
  await client.send(new CreateTableCommand({ TableName: tableName, ...REFRESH_TABLE }));
  documents = DynamoDBDocumentClient.from(client);
  table = openRefreshTable({ tableName, client, now: () => AT });
});
afterAll(() => stop());

/** Stores a record of its own, and answers its id. */
async function stored(record: object): Promise<string> {
  const pk = `20261102T100000Z-${String(++ids).padStart(8, '0')}`;
  await documents.send(new PutCommand({ TableName: tableName, Item: { pk, ...record } }));
  return pk;
}

describe('a record without a version', () => {
  it('is read with its plan, its waiting, its invalidation and its end in groups', async () => {
    const id = await stored(ENDED);
    expect(await table.refreshes.get(id)).toEqual({
      id,
      distributionId: 'E1',
      state: 'failed',
      generation: 3,
      startedAt: '2026-11-02T10:00:00.000Z',
      closedAt: '2026-11-02T10:00:59.000Z',
      plan: planOf(PLAN.paths, {
        ...{ number: 2, mark: 'm2', required: 4, plannedAt: PLAN.plannedAt, skipped: PLAN.skipped },
        ...{ changeCount: 3, requestedPathCount: 1, costUsd: 0.01, totalCostUsd: 0.01 },
        needlessPurges: 7,
        wildcards: [{ path: '/docs/*', needlessPurges: 7 }],
      }),
      totals: {
        ...{ round: 1, changeCount: 3, requestedPathCount: 1, pathCount: 2 },
        ...{ skipped: PLAN.skipped, needlessPurges: 7, totalCostUsd: 0.01 },
      },
      plans: 2,
      quota: { refusedAt: '2026-11-02T10:00:10.000Z', refusals: 1 },
      invalidation: { id: 'I1', at: '2026-11-02T10:01:01.000Z', spentUsd: 0.01 },
      verification: {
        startedAt: '2026-11-02T10:01:20.000Z',
        result: { verified: 3, superseded: 1, urls: ['/styles.css'] },
        verifiedAt: '2026-11-02T10:01:21.000Z',
      },
      end: { at: '2026-11-02T10:01:22.000Z', failure: 'ABORTED: Its execution was stopped' },
    });
  });

  it('is read although it was abandoned before it had a plan', async () => {
    const id = await stored(ABANDONED);
    expect(await table.refreshes.get(id)).toMatchObject({
      plans: 0,
      end: { at: '2026-11-02T09:00:10.000Z', failure: 'It failed before it closed', isAbandoned: true },
    });
  });

  it('is listed with its needless purges', async () => {
    const distributionId = 'E-listed';
    const id = await stored({ ...ENDED, distributionId });
    const { refreshes } = await listRefreshes(
      { limit: 10 },
      {
        pages: table.historyOf(distributionId),
        pathUse: table.pathUse,
        pauses: table.pauses,
        pathPriceUsd: 0.005,
        freePathsPerMonth: 1000,
        now: () => AT,
      },
    );
    expect(refreshes).toEqual([
      {
        ...{ id, state: 'failed', startedAt: '2026-11-02T10:00:00.000Z', round: 1, refusals: 1 },
        finishedAt: '2026-11-02T10:01:22.000Z',
        failure: 'ABORTED: Its execution was stopped',
        ...{ changeCount: 3, requestedPathCount: 1, pathCount: 2, needlessPurges: 7, costUsd: 0.01 },
        ...{ skipped: PLAN.skipped, invalidationId: 'I1' },
      },
    ]);
  });
});

describe('a refresh that is in progress while its stack is updated', () => {
  it('is verified and finished', async () => {
    const id = await stored(IN_PROGRESS);
    await table.refreshes.recordVerifying(id);
    await table.refreshes.recordVerification(id, { verified: 4, superseded: 0, urls: ['/styles.css'] });
    const ended = await table.refreshes.finish(id, { state: 'fresh' }, AT);
    expect(ended).toEqual(await table.refreshes.get(id));
    expect(ended).toMatchObject({
      state: 'fresh',
      plan: { number: 2, needlessPurges: 7 },
      invalidation: { id: 'I1' },
      verification: { startedAt: AT.toISOString(), result: { verified: 4 }, verifiedAt: AT.toISOString() },
      end: { at: AT.toISOString() },
    });
  });

  it('goes through a second round, whose plan is stored in the new format', async () => {
    const id = await stored(IN_PROGRESS);
    const second = planOf(['/*'], { number: 3, round: 2, needlessPurges: 9, totalCostUsd: 0.02 });
    expect(await table.refreshes.storePlan(id, second, 3)).toBe(true);
    expect(await table.refreshes.recordInvalidation(id, 'I2', 3)).toBe(true);
    expect(await table.refreshes.get(id)).toMatchObject({
      plan: second,
      plans: 3,
      totals: { needlessPurges: 9 },
      invalidation: { id: 'I2', spentUsd: 0.02 },
    });
  });

  it('stays closed if it is late: it has ended already', async () => {
    const id = await stored(ENDED);
    await table.refreshes.recordVerifying(id);
    expect(await table.refreshes.storePlan(id, planOf([], { number: 3 }), 3)).toBe(false);
    expect(await table.refreshes.finish(id, { state: 'fresh' }, AT)).toMatchObject({
      state: 'failed',
      end: { at: '2026-11-02T10:01:22.000Z' },
    });
  });

  it('takes changes and closes if it is still open', async () => {
    const { plan: _, totals: __, closedAt: ___, ...open } = { ...IN_PROGRESS, state: 'open' };
    const id = await stored(open);
    const collecting = table.openRefreshOf('E1');
    expect(await collecting.isOpen(id)).toBe(true);
    expect(await collecting.commit(id)).toBe(true);
    expect(await table.refreshes.close(id, 4)).toBe(true);
    expect(await table.refreshes.get(id)).toMatchObject({
      state: 'closed',
      generation: 4,
      quota: { refusals: 1 },
    });
  });

  it('hands its changes over if it was abandoned', async () => {
    const previous = await stored(ABANDONED);
    const collecting = table.openRefreshOf('E-abandoned');
    const pointer = { pk: 'open', sk: 'E-abandoned', refreshId: previous };
    await documents.send(new PutCommand({ TableName: tableName, Item: pointer }));
    await collecting.addChanges(previous, { objects: [], paths: ['/only-here'] });
    expect(await collecting.replace(previous, 'next')).toBe('next');
    expect(await table.refreshes.changesOf('next')).toEqual({ objects: [], paths: ['/only-here'] });
  });
});

describe('a new record', () => {
  it('names the version of its format', async () => {
    await table.openRefreshOf('E-new').replace(undefined, 'new');
    const Key = { pk: 'new', sk: 'refresh' };
    const { Item } = await documents.send(new GetCommand({ TableName: tableName, Key }));
    expect(Item).toMatchObject({ version: 2, state: 'open' });
  });
});

describe('a record that cannot be understood', () => {
  it.each([
    { what: 'a later version', change: { version: 3 }, says: /version: written by a newer version/ },
    { what: 'an unknown state', change: { state: 'unheard-of' }, says: /state: / },
    {
      what: 'an unknown reason why the edge could not be asked',
      change: { state: 'unasked', finishedAt: AT.toISOString(), failure: 'bored: it did not feel like it' },
      says: /code: /,
    },
    { what: 'a plan without paths', change: { plan: { ...PLAN, paths: undefined } }, says: /plan\.paths: / },
  ])('is refused with the reason, if it has $what', async ({ change, says }) => {
    const id = await stored(JSON.parse(JSON.stringify({ ...IN_PROGRESS, ...change })));
    const refused = expect.objectContaining({ name: 'InvalidData', message: expect.stringMatching(says) });
    await expect(table.refreshes.get(id)).rejects.toThrow(refused);
    await expect(table.refreshes.get(id)).rejects.toThrow(id);
  });
});
