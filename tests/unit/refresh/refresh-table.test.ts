import { CreateTableCommand, DeleteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openRefreshTable } from '../../../shared/aws/refresh-table/open-refresh-table.ts';
import type { CollectStore } from '../../../shared/refresh/collect.ts';
import { summaryOf } from '../../../shared/refresh/history.ts';
import type { InvalidateStore } from '../../../shared/refresh/invalidate.ts';
import { NOBODY } from '../../../shared/refresh/joint-mail.ts';
import { changeOf } from '../../helpers/changes.ts';
import { startDynamoDb } from '../../helpers/dynamodb.ts';
import { planOf } from '../../helpers/planning.ts';
import { REFRESH_TABLE } from '../../helpers/refresh-table.ts';
import { createMemoryTable } from './memory-table.ts';

const tableName = 'refreshes';
let client: DynamoDBClient;
let stop: () => Promise<void>;
let distributions = 0;

beforeAll(async () => {
  ({ client, stop } = await startDynamoDb());
  await client.send(new CreateTableCommand({ TableName: tableName, ...REFRESH_TABLE }));
});
afterAll(() => stop());

const AT = new Date('2026-11-02T10:00:00Z');
const LATER = new Date('2026-11-02T11:00:00Z');

/** The refreshes, and the open one of a distribution. */
function tableOf(distributionId: string, now: () => Date) {
  const table = openRefreshTable({ tableName, client, now });
  return { ...table.refreshes, ...table.openRefreshOf(distributionId) };
}

// The model of the protocol stands on the second: both must behave alike.
const TABLES: Readonly<Record<string, (distributionId: string) => CollectStore & InvalidateStore>> = {
  'in DynamoDB': distributionId => tableOf(distributionId, () => AT),
  'of the protocol’s model': () =>
    createMemoryTable({ step: async (_, effect) => effect(), without: undefined, report: () => {} }),
};

