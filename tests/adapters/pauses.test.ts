import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { AwsError, type AwsService, jsonErrorResponse } from '../../infra/local/kernel/aws-api.ts';
import { openRefreshTable } from '../../shared/aws/refresh-table/open-refresh-table.ts';
import { type ResumedDistribution, resume } from '../../shared/refresh/pause.ts';
import { changeOf } from '../helpers/changes.ts';
import { startRefreshTable } from './refresh-items.ts';

const NOW = new Date('2026-12-01T10:00:00Z');
const PAUSE = { id: 'p1', since: NOW.toISOString(), by: 'arn:aws:iam::111122223333:user/jane' };
const HELD = {
  objects: [changeOf('a.css'), changeOf('a.css', { sequencer: '02' }), changeOf('b.css')],
  paths: ['/docs/*'],
  causes: ['origin path /v1 → /v2'],
};

/** @param around what a request passes before it is answered */
async function start(around?: (dynamoDb: AwsService) => AwsService) {
  const options = await startRefreshTable(around);
  const table = openRefreshTable({ ...options, now: () => NOW });
  let refreshes = 0;
  const site: ResumedDistribution = {
    id: 'E1',
    held: table.heldChangesOf('E1'),
    refreshes: table.openRefreshOf('E1'),
    executions: { ensureStarted: async () => true },
    newRefreshId: () => `r${++refreshes}`,
  };
  const end = () => resume(PAUSE, [site], { pauses: table.pauses, now: () => NOW });
  return { ...options, table, held: site.held, end };
}

describe('A pause', () => {
  it('is there until it has ended, with who began it, when and why', async () => {
    const { table } = await start();
    expect(await table.pauses.current()).toBeUndefined();
    expect(await table.pauses.begin({ ...PAUSE, reason: 'migration' })).toBe(true);
    expect(await table.pauses.current()).toEqual({ ...PAUSE, reason: 'migration' });
    await table.pauses.resumed('p1', NOW);
    expect(await table.pauses.current()).toMatchObject({ resumedAt: NOW.toISOString() });
    await table.pauses.end('p1');
    expect(await table.pauses.current()).toBeUndefined();
  });

  it('is begun by exactly one of ten people at the same time, and again by whoever heard no answer', async () => {
    const { table } = await start();
    const ids = Array.from({ length: 10 }, (_, index) => `p${index}`);
    const begun = await Promise.all(ids.map(id => table.pauses.begin({ ...PAUSE, id })));
    expect(begun.filter(Boolean)).toHaveLength(1);
    const { id = '' } = (await table.pauses.current()) ?? {};
    expect(await table.pauses.begin({ ...PAUSE, id })).toBe(true);
  });

  it('is neither resumed nor ended by somebody who saw an earlier one', async () => {
    const { table } = await start();
    await table.pauses.begin({ ...PAUSE, id: 'p2' });
    await table.pauses.resumed('p1', NOW);
    await table.pauses.end('p1');
    expect(await table.pauses.current()).toEqual({ ...PAUSE, id: 'p2' });
  });

  it('holds each change once, of each distribution by itself, and for ever', async () => {
    const { table, held, client, tableName } = await start();
    await table.pauses.begin(PAUSE);
    await held.hold('p1', HELD);
    await held.hold('p1', HELD);
    await table.heldChangesOf('E2').hold('p1', { objects: [], paths: ['/other'] });
    const found = await held.heldBy('p1');
    expect(new Set(found.objects)).toEqual(new Set(HELD.objects));
    expect(found).toMatchObject({ paths: HELD.paths, causes: HELD.causes });
    expect(found.objects).toHaveLength(3);
    expect((await held.heldBy('p2')).paths).toEqual([]);
    const { Items = [] } = await client.send(new ScanCommand({ TableName: tableName }));
    expect(Items.filter(item => 'expiresAt' in item)).toEqual([]);
  });
});

describe('Resuming', () => {
  it('puts everything that was held into one refresh, and leaves nothing behind', async () => {
    const { table, held, end } = await start();
    await table.pauses.begin(PAUSE);
    await held.hold('p1', HELD);
    expect(await end()).toEqual([{ distributionId: 'E1', refreshId: 'r1', changes: 4 }]);
    const taken = await table.refreshes.changesOf('r1');
    expect(new Set(taken.objects)).toEqual(new Set(HELD.objects));
    expect(taken).toMatchObject({ paths: HELD.paths, causes: HELD.causes });
    expect(await held.heldBy('p1')).toEqual({ objects: [], paths: [] });
    expect(await table.pauses.current()).toBeUndefined();
  });

  it('makes no refresh if nothing was held', async () => {
    const { table, end } = await start();
    await table.pauses.begin(PAUSE);
    expect(await end()).toEqual([]);
    expect(await table.openRefreshOf('E1').current()).toBeUndefined();
    expect(await table.pauses.current()).toBeUndefined();
  });

  it('loses nothing wherever it is interrupted, once it is repeated', async () => {
    let left = Number.POSITIVE_INFINITY;
    let calls = 0;
    const { table, held, end } = await start(dynamoDb => async request => {
      calls++;
      // The SDK does not repeat what is refused so.
      if (left-- <= 0) return jsonErrorResponse(new AwsError('ValidationException', 'Cut off by a test'));
      return dynamoDb(request);
    });
    const prepare = async () => {
      await table.pauses.begin(PAUSE);
      await held.hold('p1', HELD);
    };
    await prepare();
    calls = 0;
    await end();
    const callsOfAll = calls;
    expect(callsOfAll).toBeGreaterThan(5);
    for (let after = 0; after < callsOfAll; after++) {
      await prepare();
      const open = (await table.openRefreshOf('E1').current()) ?? '';
      await table.refreshes.close(open);
      left = after;
      // An open refresh that follows from the last run needs fewer calls.
      await end().catch(() => undefined);
      left = Number.POSITIVE_INFINITY;
      const pause = await table.pauses.current();
      if (pause !== undefined) await end();
      const taken = await table.refreshes.changesOf((await table.openRefreshOf('E1').current()) ?? '');
      expect(new Set(taken.objects), `after ${after} calls`).toEqual(new Set(HELD.objects));
      expect(taken.paths).toEqual(HELD.paths);
      expect(await held.heldBy('p1')).toEqual({ objects: [], paths: [] });
      expect(await table.pauses.current()).toBeUndefined();
    }
  });
});
