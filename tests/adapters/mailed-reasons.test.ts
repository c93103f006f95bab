import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { openRefreshTable } from '../../shared/aws/refresh-table/open-refresh-table.ts';
import { startRefreshTable } from './refresh-items.ts';

const NOW = new Date('2026-11-02T10:00:00Z');
const REFUSED = 'd111111abcdef8.cloudfront.net answers 401';
const BLOCKED = 'd111111abcdef8.cloudfront.net answers 403';

async function start() {
  const options = await startRefreshTable();
  return { ...options, reasons: openRefreshTable({ ...options, now: () => NOW }).mailedReasons };
}

describe('The reason mailed last, why the edge could not be asked,', () => {
  it('is noted by the first refresh that has it, and by no other', async () => {
    const { reasons } = await start();
    expect(await reasons.note('E1', REFUSED, 'r1')).toBe(true);
    expect(await reasons.note('E1', REFUSED, 'r2')).toBe(false);
  });

  it('is noted by exactly one of twenty reports at the same time', async () => {
    const { reasons } = await start();
    const ids = Array.from({ length: 20 }, (_, index) => `r${index}`);
    const noted = await Promise.all(ids.map(id => reasons.note('E1', REFUSED, id)));
    expect(noted.filter(Boolean)).toHaveLength(1);
  });

  it('is noted again by the same refresh, whose mail may not have been sent', async () => {
    const { reasons } = await start();
    await reasons.note('E1', REFUSED, 'r1');
    expect(await reasons.note('E1', REFUSED, 'r1')).toBe(true);
  });

  it('gives way to another reason', async () => {
    const { reasons } = await start();
    await reasons.note('E1', REFUSED, 'r1');
    expect(await reasons.note('E1', BLOCKED, 'r2')).toBe(true);
    expect(await reasons.note('E1', BLOCKED, 'r3')).toBe(false);
    expect(await reasons.note('E1', REFUSED, 'r4')).toBe(true);
  });

  it('is new once it was forgotten, however often that happened', async () => {
    const { reasons } = await start();
    await reasons.forget('E1');
    await reasons.note('E1', REFUSED, 'r1');
    await reasons.forget('E1');
    await reasons.forget('E1');
    expect(await reasons.note('E1', REFUSED, 'r2')).toBe(true);
    expect(await reasons.note('E1', REFUSED, 'r3')).toBe(false);
  });

  it('belongs to one distribution', async () => {
    const { reasons } = await start();
    await reasons.note('E1', REFUSED, 'r1');
    expect(await reasons.note('E2', REFUSED, 'r2')).toBe(true);
    await reasons.forget('E2');
    expect(await reasons.note('E1', REFUSED, 'r3')).toBe(false);
  });

  it('expires after 90 days', async () => {
    const { client, tableName, reasons } = await start();
    await reasons.note('E1', REFUSED, 'r1');
    const { Items = [] } = await client.send(new ScanCommand({ TableName: tableName }));
    expect(Items.map(({ expiresAt }) => expiresAt)).toEqual([
      { N: `${Date.parse('2027-01-31T10:00:00Z') / 1000}` },
    ]);
  });
});