describe.each(Object.keys(TABLES))('the refresh table %s', name => {
  let table: CollectStore & InvalidateStore;
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

  it('reopens a refused refresh without its plan, at a new generation', async () => {
    expect(await table.storePlan(r1, plan(1), 1)).toBe(true);
    await refuse(1, 1);
    expect(await table.get(r1)).toMatchObject({
      state: 'open',
      generation: 2,
      plans: 1,
      quota: { refusedAt: AT.toISOString(), refusals: 1 },
    });
    expect(await table.get(r1)).not.toHaveProperty('plan');
    expect(await table.get(r1)).not.toHaveProperty('closedAt');
    expect(await table.commit(r1)).toBe(true);
  });

  it('reopens a refresh that was refused before it had a plan', async () => {
    await refuse(1, 0);
    expect(await table.get(r1)).toMatchObject({ state: 'open', generation: 2 });
  });

  it('remembers the first refusal', async () => {
    await refuse(1, 0);
    await table.close(r1);
    await refuse(2, 0, LATER);
    expect(await table.get(r1)).toMatchObject({
      state: 'open',
      quota: { refusedAt: AT.toISOString(), refusals: 2 },
    });
  });

  it('records one of two refusals', async () => {
    await refuse(1, 0);
    await table.close(r1);
    await refuse(1, 0);
    expect(await table.get(r1)).toMatchObject({ state: 'closed', generation: 2 });
  });

  it('records a refusal of the last plan only', async () => {
    await table.storePlan(r1, plan(1), 1);
    await refuse(1, 0);
    expect(await table.get(r1)).toMatchObject({ state: 'closed', plan: { number: 1 } });
  });

  it('records no refusal once the invalidation is recorded', async () => {
    await table.storePlan(r1, plan(1), 1);
    expect(await table.recordInvalidation(r1, 'I1', 1)).toBe(true);
    await refuse(1, 1);
    expect(await table.get(r1)).toMatchObject({ state: 'invalidating', plan: { number: 1 } });
  });

  it('records a refusal of the second round’s plan', async () => {
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
  it('changes who waits for one mail only from the version that was read', async () => {
    const { gathering, refreshes } = openRefreshTable({ tableName, client });
    expect(await gathering.read()).toEqual({ gathering: NOBODY, version: 0 });
    const waiting = { awaited: ['r2'], waiting: ['r1'], mails: { r0: ['r0', 'r9'] } };
    expect(await gathering.replace(0, waiting)).toBe(true);
    expect(await gathering.read()).toEqual({ gathering: waiting, version: 1 });
    expect(await gathering.replace(0, NOBODY)).toBe(false);
    expect(await gathering.replace(1, NOBODY)).toBe(true);

    await tableOf('E-mailed', () => AT).replace(undefined, 'mailed');
    await refreshes.recordMailed('mailed', 'deploy-report-r1');
    expect((await refreshes.get('mailed'))?.end).toBeUndefined();
    await refreshes.finish('mailed', { state: 'fresh' }, AT);
    await refreshes.recordMailed('mailed', 'deploy-report-r1');
    expect((await refreshes.get('mailed'))?.end).toMatchObject({ mailId: 'deploy-report-r1' });
  });

  it('lists a refresh with its totals, its refusals and the cost of all rounds', async () => {
    const distributionId = 'E-listed';
    const table = tableOf(distributionId, () => AT);
    const history = openRefreshTable({ tableName, client }).historyOf(distributionId);
    const listed = async () => summaryOf((await history.page({ limit: 1 })).refreshes[0] ?? expect.fail());
    const paths = Array.from({ length: 3000 }, (_, index) => `/${index}`);
    const plan = planOf(paths, {
      changeCount: 4,
      requestedPathCount: 2,
      needlessPurges: 3,
      isEstimated: true,
      totalCostUsd: 10,
    });
    await table.replace(undefined, 'listed');
    await table.close('listed');
    await table.storePlan('listed', plan, 0);
    await table.reopen('listed', { generation: 0, plans: 1, at: AT });
    expect(await listed()).toMatchObject({ state: 'open', refusals: 1, pathCount: 0, costUsd: 0 });
    expect(await listed()).not.toHaveProperty('changeCount');

    await table.close('listed');
    await table.storePlan('listed', { ...plan, number: 2 }, 1);
    // The step may run twice.
    for (let time = 1; time <= 2; time++) await table.recordInvalidation('listed', 'I1', 2);
    expect(await table.get('listed')).toMatchObject({ invalidation: { id: 'I1', spentUsd: 10 } });
    await table.storePlan('listed', { ...plan, number: 3, round: 2, totalCostUsd: 20 }, 1);
    await table.recordInvalidation('listed', 'I2', 3);
    expect(await table.get('listed')).toMatchObject({
      invalidation: { id: 'I2', spentUsd: 20, at: AT.toISOString() },
    });
    expect(await listed()).toMatchObject({
      ...{ state: 'invalidating', invalidationId: 'I2', round: 2, refusals: 1 },
      ...{ changeCount: 4, requestedPathCount: 2, pathCount: 3000, costUsd: 20 },
      ...{ needlessPurges: 3, isEstimated: true },
    });
    expect(JSON.stringify(await history.page({ limit: 1 })).length).toBeLessThan(1000);
  });

  it('keeps what the limit on needless purges costs', async () => {
    const table = tableOf('E-guarded', () => AT);
    const guard = { limit: 4, withoutLimit: 9, costUsd: 0.01 };
    await table.replace(undefined, 'guarded');
    await table.close('guarded');
    await table.storePlan('guarded', planOf(['/a*'], { guarded: true, guard }), 0);
    expect(await table.get('guarded')).toMatchObject({ plan: { guarded: true, guard } });
  });

  it('keeps why a plan has a single path', async () => {
    const table = tableOf('E-capped', () => AT);
    const cap = { limit: 1000, used: 998, paths: 12 };
    await table.replace(undefined, 'capped');
    await table.close('capped');
    await table.storePlan('capped', planOf(['/*'], { cap }), 0);
    expect(await table.get('capped')).toMatchObject({ plan: { cap } });
  });

  it('keeps which error pages a refresh waits for, and lists it', async () => {
    const table = tableOf('E-pages', () => AT);
    const errorPages = { paths: ['/404.html'], seconds: 10 };
    await table.replace(undefined, 'pages');
    await table.close('pages');
    await table.storePlan('pages', planOf(['/404.html'], { errorPages }), 0);
    expect(await table.get('pages')).toMatchObject({ plan: { errorPages }, totals: { errorPages } });
  });

  it('keeps the time at which the verifying of a round began', async () => {
    let now = AT;
    const table = tableOf('E-verified', () => now);
    await table.replace(undefined, 'verified');
    await table.close('verified');
    await table.recordVerifying('verified');
    now = LATER;
    await table.recordVerifying('verified');
    expect(await table.get('verified')).toMatchObject({
      state: 'verifying',
      verification: { startedAt: AT.toISOString() },
    });
    await table.storePlan('verified', planOf(['/a']), 0);
    expect(await table.get('verified')).not.toHaveProperty('verification');
    await table.recordVerifying('verified');
    expect(await table.get('verified')).toMatchObject({ verification: { startedAt: LATER.toISOString() } });
    await table.finish('verified', { state: 'fresh' }, LATER);
    await table.recordVerifying('verified');
    expect(await table.get('verified')).toMatchObject({ state: 'fresh' });
  });

  it('stores no plan of a refresh that has ended, as one does whose execution is stopped', async () => {
    const table = tableOf('E-stopped', () => AT);
    await table.replace(undefined, 'stopped');
    await table.close('stopped');
    await table.finish('stopped', { state: 'failed', failure: 'ABORTED' }, LATER);
    expect(await table.storePlan('stopped', planOf(['/a']), 0)).toBe(false);
    expect(await table.get('stopped')).toMatchObject({ state: 'failed', end: { failure: 'ABORTED' } });
  });

  it('ends a refresh whose edge could not be asked with the reason, once, in the record and in the list', async () => {
    const reason = 'd1.cloudfront.net does not resolve: getaddrinfo ENOTFOUND';
    const end = { at: LATER.toISOString(), unasked: { code: 'no-address', reason } };
    const table = openRefreshTable({ tableName, client, now: () => AT });
    const open = table.openRefreshOf('E-unasked');
    await open.replace(undefined, 'unasked');
    await open.commit('unasked');
    await table.refreshes.close('unasked');
    const unasked = { code: 'no-address', reason, count: 1, urls: ['/a'] } as const;
    const result = { verified: 0, superseded: 0, urls: [], unasked: { ...unasked, urls: ['/a'] } };
    await table.refreshes.recordVerification('unasked', result);
    const ended = await table.refreshes.finish('unasked', { state: 'unasked', unasked }, LATER);
    expect(ended).toMatchObject({ state: 'unasked', end, verification: { result } });
    expect(ended.end).toEqual(end);
    const failure = { state: 'failed', failure: 'ABORTED' } as const;
    expect(await table.refreshes.finish('unasked', failure, AT)).toEqual(ended);
    const { refreshes } = await table.historyOf('E-unasked').page({ limit: 1 });
    expect(refreshes).toMatchObject([{ id: 'unasked', state: 'unasked', end }]);
  });

  it('replaces a refresh if only its pointer is left', async () => {
    const table = openRefreshTable({ tableName, client });
    const open = table.openRefreshOf('E-expired');
    await open.replace(undefined, 'expired');
    const Key = { pk: { S: 'expired' }, sk: { S: 'refresh' } };
    await client.send(new DeleteItemCommand({ TableName: tableName, Key }));
    expect(await open.replace('expired', 'next')).toBe('next');
    expect(await open.current()).toBe('next');
    expect(await table.refreshes.get('expired')).toBeUndefined();
  });

  it('sums up the paths of a month, each invalidation once', async () => {
    const use = openRefreshTable({ tableName, client, now: () => AT }).pathUse;
    expect(await use.usedIn('2026-11')).toBe(0);
    await use.record('2026-11', 'r1-1', 3);
    await use.record('2026-11', 'r1-1', 3);
    await use.record('2026-11', 'r1-2', 4);
    await use.record('2026-12', 'r2-1', 5);
    expect(await use.usedIn('2026-11')).toBe(7);
  });
});
