import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { APIGatewayProxyResult } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openRefreshTable } from '../../../shared/aws/refresh-table/open-refresh-table.ts';
import { CONTEXT, eventOf, readAnswer } from '../../helpers/api-event.ts';
import { startDynamoDb } from '../../helpers/dynamodb.ts';
import { PLANNING } from '../../helpers/planning.ts';
import { REFRESH_TABLE } from '../../helpers/refresh-table.ts';

const SITE = 'https://d111111abcdef8.cloudfront.net';
const AT = new Date('2026-11-22T08:00:00Z');
const PATHS_PER_DAY = 10;

const tableName = 'refreshes';
let client: DynamoDBClient;
let stop: () => Promise<void>;
let call: Awaited<ReturnType<typeof startFunction>>;
let distributions = 0;

beforeAll(async () => {
  ({ client, stop } = await startDynamoDb());
  await client.send(new CreateTableCommand({ TableName: tableName, ...REFRESH_TABLE }));
});
afterAll(() => stop());
beforeEach(async () => {
  for (const level of ['debug', 'info', 'warn', 'error', 'log'] as const)
    vi.spyOn(console, level).mockImplementation(() => {});
  call = await startFunction();
});

/**
 * The function for a distribution of its own. Executions are not started, CloudFront knows of no
 * invalidation.
 */
async function startFunction({ takesTags = true } = {}) {
  const environment = {
    SITE_URL: SITE,
    DISTRIBUTION_ID: 'E1',
    REFRESH_TABLE: tableName,
    REFRESH_STATE_MACHINE_ARN: 'arn:aws:states:us-east-1:000000000000:stateMachine:refresh',
    PATH_PRICE_USD: '0.005',
    FREE_PATHS_PER_MONTH: '1000',
    MANUAL_PATHS_PER_DAY: '10',
    AWS_REGION: 'us-east-1',
    POWERTOOLS_DEV: 'true',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const { createHandler } = await import('../../../handlers/pipeline/refreshes.ts');
  const distributionId = `E${distributions++}`;
  const table = openRefreshTable({ tableName, client, now: () => AT });
  let made = 0;
  const handler = createHandler({
    pages: table.historyOf(distributionId),
    refreshes: { ...table.refreshes, ...table.openRefreshOf(distributionId) },
    invalidations: { find: async () => undefined },
    pathUse: table.pathUse,
    pauses: table.pauses,
    executions: { ensureStarted: async () => true },
    allowance: table.manualAllowanceOf(distributionId),
    urls: async () => PLANNING.urls,
    takesTags: async () => takesTags,
    pathPriceUsd: 0.005,
    freePathsPerMonth: 1000,
    pathsPerDay: PATHS_PER_DAY,
    newRefreshId: () => `20261122T080000Z-${String(distributions).padStart(4, '0')}000${made++}`,
    siteOrigin: SITE,
    now: () => AT,
  });
  return async (route: string, body?: unknown, headers = { 'content-type': 'application/json' }) =>
    readAnswer((await handler(eventOf(route, body, headers), CONTEXT)) as APIGatewayProxyResult);
}

const ask = (paths: unknown) => call('POST /refreshes', { paths });

describe('POST /refreshes', () => {
  it('answers 202 with the refresh that took the paths, each once, and where it is', async () => {
    const { status, body, headers } = await ask(['/b', '/a*', '/b']);
    expect({ status, body }).toEqual({ status: 202, body: { id: expect.any(String) } });
    expect(headers).toMatchObject({ location: `/refreshes/${body.id}`, 'cache-control': 'no-store' });
    const told = await call(`GET ${headers['location']}`);
    expect(told).toMatchObject({
      status: 200,
      body: { id: body.id, state: 'open', requestedPaths: ['/a*', '/b'], changes: [], pathCount: 0 },
    });
    // What an open refresh will change is not known.
    expect(told.body).not.toHaveProperty('changeCount');
  });

  it('takes cache tags, in any case, beside paths or alone', async () => {
    const { body } = await call('POST /refreshes', { paths: ['/a'], tags: ['Product:1', 'product:1'] });
    expect((await call('POST /refreshes', { tags: ['product:2'] })).body).toEqual(body);
    expect((await call(`GET /refreshes/${body.id}`)).body.requestedPaths).toEqual([
      '#product:1',
      '#product:2',
      '/a',
    ]);
  });

  it('answers 400 for cache tags of a distribution that has none, and says what to do', async () => {
    call = await startFunction({ takesTags: false });
    expect(await call('POST /refreshes', { paths: ['/a'], tags: ['product:1'] })).toMatchObject({
      status: 400,
      body: {
        error: {
          code: 'ValidationFailed',
          fields: [{ field: 'tags', message: expect.stringContaining('CacheTagConfig') }],
        },
      },
    });
    expect((await call('GET /refreshes')).body.refreshes).toEqual([]);
  });

  it('joins the refresh that is open', async () => {
    const [first, second] = [await ask(['/a']), await ask(['/b'])];
    expect(second.body).toEqual(first.body);
  });

  it.each([
    { body: {}, fields: ['paths'] },
    { body: { paths: '/*' }, fields: ['paths'] },
    { body: { paths: [] }, fields: ['paths'] },
    { body: { paths: new Array(3001).fill('/a') }, fields: ['paths'] },
    { body: { paths: ['/a', 1, null] }, fields: ['paths[1]', 'paths[2]'] },
    {
      body: { paths: ['/a', 'b', '/c d', '/*/e', '/%zz'] },
      fields: ['paths[1]', 'paths[2]', 'paths[3]', 'paths[4]'],
    },
    { body: { tags: [] }, fields: ['tags'] },
    { body: { tags: ['a', 'b,c', ''] }, fields: ['tags[1]', 'tags[2]'] },
    { body: { paths: ['/a'], invalidate: true }, fields: ['invalidate'] },
  ])('answers 400 for $body and names every wrong field', async ({ body, fields }) => {
    const answer = await call('POST /refreshes', body);
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'ValidationFailed' } } });
    expect(answer.body.error.fields.map(({ field }: { field: string }) => field)).toEqual(fields);
    expect((await call('GET /refreshes')).body.refreshes).toEqual([]);
  });

  it.each([
    { status: 400, code: 'BadRequest', body: '["/a"]' },
    { status: 400, code: 'BadRequest', body: '{"paths":["/a"],"paths":["/b"]}' },
    { status: 413, code: 'TooLarge', body: JSON.stringify({ paths: ['/a'.padEnd(70_000, 'a')] }) },
  ])('answers $status $code for a body that is not a request', async ({ status, code, body }) => {
    expect(await call('POST /refreshes', body)).toMatchObject({ status, body: { error: { code } } });
  });

  it('answers 415 for another content type', async () => {
    const answer = await call('POST /refreshes', '{"paths":["/a"]}', { 'content-type': 'text/plain' });
    expect(answer).toMatchObject({ status: 415, body: { error: { code: 'UnsupportedMediaType' } } });
  });

  it('answers 429 once the day’s paths are used up, and takes what still fits', async () => {
    const paths = (count: number) => Array.from({ length: count }, (_, index) => `/${index}`);
    expect(await ask(paths(PATHS_PER_DAY + 1))).toMatchObject({ status: 429 });
    expect(await ask(paths(7))).toMatchObject({ status: 202 });
    expect(await ask(paths(4))).toMatchObject({
      status: 429,
      body: { error: { code: 'TooManyRefreshes', message: expect.stringContaining('10 paths') } },
    });
    expect(await ask(paths(3))).toMatchObject({ status: 202 });
    expect(await ask(paths(1))).toMatchObject({ status: 429 });
  });

  it('never allows more than a day’s paths, however many ask at once', async () => {
    const answers = await Promise.all(Array.from({ length: 15 }, () => ask(['/a'])));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(PATHS_PER_DAY);
  });
});

