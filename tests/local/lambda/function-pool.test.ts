import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { InvocationResult } from '../../../infra/local/services/lambda/function-definition.ts';
import { closed, functionWith, HOLD_LIFELINE, openLifeline, startPool } from './fixture-functions.ts';

const answer = async (result: Promise<InvocationResult>) => JSON.parse((await result).payload);

/** Answers its process and how often it ran there. */
const COUNTING = 'let calls = 0; export const handler = async () => ({ pid: process.pid, calls: ++calls });';

describe('An invocation', () => {
  it('passes event and answer as JSON', async () => {
    const { pool } = startPool([
      functionWith('export const handler = async event => ({ got: event.name });'),
    ]);
    const result = await pool.invoke('fixture', '{"name":"Pham Thị E"}');
    expect(result).toEqual({
      payload: '{"got":"Pham Thị E"}',
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it('returns null for a handler that returns nothing', async () => {
    const { pool } = startPool([functionWith('export const handler = () => undefined;')]);
    expect((await pool.invoke('fixture', '{}')).payload).toBe('null');
  });

  it('finds the function by its ARN too', async () => {
    const { pool } = startPool([functionWith(COUNTING)]);
    const arn = 'arn:aws:lambda:us-east-1:000000000000:function:fixture:$LATEST';
    expect(await answer(pool.invoke(arn, '{}'))).toMatchObject({ calls: 1 });
  });

  it('refuses a function that does not exist', async () => {
    const { pool } = startPool([]);
    await expect(pool.invoke('nobody', '{}')).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
      status: 404,
      message: 'Function not found: arn:aws:lambda:us-east-1:000000000000:function:nobody',
    });
  });

  it('gives the handler the context that AWS gives', async () => {
    const source = `export const handler = async (event, context) => ({
      ...context, remaining: context.getRemainingTimeInMillis() <= 20000 && context.getRemainingTimeInMillis() > 0 });`;
    const { pool } = startPool([functionWith(source)]);
    const { payload, requestId } = await pool.invoke('fixture', '{}');
    expect(JSON.parse(payload)).toEqual({
      awsRequestId: requestId,
      functionName: 'fixture',
      functionVersion: '$LATEST',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:fixture',
      memoryLimitInMB: '128',
      logGroupName: '/aws/lambda/fixture',
      logStreamName: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
      remaining: true,
    });
  });

  it('writes every line of output and its own outcome into the journal', async () => {
    const source =
      'export const handler = async () => { console.log("one\\ntwo"); process.stderr.write("three"); process.exit(0) };';
    const { pool, journal } = startPool([functionWith(source)]);
    const { requestId } = await pool.invoke('fixture', '{}');
    const lines = journal.entries.flatMap(entry => (entry.kind === 'log' ? [entry.line] : []));
    expect(lines).toEqual(['one', 'two', 'three']);
    expect(journal.entries.at(-1)).toMatchObject({ kind: 'invocation', requestId, outcome: 'error' });
  });
});

describe('The environment of a function', () => {
  it('holds its own variables and AWS’s, none of the machine’s', async () => {
    const definition = functionWith('export const handler = async () => process.env;', {
      environment: { TABLE_NAME: 'students' },
    });
    const { pool } = startPool([definition]);
    expect(await answer(pool.invoke('fixture', '{}'))).toEqual({
      TABLE_NAME: 'students',
      TZ: 'UTC',
      PATH: expect.any(String),
      _HANDLER: 'index.handler',
      AWS_ACCESS_KEY_ID: 'FixtureRole',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_LAMBDA_FUNCTION_NAME: 'fixture',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/fixture',
      AWS_LAMBDA_LOG_STREAM_NAME: expect.any(String),
      LAMBDA_TASK_ROOT: definition.codeDirectory,
    });
  });

  it('may not set a variable that AWS reserves', () => {
    const definition = functionWith(COUNTING, { environment: { AWS_REGION: 'eu-west-1' } });
    expect(() => startPool([definition])).toThrow('Reserved keys used in this request: AWS_REGION');
  });

  it('limits the heap to the function’s memory', async () => {
    const source = `import { getHeapStatistics } from 'node:v8';
      export const handler = async () => getHeapStatistics().heap_size_limit / 1024 / 1024;`;
    const { pool } = startPool([
      functionWith(source, { name: 'small', memoryMb: 128 }),
      functionWith(source, { name: 'large', memoryMb: 512 }),
    ]);
    // Node adds the same young generation to both.
    const [small, large] = [
      await answer(pool.invoke('small', '{}')),
      await answer(pool.invoke('large', '{}')),
    ];
    expect(large - small).toBe(512 - 128);
  });
});

describe('Function processes', () => {
  it('are reused while warm', async () => {
    const { pool } = startPool([functionWith(COUNTING)]);
    const first = await answer(pool.invoke('fixture', '{}'));
    const second = await answer(pool.invoke('fixture', '{}'));
    expect(second).toEqual({ pid: first.pid, calls: 2 });
  });

  it('run one invocation at a time', async () => {
    const { pool } = startPool([functionWith(COUNTING)]);
    const [one, two] = await Promise.all([
      answer(pool.invoke('fixture', '{}')),
      answer(pool.invoke('fixture', '{}')),
    ]);
    expect(one.pid).not.toBe(two.pid);
    expect([one.calls, two.calls]).toEqual([1, 1]);
  });

  it('let invocations wait while all are busy', async () => {
    const { pool } = startPool([functionWith(COUNTING)], { maximumConcurrency: 1 });
    const answers = await Promise.all([1, 2, 3].map(() => answer(pool.invoke('fixture', '{}'))));
    expect(answers.map(({ calls }) => calls)).toEqual([1, 2, 3]);
  });

  it('make room for another function when the machine is full', async () => {
    const lifeline = await openLifeline();
    const idle = functionWith(`${HOLD_LIFELINE} ${COUNTING}`, {
      name: 'idle',
      environment: lifeline.environment,
    });
    const { pool } = startPool([idle, functionWith(COUNTING)], { maximumConcurrency: 1 });
    await pool.invoke('idle', '{}');
    expect(await answer(pool.invoke('fixture', '{}'))).toMatchObject({ calls: 1 });
    await closed(await lifeline.taken());
  });

  it('end after being idle for long', async () => {
    const lifeline = await openLifeline();
    const definition = functionWith(`${HOLD_LIFELINE} ${COUNTING}`, { environment: lifeline.environment });
    const { pool } = startPool([definition], { idleSeconds: 0 });
    await pool.invoke('fixture', '{}');
    await closed(await lifeline.taken());
    expect(await answer(pool.invoke('fixture', '{}'))).toMatchObject({ calls: 1 });
  });

  it('do not outlive the program that started them', async () => {
    const lifeline = await openLifeline();
    const definition = functionWith(
      `${HOLD_LIFELINE} export const handler = () => new Promise(() => undefined);`,
      {
        environment: lifeline.environment,
      },
    );
    const poolModule = new URL('../../../infra/local/services/lambda/function-pool.ts', import.meta.url).href;
    const program = join(definition.codeDirectory, 'program.mjs');
    writeFileSync(
      program,
      `import { createFunctionPool } from ${JSON.stringify(poolModule)};
       const pool = createFunctionPool({ functions: [${JSON.stringify(definition)}],
         endpoint: 'http://127.0.0.1:1', journal: { record() {} } });
       await pool.invoke('fixture', '{}');`,
    );
    const parent = fork(program, { execArgv: [] });
    const held = await lifeline.taken();
    parent.kill('SIGKILL');
    await Promise.all([once(parent, 'exit'), closed(held)]);
  });
});

describe('Stopping the pool', () => {
  it('kills what runs, fails what waits, and refuses what comes later', async () => {
    const lifeline = await openLifeline();
    const source = `${HOLD_LIFELINE} export const handler = () => new Promise(() => undefined);`;
    const definition = functionWith(source, { environment: lifeline.environment });
    const { pool } = startPool([definition], { maximumConcurrency: 1 });
    const outstanding = Promise.allSettled([pool.invoke('fixture', '{}'), pool.invoke('fixture', '{}')]);
    const running = await lifeline.taken();

    await pool.stop();
    await closed(running);
    const refused = { status: 'rejected', reason: { code: 'ServiceException' } };
    expect(await outstanding).toMatchObject([refused, refused]);
    await expect(pool.invoke('fixture', '{}')).rejects.toMatchObject({ code: 'ServiceException' });
  });
});
