import { describe, expect, it } from 'vitest';
import type { AwsService } from '../../../infra/local/kernel/aws-api.ts';
import { functionWith, startPool } from './fixture-functions.ts';

const ECHO = 'export const handler = async event => event;';

async function call(
  handle: AwsService,
  method: string,
  url: string,
  { headers = {}, body = '' }: { headers?: Record<string, string>; body?: string } = {},
) {
  const request = { service: 'lambda', caller: 'root', method, url, headers, body: Buffer.from(body) };
  const response = await handle(request);
  const text = response.body?.toString() ?? '';
  return { ...response, text, json: text === '' ? undefined : JSON.parse(text) };
}

const INVOCATIONS = '/2015-03-31/functions/fixture/invocations';

describe('Invoke', () => {
  it('waits for the answer', async () => {
    const { pool } = startPool([functionWith(ECHO)]);
    expect(await call(pool.handle, 'POST', INVOCATIONS, { body: '{"a":1}' })).toMatchObject({
      status: 200,
      headers: { 'x-amz-executed-version': '$LATEST' },
      text: '{"a":1}',
    });
  });

  it('takes a missing payload as an empty event, and an ARN as a name', async () => {
    const { pool } = startPool([functionWith(ECHO)]);
    const arn = encodeURIComponent('arn:aws:lambda:us-east-1:000000000000:function:fixture');
    const url = `/2015-03-31/functions/${arn}/invocations?Qualifier=$LATEST`;
    expect(await call(pool.handle, 'POST', url)).toMatchObject({ status: 200, text: '{}' });
  });

  it('says in a header that the function failed', async () => {
    const { pool } = startPool([
      functionWith('export const handler = async () => { throw new Error("no") };'),
    ]);
    expect(await call(pool.handle, 'POST', INVOCATIONS, { body: '1' })).toMatchObject({
      status: 200,
      headers: { 'x-amz-function-error': 'Unhandled' },
      json: { errorType: 'Error', errorMessage: 'no' },
    });
  });

  it('accepts an asynchronous event at once and runs it up to three times', async () => {
    const source = `let calls = 0; export const handler = async () => {
      if (++calls < 3) throw new Error('not yet'); console.log('third time'); };`;
    const { pool, journal } = startPool([functionWith(source)], { timeScale: 0.0001 });
    const headers = { 'x-amz-invocation-type': 'Event' };
    expect(await call(pool.handle, 'POST', INVOCATIONS, { headers })).toMatchObject({
      status: 202,
      text: '',
    });
    await journal.waitFor(entry => entry.kind === 'log' && entry.line === 'third time', 'the third attempt');
  });

  it('drops an asynchronous event that failed three times', async () => {
    const { pool, journal } = startPool([functionWith('export const handler = async () => { throw 1 };')], {
      timeScale: 0.0001,
    });
    await call(pool.handle, 'POST', INVOCATIONS, { headers: { 'x-amz-invocation-type': 'Event' } });
    await journal.waitFor(
      entry => entry.kind === 'log' && entry.line === 'Asynchronous event dropped: all 3 attempts failed',
      'the event to be dropped',
    );
    expect(journal.entries.filter(entry => entry.kind === 'invocation')).toHaveLength(3);
  });

  interface RefusedRequest {
    readonly url?: string;
    readonly body?: string;
    readonly headers?: Record<string, string>;
  }

  it.each<[string, RefusedRequest, number, string]>([
    [
      'an unknown function',
      { url: '/2015-03-31/functions/nobody/invocations' },
      404,
      'ResourceNotFoundException',
    ],
    ['an unknown version', { url: `${INVOCATIONS}?Qualifier=7` }, 404, 'ResourceNotFoundException'],
    ['a payload that is not JSON', { body: '{' }, 400, 'InvalidRequestContentException'],
    ['more than 6 MB', { body: `"${'x'.repeat(6_291_456)}"` }, 413, 'RequestEntityTooLargeException'],
    [
      'more than 1 MB without waiting',
      { body: `"${'x'.repeat(1_048_576)}"`, headers: { 'x-amz-invocation-type': 'Event' } },
      413,
      'RequestEntityTooLargeException',
    ],
    [
      'an unknown invocation type',
      { headers: { 'x-amz-invocation-type': 'Later' } },
      400,
      'ValidationException',
    ],
    [
      'a dry run, which is not emulated',
      { headers: { 'x-amz-invocation-type': 'DryRun' } },
      501,
      'NotImplemented',
    ],
    ['a log tail, which is not emulated', { headers: { 'x-amz-log-type': 'Tail' } }, 501, 'NotImplemented'],
  ])('refuses %s', async (_, { url = INVOCATIONS, ...request }, status, code) => {
    const { pool } = startPool([functionWith(ECHO)]);
    const response = await call(pool.handle, 'POST', url, request);
    expect(response).toMatchObject({
      status,
      headers: { 'x-amzn-errortype': code },
      json: { Type: expect.any(String) },
    });
  });
});

describe('The Lambda API', () => {
  it('lists the functions', async () => {
    const { pool } = startPool([functionWith(ECHO, { environment: { A: 'b' } })]);
    const list = await call(pool.handle, 'GET', '/2015-03-31/functions/');
    expect(list.json).toMatchObject({
      Functions: [
        {
          FunctionName: 'fixture',
          Timeout: 20,
          MemorySize: 128,
          Environment: { Variables: { A: 'b' } },
        },
      ],
      NextMarker: null,
    });
  });

  it('tells the variables of one function, and that there is no other', async () => {
    const { pool } = startPool([functionWith(ECHO, { environment: { A: 'b' } })]);
    const tell = (name: string) => call(pool.handle, 'GET', `/2015-03-31/functions/${name}/configuration`);
    expect(await tell('fixture')).toMatchObject({
      status: 200,
      json: { FunctionName: 'fixture', Environment: { Variables: { A: 'b' } } },
    });
    expect(await tell('other')).toMatchObject({
      status: 404,
      headers: { 'x-amzn-errortype': 'ResourceNotFoundException' },
    });
  });

  it('refuses by name what is not emulated', async () => {
    const { pool } = startPool([functionWith(ECHO)]);
    expect(await call(pool.handle, 'PUT', '/2015-03-31/functions/fixture/code')).toMatchObject({
      status: 501,
      json: { message: 'PUT /2015-03-31/functions/fixture/code is not emulated by the local Lambda service' },
    });
  });
});

describe('GetAccountSettings', () => {
  it('tells the quotas of an account that is not new, and how many functions there are', async () => {
    const { pool } = startPool([functionWith(ECHO)]);
    expect(await call(pool.handle, 'GET', '/2016-08-19/account-settings')).toMatchObject({
      status: 200,
      json: {
        AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 1000 },
        AccountUsage: { FunctionCount: 1 },
      },
    });
  });
});
