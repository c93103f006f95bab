import { describe, expect, it } from 'vitest';
import { changeOf } from '../../helpers/changes.ts';
import { PLAN_SETTINGS } from '../../helpers/planning.ts';
import { type SetUp, setUp } from './invalidate-step.ts';

const REFUSED = expect.objectContaining({ name: 'TooManyInvalidationsInProgress' });

describe('the step Invalidate with cache tags', () => {
  it('sends cache tags beside the paths, each counted and paid as one path', async () => {
    const changes = { objects: [changeOf('a.css')], paths: [], tags: ['product:2', 'product:1'] };
    const { table, sent, used, invalidate } = setUp({ changes });
    expect(await invalidate()).toMatchObject({ paths: 3 });
    expect(sent.map(({ paths }) => paths)).toEqual(['/a.css #product:1 #product:2']);
    expect((await table.get('r1'))?.plan).toMatchObject({
      requestedPathCount: 2,
      costUsd: PLAN_SETTINGS.prices.path,
    });
    expect([...used]).toEqual([['2026-11 r1-1', 3]]);
  });

  it('sends cache tags alone', async () => {
    const { sent, invalidate } = setUp({ changes: { objects: [], paths: [], tags: ['product:1'] } });
    expect(await invalidate()).toMatchObject({ paths: 1 });
    expect(sent.map(({ paths }) => paths)).toEqual(['#product:1']);
  });

  it.each([
    { what: 'everything is purged anyway', given: { changes: { paths: ['/*'], tags: ['a'] } } },
    {
      what: 'there is no room for them',
      given: { changes: { tags: ['a', 'b'] }, inProgress: () => ({ exact: 2999, wildcard: 0 }) },
    },
    {
      what: 'they would exceed the limit of the month',
      given: { changes: { tags: ['a', 'b'] }, maxPathsPerMonth: 2 },
    },
  ])('purges what cache tags name by /* if $what', async ({ given }) => {
    const { sent, invalidate } = setUp(given);
    await invalidate();
    expect(sent.map(({ paths }) => paths)).toEqual(['/*']);
  });
});

describe('the step Invalidate with a limit of three paths a month', () => {
  const TWO = { objects: [changeOf('a.css'), changeOf('b.css')] };
  const limited = (given: SetUp = {}) => setUp({ changes: TWO, maxPathsPerMonth: 3, ...given });

  it('sends its cheapest paths up to the limit', async () => {
    const { table, sent, used, reserved, invalidate } = limited();
    used.set('2026-10 r0-1', 9);
    used.set('2026-11 r0-2', 1);
    await invalidate();
    expect(sent.map(({ paths }) => paths)).toEqual(['/a.css /b.css']);
    expect([...reserved]).toEqual([['2026-11 r1-1', 2]]);
    expect((await table.get('r1'))?.plan).not.toHaveProperty('cap');
  });

  it('sends the cheapest single wildcard beyond it, and stores why', async () => {
    const { table, sent, used, reserved, invalidate } = limited();
    used.set('2026-11 r0-1', 2);
    await invalidate();
    expect(sent.map(({ paths }) => paths)).toEqual(['/*']);
    expect([...reserved]).toEqual([['2026-11 r1-1', 1]]);
    expect((await table.get('r1'))?.plan).toMatchObject({ cap: { limit: 3, used: 2, paths: 2 } });
  });

  it('sends a single path as it is, however many were used', async () => {
    const { table, sent, used, invalidate } = limited({ changes: {} });
    used.set('2026-11 r0-1', 9);
    await invalidate();
    expect(sent.map(({ paths }) => paths)).toEqual(['/a.css']);
    expect((await table.get('r1'))?.plan).not.toHaveProperty('cap');
  });

  it('takes nothing of it if no viewer can see the changes', async () => {
    const { reserved, invalidate } = limited({ originPath: '/public' });
    await invalidate();
    expect([...reserved]).toEqual([]);
  });

  it('gives back what CloudFront refused', async () => {
    const { reserved, invalidate } = limited({ refusals: 1 });
    await expect(invalidate()).rejects.toThrow(REFUSED);
    expect([...reserved]).toEqual([]);
    expect(await invalidate()).toMatchObject({ paths: 2 });
  });

  it('waits for room for a wildcard if the quota leaves none, and gives its path back', async () => {
    const { sent, used, reserved, invalidate } = limited({
      inProgress: () => ({ exact: 0, wildcard: 15 }),
    });
    used.set('2026-11 r0-1', 2);
    await expect(invalidate()).rejects.toThrow(REFUSED);
    expect(sent).toEqual([]);
    expect([...reserved]).toEqual([]);
  });
});
