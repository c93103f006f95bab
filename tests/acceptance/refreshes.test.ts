import { ListInvalidationsCommand } from '@aws-sdk/client-cloudfront';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RefreshList } from '../../shared/refresh/history.ts';
import type { RefreshDetails } from '../../shared/refresh/refresh-details.ts';
import { inject } from '../helpers/endings.ts';
import { refused } from '../helpers/faults.ts';
import { JSON_CONTENT, type StudentApi, startStudentApi } from '../helpers/student-api.ts';

let site: StudentApi;

beforeAll(async () => {
  site = await startStudentApi({ timeScale: 0.02, invalidationDelayMs: 0 });
});
afterAll(() => site.stop());

const list = async (query = '') => (await site.ask(`GET /refreshes${query}`)).body as RefreshList;
const details = async (id: string) => (await site.ask(`GET /refreshes/${id}`)).body as RefreshDetails;
const refresh = (paths: readonly string[]) =>
  site.askEdge('POST /refreshes', { body: { paths }, headers: JSON_CONTENT });

/** Uploads, and waits for the refresh of it. */
async function upload(keys: readonly string[], content: string): Promise<RefreshDetails> {
  for (const key of keys) await site.put(key, `${content} of ${key}`);
  await site.settled();
  const { refreshes } = await list('?limit=1');
  return await details(refreshes[0]?.id ?? '');
}

async function listed(): Promise<RefreshList['refreshes']> {
  const found: RefreshList['refreshes'][number][] = [];
  let query: string | undefined = '?limit=2';
  while (query !== undefined) {
    const { refreshes, next }: RefreshList = await list(query);
    found.push(...refreshes);
    query = next === undefined ? undefined : `?limit=2&next=${next}`;
  }
  return found;
}

describe('The history', () => {
  it('tells of an upload what changed, which paths were sent and why, when, and what was verified', async () => {
    // Without a bystander `/*` would do.
    await upload(['docs/a.html', 'styles.css', 'index.html'], 'old');
    const told = await upload(['docs/a.html', 'styles.css'], 'new');
    expect(told).toMatchObject({
      state: 'fresh',
      changeCount: 2,
      requestedPathCount: 0,
      pathCount: 2,
      costUsd: 0,
      round: 1,
      refusals: 0,
      changes: [
        { key: 'docs/a.html', removed: false },
        { key: 'styles.css', removed: false },
      ],
      paths: [
        { path: '/docs/a.html', collateral: 0, keys: ['docs/a.html'], keyCount: 1 },
        { path: '/styles.css', collateral: 0, keys: ['styles.css'], keyCount: 1 },
      ],
      invalidation: { id: told.invalidationId, status: 'Completed' },
      verification: { verified: 2, superseded: 0 },
    });
    expect(new Set(told.verification?.urls)).toEqual(new Set(['/docs/a.html', '/styles.css']));
    expect(told.timeline.map(({ step }) => step)).toEqual([
      'uploaded',
      'closed',
      'invalidated',
      'completed',
      'verified',
      'finished',
    ]);
    const times = told.timeline.map(({ at }) => at);
    expect(times.toSorted()).toEqual(times);
  });

  it('tells of an upload that changes nothing that it cost nothing', async () => {
    await upload(['same.css'], 'as before');
    const told = await upload(['same.css'], 'as before');
    expect(told).toMatchObject({ state: 'fresh', pathCount: 0, skipped: { unchanged: 1 }, paths: [] });
    expect(told).not.toHaveProperty('invalidation');
    expect(told.timeline.map(({ step }) => step)).toEqual(['uploaded', 'closed', 'verified', 'finished']);
  });

  it('tells how often the quota refused', async () => {
    inject(site, { action: 'CreateInvalidation' }, refused('TooManyInvalidationsInProgress', 400), 2);
    expect(await upload(['late.css'], 'refused')).toMatchObject({ state: 'fresh', refusals: 2 });
  });

  it('tells what failed, and shows it although CloudFront cannot be asked', async () => {
    inject(site, { action: 'CreateInvalidation' }, refused('AccessDenied', 403));
    expect(await upload(['failed.css'], 'in vain')).toMatchObject({
      state: 'failed',
      failure: expect.stringContaining('AccessDenied'),
    });
    inject(site, { action: 'GetInvalidation', caller: 'Refreshes' }, refused('Throttling', 400));
    const { refreshes } = await list();
    const fresh = refreshes.find(({ invalidationId }) => invalidationId !== undefined);
    expect(await details(fresh?.id ?? '')).not.toHaveProperty('invalidation');
  });

  it('lists each refresh exactly once, newest first, and agrees with CloudFront’s list', async () => {
    const found = await listed();
    expect(found.map(({ id }) => id)).toEqual((await site.refreshes()).map(({ id }) => id));
    const { InvalidationList } = await site.clients.cloudFront.send(
      new ListInvalidationsCommand({ DistributionId: site.output('DistributionId') }),
    );
    expect(found.flatMap(({ invalidationId = [] }) => invalidationId)).toEqual(
      InvalidationList?.Items?.map(({ Id }) => Id),
    );
    const used = (await site.invalidations()).flat().length;
    expect((await list()).month).toMatchObject({
      paths: used,
      freePaths: 1000,
      pathPriceUsd: 0.005,
      costUsd: 0,
    });
  });
});

describe('A refresh by hand', () => {
  it('is answered with its id, joins the pipeline and ends fresh', async () => {
    const { status, body, headers } = await refresh(['/docs/*', '/index.html', '/docs/*']);
    expect({ status, body }).toEqual({ status: 202, body: { id: expect.any(String) } });
    const { id } = body as { id: string };
    expect(headers.get('location')).toBe(`/refreshes/${id}`);
    expect((await details(id)).state).not.toBe('failed');
    await site.settled();
    expect(await details(id)).toMatchObject({
      state: 'fresh',
      requestedPaths: ['/docs/*', '/index.html'],
      paths: [
        { path: '/docs/*', requestedPaths: ['/docs/*'], keyCount: 0 },
        { path: '/index.html', requestedPaths: ['/index.html'], keyCount: 0 },
      ],
      verification: { urls: ['/docs/a.html', '/index.html'] },
    });
  });

  it('is refused when a day’s allowance does not hold its paths, and none is taken', async () => {
    const paths = Array.from({ length: 501 }, (_, index) => `/${index}`);
    expect(await refresh(paths)).toMatchObject({
      status: 429,
      body: { error: { code: 'TooManyRefreshes', message: expect.stringContaining('500 paths') } },
    });
  });

  it('is limited in rate, apart from everything else', async () => {
    const statuses = new Set<number>();
    while (!statuses.has(429)) statuses.add((await refresh([])).status);
    expect(statuses).toEqual(new Set([400, 429]));
    expect(await site.ask('GET /refreshes')).toMatchObject({ status: 200 });
  });
});
