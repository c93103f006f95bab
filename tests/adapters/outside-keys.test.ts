import { describe, expect, it } from 'vitest';
import { openRefreshTable } from '../../shared/aws/refresh-table/open-refresh-table.ts';
import { startRefreshTable } from './refresh-items.ts';

async function start() {
  const options = await startRefreshTable();
  const logOn = (day: string) =>
    openRefreshTable({ ...options, now: () => new Date(`${day}T23:00:00Z`) }).outsideKeys;
  return { logOn };
}

describe('Changed keys outside every origin path', () => {
  it('are counted, and the first of them named', async () => {
    const { logOn } = await start();
    const log = logOn('2026-11-02');
    await log.note(['v1/a.txt', 'v1/a.txt', 'v1/b.txt']);
    await log.note(['v1/c.txt']);
    expect(await log.recent()).toEqual({ count: 4, keys: ['v1/a.txt', 'v1/b.txt'] });
  });

  it('are told for two days', async () => {
    const { logOn } = await start();
    await logOn('2026-11-02').note(['v1/a.txt']);
    await logOn('2026-11-03').note(['v1/b.txt']);
    expect(await logOn('2026-11-03').recent()).toEqual({ count: 2, keys: ['v1/b.txt', 'v1/a.txt'] });
    expect(await logOn('2026-11-04').recent()).toEqual({ count: 1, keys: ['v1/b.txt'] });
    expect(await logOn('2026-11-05').recent()).toBeUndefined();
  });

  it('are named five at most, whatever there is', async () => {
    const { logOn } = await start();
    const keys = Array.from({ length: 500 }, (_, number) => `v1/${number}.txt`);
    await logOn('2026-11-02').note(keys);
    expect(await logOn('2026-11-02').recent()).toEqual({ count: 500, keys: keys.slice(0, 5) });
  });

  it('need no write if there are none', async () => {
    const { logOn } = await start();
    await logOn('2026-11-02').note([]);
    expect(await logOn('2026-11-02').recent()).toBeUndefined();
  });
});
