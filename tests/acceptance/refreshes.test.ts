import { CreateInvalidationCommand, ListInvalidationsCommand } from '@aws-sdk/client-cloudfront';
import { PurgeQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Status } from '../../infra/cli/commands/status-report.ts';
import { main } from '../../infra/cli/main.ts';
import { openRefreshTable } from '../../shared/aws/refresh-table/open-refresh-table.ts';
import type { RefreshDetails, RefreshList } from '../../shared/refresh/api-contract.ts';
import { inject, reportNextAsUnasked, stopNextExecution } from '../helpers/endings.ts';
import { refused } from '../helpers/faults.ts';
import { inParallel } from '../helpers/in-parallel.ts';
import { nextSecond } from '../helpers/next-second.ts';
import { runCommand } from '../helpers/run-command.ts';
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
  // Refreshes are listed by the second that they opened in. At this pace two may share it.
  await nextSecond();
  await site.inOneRefresh(() => inParallel(keys, key => site.put(key, `${content} of ${key}`)));
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
  it('says of an upload what changed, which paths were sent, when and why, and what was verified', async () => {
    // Without an unchanged object beside it `/*` would do.
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
        { path: '/docs/a.html', needlessPurges: 0, keys: ['docs/a.html'], keyCount: 1 },
        { path: '/styles.css', needlessPurges: 0, keys: ['styles.css'], keyCount: 1 },
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

  it('says that an upload without changes cost nothing', async () => {
    await upload(['same.css'], 'as before');
    const told = await upload(['same.css'], 'as before');
    expect(told).toMatchObject({ state: 'fresh', pathCount: 0, skipped: { unchanged: 1 }, paths: [] });
    expect(told).not.toHaveProperty('invalidation');
    expect(told.timeline.map(({ step }) => step)).toEqual(['uploaded', 'closed', 'verified', 'finished']);
  });

  it('says how often the quota refused a refresh', async () => {
    inject(site, { action: 'CreateInvalidation' }, refused('TooManyInvalidationsInProgress', 400), 1);
    expect(await upload(['late.css'], 'refused')).toMatchObject({ state: 'fresh', refusals: 1 });
  });

  it('says what failed, even if CloudFront cannot be asked', async () => {
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

describe('A manual refresh', () => {
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

  it('is refused whole if its paths exceed the day’s allowance', async () => {
    const paths = Array.from({ length: 501 }, (_, index) => `/${index}`);
    expect(await refresh(paths)).toMatchObject({
      status: 429,
      body: { error: { code: 'TooManyRefreshes', message: expect.stringContaining('500 paths') } },
    });
  });

  it('has a rate limit of its own', async () => {
    // More at once than the bucket holds: how fast the machine is does not matter.
    const replies = await Promise.all(Array.from({ length: 12 }, () => refresh([])));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([400, 429]));
    expect(await site.ask('GET /refreshes')).toMatchObject({ status: 200 });
  });
});

/** A command against this cloud, without its process. */
const run = (command: string, ...options: string[]) =>
  runCommand(main, [command, '--local', '--endpoint', site.cloud.endpoint, ...options]);

describe('npm run status', () => {
  const statusOf = async (...options: string[]): Promise<Status> =>
    JSON.parse((await run('status', '--json', ...options)).printed);

  it('agrees with the API and with CloudFront’s list, and shows what somebody else invalidated', async () => {
    const DistributionId = site.output('DistributionId');
    const paths = { Quantity: 2, Items: ['/somebody', '/elses'] };
    const InvalidationBatch = { CallerReference: 'a pipeline', Paths: paths };
    await site.clients.cloudFront.send(new CreateInvalidationCommand({ DistributionId, InvalidationBatch }));
    await upload(['latest.css'], 'after somebody else');
    const { InvalidationList } = await site.clients.cloudFront.send(
      new ListInvalidationsCommand({ DistributionId }),
    );
    const status = await statusOf('--limit', '100');
    const api = await list('?limit=100');
    expect(status).toMatchObject({ refreshes: api.refreshes, month: api.month });
    expect(status.invalidations.map(({ id, status: now }) => [id, now])).toEqual(
      InvalidationList?.Items?.map(({ Id, Status: now }) => [Id, now]),
    );
    expect(status.invalidations.flatMap(({ maker = [] }) => maker)).toEqual([{ paths: 2 }]);
    const { printed } = await run('status');
    for (const { Id } of InvalidationList?.Items ?? []) expect(printed).toContain(Id);
    expect(printed).toMatch(/by somebody else .* Completed +2/);
  });

  it('shows no invalidation older than the refreshes it shows', async () => {
    const { refreshes, invalidations } = await statusOf('--limit', '1');
    expect(invalidations.map(({ id }) => id)).toEqual(refreshes.map(({ invalidationId }) => invalidationId));
  });

  it('counts waiting and dead-lettered messages, and then exits with 1', async () => {
    const deadLetters = { QueueUrl: site.output('SiteChangesDeadLetterQueueUrl') };
    expect(await run('status')).toMatchObject({ exitCode: 0, complaint: '' });
    await site.clients.sqs.send(new SendMessageCommand({ ...deadLetters, MessageBody: 'unreadable' }));
    const { exitCode, printed, complaint } = await run('status');
    expect({ exitCode, complaint }).toEqual({
      exitCode: 1,
      complaint: expect.stringContaining('RUNBOOK.md#site-changes-dead-letters'),
    });
    expect(printed).toMatch(/SiteChangesQueue\w*: 0 waiting, 0 in work, 1 dead letter\n/);
    await site.clients.sqs.send(new PurgeQueueCommand(deadLetters));
  });
});

describe('npm run refresh', () => {
  // Whose refresh is the newest in the list: see `upload`.
  beforeEach(nextSecond);

  it('requests the paths, and says which refresh takes them', async () => {
    const { exitCode, printed } = await run('refresh', '--paths', '/docs/*', '/index.html', '--json');
    expect(exitCode).toBe(0);
    await site.settled();
    expect(await details(JSON.parse(printed).id)).toMatchObject({
      state: 'fresh',
      requestedPaths: ['/docs/*', '/index.html'],
    });
  });

  it('reports progress with --wait until the edge is fresh', async () => {
    const { exitCode, printed, complaint } = await run('refresh', '--paths', '/*', '--wait');
    expect(exitCode).toBe(0);
    const lines = printed.split('\n');
    expect(lines[0]).toMatch(/^Refresh \S+: 1 path asked for$/);
    expect(lines.at(-1)).toMatch(/^Fresh after [\d.]+ s: \d+ URLs verified$/);
    expect(complaint).toMatch(/^(?:[\d:]{8} {2}(?:open|closed|invalidating|verifying)\b.*\n?)+$/);
  });

  it('takes cache tags only where the distribution has them', async () => {
    expect(await run('refresh', '--tag', 'product:1')).toMatchObject({
      exitCode: 1,
      complaint: expect.stringContaining('set its CacheTagConfig first'),
    });
    const { distributions } = openRefreshTable({
      tableName: site.output('RefreshTableName'),
      client: site.clients.dynamoDb,
    });
    const id = site.output('DistributionId');
    const { description, version, ...known } = await distributions.get(id);
    const tagged = { ...description, cacheTagHeader: 'x-amz-meta-cache-tag' };
    await distributions.put(id, { ...known, description: tagged, version: version + 1 });
    const { exitCode, printed } = await run('refresh', '/index.html', '--tag', 'Product:1', '--wait');
    expect({ exitCode, printed }).toEqual({
      exitCode: 0,
      printed: expect.stringMatching(/^Refresh \S+: 1 path and 1 tag asked for\n/),
    });
    expect(await site.invalidations()).toContainEqual(['/index.html', '#product:1']);
  });

  it('exits with 1 and the reason if the refresh fails', async () => {
    inject(site, { action: 'CreateInvalidation' }, refused('AccessDenied', 403));
    const { exitCode, printed, complaint } = await run('refresh', '--paths', '/*', '--wait', '--json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(printed)).toMatchObject({ state: 'failed', requestedPathCount: 1 });
    expect(complaint).toMatch(/failed: AccessDenied/);
    expect(await run('status')).toMatchObject({ exitCode: 1, complaint });
  });

  it('exits with 1 if the execution is stopped', async () => {
    const stopped = stopNextExecution(site);
    const waiting = run('refresh', '--paths', '/*', '--wait');
    await stopped;
    expect(await waiting).toMatchObject({
      exitCode: 1,
      complaint: expect.stringContaining('failed: ABORTED: Its execution was stopped'),
    });
  });

  it('ends with 3, why, and what to do, when the edge could not be asked', async () => {
    const [code, reason] = ['unauthorized', 'The edge answers 401'] as const;
    const reported = reportNextAsUnasked(site, { code, reason, count: 1, urls: ['/'] });
    const waiting = run('refresh', '--paths', '/*', '--wait', '--json');
    await reported;
    const { exitCode, printed, complaint } = await waiting;
    expect(exitCode).toBe(3);
    expect(JSON.parse(printed)).toMatchObject({ state: 'unasked', unasked: { code, reason } });
    expect(complaint).toContain('was not verified: The edge answers 401. ');
    expect(complaint).toContain('verificationHeaders');

    await site.settled();
    expect((await list('?limit=1')).refreshes).toMatchObject([
      { state: 'unasked', unasked: { code, reason } },
    ]);
    const subject = 'Invalidated, not verified: The edge answers 401 (/*)';
    expect(site.mails().filter(mail => mail.subject === subject)).toHaveLength(1);
    const status = await run('status', '--limit', '1');
    expect(status).toMatchObject({ exitCode: 3, complaint });
    expect(status.printed).toMatch(/^\? Not verified: The edge answers 401\n/);
  });

  it.each([
    [['--wait'], 'Which paths?'],
    [['--paths', 'index.html'], "'--paths <path...>' argument 'index.html' is invalid. It must begin with /"],
    [['--paths', '/a b'], "'--paths <path...>' argument '/a b' is invalid. Unsafe"],
    [['--tag', 'two words'], "'--tag <tag...>' argument 'two words' is invalid. A tag is ASCII"],
    [['--paths', '/*', '--now'], "Unknown option '--now'"],
  ])('exits with 2 for %j, and explains the usage', async (options, reason) => {
    const { exitCode, printed, complaint } = await run('refresh', ...options);
    expect({ exitCode, printed }).toEqual({ exitCode: 2, printed: '' });
    expect(complaint).toContain(reason);
    expect(complaint).toContain('npm run refresh --');
  });
});
