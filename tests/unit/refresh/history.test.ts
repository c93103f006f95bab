import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RefreshList } from '../../../shared/refresh/api-contract.ts';
import {
  type ListedRefresh,
  listRefreshes,
  readListRequest,
  summaryOf,
} from '../../../shared/refresh/history.ts';
import type { Pause } from '../../../shared/refresh/pause.ts';
import { refreshIdOf, totalsOf } from '../../../shared/refresh/refresh.ts';
import { planOf } from '../../helpers/planning.ts';

const AT = new Date('2026-11-22T08:00:00Z');

const refreshOf = (random: string, details: Partial<ListedRefresh> = {}): ListedRefresh => ({
  id: refreshIdOf(AT, random),
  state: 'fresh',
  generation: 1,
  startedAt: AT.toISOString(),
  ...details,
});

/** The API over a table of refreshes, newest first. One read returns at most `perRead` of them. */
function history(
  refreshes: readonly ListedRefresh[],
  {
    perRead = 1000,
    usedPaths = 0,
    pause,
    maxPathsPerMonth,
  }: {
    perRead?: number;
    usedPaths?: number;
    pause?: Pause;
    maxPathsPerMonth?: number;
  } = {},
) {
  return (query: Record<string, string> = {}): Promise<RefreshList> =>
    listRefreshes(readListRequest(query), {
      pages: {
        async page({ after, limit }) {
          const start = after === undefined ? 0 : refreshes.findIndex(({ id }) => id === after) + 1;
          const page = refreshes.slice(start, start + Math.min(limit, perRead));
          const last = page.at(-1)?.id;
          return { refreshes: page, ...(last === undefined ? {} : { after: last }) };
        },
      },
      pathUse: { usedIn: async month => (month === '2026-11' ? usedPaths : 0) },
      pauses: { current: async () => pause },
      pathPriceUsd: 0.005,
      freePathsPerMonth: 1000,
      maxPathsPerMonth,
      now: () => AT,
    });
}

describe('the list of refreshes', () => {
  it('page by page holds each refresh that took a change exactly once, newest first', async () => {
    const random = fc.stringMatching(/^[\da-f]{8}$/);
    const refreshes = fc.uniqueArray(fc.tuple(random, fc.boolean()), {
      maxLength: 30,
      selector: ([id]) => id,
    });
    const sizes = { limit: fc.integer({ min: 1, max: 12 }), perRead: fc.integer({ min: 1, max: 12 }) };
    await fc.assert(
      fc.asyncProperty(refreshes, fc.record(sizes), async (made, { limit, perRead }) => {
        const records = made
          .map(([id, isUsed]) => refreshOf(id, isUsed ? {} : { state: 'open', generation: 0 }))
          .sort((a, b) => (a.id < b.id ? 1 : -1));
        const list = history(records, { perRead });
        const found: string[] = [];
        let next: string | undefined;
        do {
          const page = await list({ limit: String(limit), ...(next === undefined ? {} : { next }) });
          expect(page.refreshes.length).toBeLessThanOrEqual(limit);
          found.push(...page.refreshes.map(({ id }) => id));
          ({ next } = page);
        } while (next !== undefined);
        expect(found).toEqual(records.filter(({ generation }) => generation > 0).map(({ id }) => id));
      }),
    );
  });

  it.each([
    [0, 0],
    [1000, 0],
    [1240, 1.2],
  ])('says what the month’s %j paths cost: $%j', async (usedPaths, costUsd) => {
    const { month } = await history([], { usedPaths })();
    expect(month).toEqual({
      month: '2026-11',
      paths: usedPaths,
      freePaths: 1000,
      pathPriceUsd: 0.005,
      costUsd,
    });
  });

  it('says how many paths a month may have, if that is limited', async () => {
    expect((await history([], { maxPathsPerMonth: 500 })()).month).toMatchObject({ maxPaths: 500 });
  });

  it('says who paused and since when, without account, role and what is resumed already', async () => {
    const pause = {
      id: 'p1',
      since: '2026-11-22T07:00:00.000Z',
      by: 'arn:aws:sts::111122223333:assumed-role/Admin/jane',
      reason: 'migration',
    };
    expect((await history([], { pause })()).pause).toEqual({
      since: '2026-11-22T07:00:00.000Z',
      by: 'jane',
      reason: 'migration',
    });
    const resumed = { ...pause, resumedAt: '2026-11-22T07:30:00.000Z' };
    for (const none of [resumed, undefined])
      expect(await history([], none && { pause: none })()).not.toHaveProperty('pause');
  });

  it.each([
    { limit: '0' },
    { limit: '101' },
    { limit: 'all' },
    { limit: '1.5' },
    { next: '' },
    { next: 'no-token' },
    { next: Buffer.from('r1').toString('base64url') },
    { next: `${Buffer.from(refreshIdOf(AT, '0123abcd')).toString('base64url')}=` },
    { page: '2' },
  ])('refuses the query %j', query => {
    expect(() => history([])({ ...query })).toThrow(expect.objectContaining({ code: 'BadRequest' }));
  });
});