describe('GET /refreshes', () => {
  it('answers with the history of its distribution alone', async () => {
    const { body } = await ask(['/a']);
    expect(await call('GET /refreshes')).toMatchObject({
      status: 200,
      body: { refreshes: [{ id: body.id, state: 'open' }], month: { month: '2026-11', paths: 0 } },
    });
    call = await startFunction();
    expect((await call('GET /refreshes')).body.refreshes).toEqual([]);
  });

  it('answers 400 for a query that it does not know', async () => {
    expect(await call('GET /refreshes?limit=1000')).toMatchObject({
      status: 400,
      body: { error: { code: 'BadRequest' } },
    });
  });
});

describe('GET /refreshes/{refreshid}', () => {
  it.each(['20261122T080000Z-ffffffff', 'open', 'paths%232026-11', 'edge%23E1'])(
    'answers 404 for %s, which is no refresh',
    async id => {
      expect(await call(`GET /refreshes/${id}`)).toMatchObject({
        status: 404,
        body: { error: { code: 'RefreshNotFound' } },
      });
    },
  );
});

it('Only the pages of the site may read the answers, errors included', async () => {
  for (const { headers } of [await call('GET /refreshes'), await call('GET /nothing'), await ask([])])
    expect(headers).toMatchObject({ 'access-control-allow-origin': SITE });
});
