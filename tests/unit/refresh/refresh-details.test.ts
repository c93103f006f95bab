import { describe, expect, it } from 'vitest';
import type { Changes, Refresh, StoredVerification } from '../../../shared/refresh/refresh.ts';
import { describeRefresh } from '../../../shared/refresh/refresh-details.ts';
import { changeOf } from '../../helpers/changes.ts';
import { PLANNING, planOf } from '../../helpers/planning.ts';

const REFRESH: Refresh = {
  id: '20261122T080000Z-0123abcd',
  distributionId: 'EDFDVBD632BHDS5',
  state: 'open',
  generation: 1,
  plans: 0,
  startedAt: '2026-11-22T08:00:00.000Z',
};

/** What the API returns for a refresh. */
async function told({
  refresh = {} as Partial<Refresh>,
  changes = {} as Partial<Changes>,
  find = async (id: string) => ({ id, status: 'InProgress', createTime: '2026-11-22T08:00:02.000Z' }),
} = {}) {
  const troubles: unknown[] = [];
  const details = await describeRefresh(REFRESH.id, {
    refreshes: {
      get: async () => ({ ...REFRESH, ...refresh }),
      changesOf: async () => ({ objects: [], paths: [], ...changes }),
    },
    invalidations: { find },
    urls: async () => PLANNING.urls,
    onUnknownInvalidation: error => void troubles.push(error),
  });
  return { details, troubles };
}

const RESULT: StoredVerification = {
  verified: 1,
  superseded: 0,
  urls: ['/b'],
  unasked: { code: 'forbidden', reason: 'd1.cloudfront.net answers 403', count: 1, urls: ['/a'] },
};

describe('the details of a refresh', () => {
  it('name each path and why it is there', async () => {
    const plan = planOf(['/a.css', '/docs/*', '/x'], { wildcards: [{ path: '/docs/*', needlessPurges: 4 }] });
    const keys = ['a.css', ...Array.from({ length: 7 }, (_, index) => `docs/${index}.html`)];
    const objects = keys.map(key => changeOf(key));
    const { details } = await told({ refresh: { plan }, changes: { objects, paths: ['/x'] } });
    expect(details.paths).toEqual([
      { path: '/a.css', needlessPurges: 0, keys: ['a.css'], keyCount: 1, requestedPaths: [] },
      {
        path: '/docs/*',
        needlessPurges: 4,
        keys: ['docs/0.html', 'docs/1.html', 'docs/2.html', 'docs/3.html', 'docs/4.html'],
        keyCount: 7,
        requestedPaths: [],
      },
      { path: '/x', needlessPurges: 0, keys: [], keyCount: 0, requestedPaths: ['/x'] },
    ]);
  });

  it('tell what the limit on needless purges costs', async () => {
    const guard = { limit: 4, withoutLimit: 9, costUsd: 0.01 };
    const plan = planOf(['/a.css', '/b*'], { guarded: true, guard });
    expect((await told({ refresh: { plan } })).details).toMatchObject({ guard });
    expect((await told({ refresh: { plan: planOf(['/a.css']) } })).details).not.toHaveProperty('guard');
  });

  it('tell why there is a single path', async () => {
    const cap = { limit: 1000, used: 998, paths: 12 };
    expect((await told({ refresh: { plan: planOf(['/*'], { cap }) } })).details).toMatchObject({ cap });
  });

  it('list no more than 200 of thousands', async () => {
    const paths = Array.from({ length: 3000 }, (_, index) => `/${index}`);
    const objects = paths.map(path => changeOf(path.slice(1)));
    const { details } = await told({ refresh: { plan: planOf(paths) }, changes: { objects, paths } });
    expect(details.paths).toHaveLength(200);
    expect(details.changes).toHaveLength(200);
    expect(details.requestedPaths).toHaveLength(200);
  });

  it('list the newest event of each key, in the order of the keys', async () => {
    const objects = [
      changeOf('b', { sequencer: '01' }),
      changeOf('b', { sequencer: '02', removed: true, eventTime: '2026-11-22T08:00:01.000Z' }),
      changeOf('a', { sequencer: '03', eventTime: '2026-11-22T08:00:00.000Z' }),
    ];
    const { details } = await told({ changes: { objects } });
    expect(details.changes).toEqual([
      { key: 'a', removed: false, eventTime: '2026-11-22T08:00:00.000Z' },
      { key: 'b', removed: true, eventTime: '2026-11-22T08:00:01.000Z' },
    ]);
    expect(details.timeline).toEqual([{ step: 'uploaded', at: '2026-11-22T08:00:01.000Z' }]);
  });

  it.each([
    { what: 'by hand, which nobody uploaded', refresh: {}, steps: { uploaded: '00' } },
    {
      what: 'of the second round, whose invalidation is in progress',
      refresh: { closedAt: '02', invalidation: { id: 'I2', at: '09', spentUsd: 0 } },
      steps: { uploaded: '00', closed: '02', invalidated: '09' },
    },
    {
      what: 'that sent nothing',
      refresh: {
        closedAt: '02',
        verification: { startedAt: '03', verifiedAt: '04' },
        end: { at: '05' },
      },
      steps: { uploaded: '00', closed: '02', verified: '04', finished: '05' },
    },
    {
      what: 'that went all the way',
      refresh: {
        closedAt: '02',
        invalidation: { id: 'I1', at: '03', spentUsd: 0 },
        verification: { startedAt: '08', verifiedAt: '09' },
        end: { at: '10' },
      },
      steps: {
        uploaded: '00',
        closed: '02',
        invalidated: '03',
        completed: '08',
        verified: '09',
        finished: '10',
      },
    },
    {
      what: 'whose edge could not be asked, so it was not verified',
      refresh: {
        closedAt: '02',
        invalidation: { id: 'I1', at: '03', spentUsd: 0 },
        verification: { startedAt: '08', verifiedAt: '09', result: RESULT },
        end: { at: '10' },
      },
      steps: { uploaded: '00', closed: '02', invalidated: '03', completed: '08', finished: '10' },
    },
  ])('have a timeline of what has happened, for one $what', async ({ refresh, steps }) => {
    const { details } = await told({ refresh: { ...refresh, startedAt: '00' } });
    expect(details.timeline).toEqual(Object.entries(steps).map(([step, at]) => ({ step, at })));
  });

  it('name the URLs that the edge could not be asked for', async () => {
    const { details } = await told({ refresh: { verification: { result: RESULT } } });
    expect(details.verification).toEqual(RESULT);
  });

  it('include what CloudFront says now', async () => {
    const { details } = await told({ refresh: { invalidation: { id: 'I1', at: '03', spentUsd: 0 } } });
    expect(details.invalidation).toEqual({
      id: 'I1',
      status: 'InProgress',
      createTime: '2026-11-22T08:00:02.000Z',
    });
  });

  it('leave that out while CloudFront cannot be asked', async () => {
    const throttled = new Error('Rate exceeded');
    const { details, troubles } = await told({
      refresh: { invalidation: { id: 'I1', at: '03', spentUsd: 0 } },
      find: () => Promise.reject(throttled),
    });
    expect(details).not.toHaveProperty('invalidation');
    expect(troubles).toEqual([throttled]);
  });
});