describe('the summary of a refresh', () => {
  it('leaves out what is not planned yet', () => {
    const quota = { refusals: 2 };
    const invalidation = { id: 'I1', spentUsd: 0.01 };
    expect(summaryOf(refreshOf('0123abcd', { state: 'open', quota, invalidation }))).toEqual({
      id: '20261122T080000Z-0123abcd',
      state: 'open',
      startedAt: AT.toISOString(),
      pathCount: 0,
      needlessPurges: 0,
      costUsd: 0.01,
      skipped: { unchanged: 0, neverCached: 0, duplicate: 0 },
      invalidationId: 'I1',
      round: 1,
      refusals: 2,
    });
  });

  it('says why it failed, without what only its owner should know', () => {
    const failure =
      'AccessDenied: User: arn:aws:sts::111122223333:assumed-role/Site-Invalidate/x is not authorized to perform: ' +
      'cloudfront:CreateInvalidation on resource: arn:aws:cloudfront::111122223333:distribution/E1';
    const end = { at: AT.toISOString(), failure };
    expect(summaryOf(refreshOf('0123abcd', { state: 'failed', end })).failure).toBe(
      'AccessDenied: User: arn:… is not authorized to perform: cloudfront:CreateInvalidation on resource: arn:…',
    );
  });

  it('says why the edge could not be asked, and does not call it a failure', () => {
    const unasked = { code: 'unauthorized', reason: 'd1.cloudfront.net answers 401' } as const;
    const summary = summaryOf(
      refreshOf('0123abcd', { state: 'unasked', end: { at: AT.toISOString(), unasked } }),
    );
    expect(summary).toMatchObject({ state: 'unasked', unasked });
    expect(summary).not.toHaveProperty('failure');
  });

  it('counts what is planned, including the cost of all rounds', () => {
    const skipped = { unchanged: 3, neverCached: 2, duplicate: 1 };
    const plan = planOf(['/a', '/b*'], {
      round: 2,
      changeCount: 8,
      requestedPathCount: 1,
      needlessPurges: 4,
      skipped,
      errorPages: { paths: ['/404.html'] },
      costUsd: 0.01,
      totalCostUsd: 0.015,
    });
    const refresh = refreshOf('0123abcd', {
      state: 'failed',
      end: { at: AT.toISOString(), failure: 'why' },
      totals: totalsOf(plan),
      invalidation: { id: 'I1', spentUsd: 0.01 },
    });
    expect(summaryOf(refresh)).toEqual({
      id: refresh.id,
      state: 'failed',
      startedAt: AT.toISOString(),
      finishedAt: AT.toISOString(),
      failure: 'why',
      changeCount: 8,
      requestedPathCount: 1,
      pathCount: 2,
      needlessPurges: 4,
      errorPages: { paths: ['/404.html'] },
      costUsd: 0.015,
      skipped,
      invalidationId: 'I1',
      round: 2,
      refusals: 0,
    });
  });
});
