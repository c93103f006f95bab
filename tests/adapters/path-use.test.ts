import { describe, expect, it } from 'vitest';
import { openRefreshTable } from '../../shared/aws/refresh-table/open-refresh-table.ts';
import { startRefreshTable } from './refresh-items.ts';

const MONTH = '2026-12';

async function start() {
  let now = new Date('2026-12-01T10:00:00Z');
  const { pathUse } = openRefreshTable({ ...(await startRefreshTable()), now: () => now });
  return {
    ...pathUse,
    passHours(hours: number) {
      now = new Date(now.getTime() + hours * 3_600_000);
    },
    /** @returns undefined if the paths fit */
    reserve: (reference: string, wanted: number, limit = 10) =>
      pathUse.reserve(MONTH, reference, { wanted, limit }),
  };
}

describe('The paths of a month', () => {
  it('are those of recorded invalidations, each once: what is reserved was not asked for yet', async () => {
    const { usedIn, record, reserve } = await start();
    await reserve('r1-1', 4);
    expect(await usedIn(MONTH)).toBe(0);
    await record(MONTH, 'r1-1', 4);
    await record(MONTH, 'r1-1', 4);
    await record('2026-11', 'r0-1', 9);
    expect(await usedIn(MONTH)).toBe(4);
  });

  it('may be reserved up to the limit, and beyond it one for each invalidation', async () => {
    const { record, reserve } = await start();
    expect(await reserve('r1-1', 6)).toBeUndefined();
    expect(await reserve('r2-1', 5)).toBe(6);
    // A single path is reserved by now, which leaves three.
    expect(await reserve('r3-1', 4)).toBe(7);
    await record(MONTH, 'r3-1', 1);
    expect(await reserve('r4-1', 2)).toBeUndefined();
    expect(await reserve('r5-1', 1)).toBe(10);
  });

  it('may be reserved again by a step that is repeated, whatever it reserved before', async () => {
    const { reserve } = await start();
    expect(await reserve('r1-1', 10)).toBeUndefined();
    expect(await reserve('r1-1', 10)).toBeUndefined();
    expect(await reserve('r1-1', 11)).toBe(0);
  });

  it('never exceed the limit, however many reserve them at once', async () => {
    const { reserve } = await start();
    const ids = Array.from({ length: 20 }, (_, index) => `r${index}-1`);
    const answers = await Promise.all(ids.map(id => reserve(id, 3)));
    const granted = answers.filter(used => used === undefined).length;
    expect(granted * 3).toBeLessThanOrEqual(10);
  });

  it('are given back when CloudFront refused them, unless a twin had them taken', async () => {
    const { usedIn, record, reserve, release } = await start();
    await reserve('r1-1', 10);
    await release(MONTH, 'r1-1');
    expect(await reserve('r2-1', 10)).toBeUndefined();
    await record(MONTH, 'r2-1', 10);
    await release(MONTH, 'r2-1');
    await release(MONTH, 'never reserved');
    expect(await usedIn(MONTH)).toBe(10);
    expect(await reserve('r3-1', 2)).toBe(10);
  });

  it('are no longer reserved a day after a refresh that failed', async () => {
    const { reserve, passHours } = await start();
    await reserve('r1-1', 10);
    passHours(23);
    expect(await reserve('r2-1', 2)).toBe(10);
    passHours(2);
    expect(await reserve('r3-1', 9)).toBeUndefined();
  });
});
