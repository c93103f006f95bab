import { describe, expect, it } from 'vitest';
import type { InvocationResult } from '../../../infra/local/services/lambda/function-definition.ts';
import { functionWith, startPool } from './fixture-functions.ts';

const answer = async (result: Promise<InvocationResult>) => JSON.parse((await result).payload);

describe('A failing function', () => {
  const fails = async (source: string, overrides: Parameters<typeof functionWith>[1] = {}) => {
    const { pool } = startPool([functionWith(source, overrides)]);
    const result = await pool.invoke('fixture', '{}');
    expect(result.functionError).toBe('Unhandled');
    return JSON.parse(result.payload);
  };

  it('returns name, message and trace of the error, and stays warm', async () => {
    const source = `let calls = 0; export const handler = async () => {
      if (++calls === 1) throw Object.assign(new Error('quota spent'), { name: 'TooManyInvalidations' });
      return calls; };`;
    const { pool } = startPool([functionWith(source)]);
    expect(await answer(pool.invoke('fixture', '{}'))).toEqual({
      errorType: 'TooManyInvalidations',
      errorMessage: 'quota spent',
      trace: expect.arrayContaining([expect.stringContaining('index.mjs')]),
    });
    expect(await answer(pool.invoke('fixture', '{}'))).toBe(2);
  });

  it.each([
    ['no error object', `throw 'only text'`, { errorType: 'string', errorMessage: 'only text', trace: [] }],
    [
      'an answer that is not JSON',
      'return 1n',
      { errorType: 'Error', errorMessage: 'Unable to stringify response body' },
    ],
    [
      'an answer above 6 MB',
      `return 'x'.repeat(6291556)`,
      {
        errorType: 'Function.ResponseSizeTooLarge',
        errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
      },
    ],
    [
      'a rejection nobody handles',
      `Promise.reject(new Error('lost')); await new Promise(() => undefined)`,
      { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'Error: lost' },
    ],
    [
      'an exception outside the handler',
      `setImmediate(() => { throw new TypeError('late') }); await new Promise(() => undefined)`,
      { errorType: 'TypeError', errorMessage: 'late' },
    ],
    [
      'leaving with a status',
      'process.exit(3)',
      {
        errorType: 'Runtime.ExitError',
        errorMessage: expect.stringMatching(
          /^RequestId: \S+ Error: Runtime exited with error: exit status 3$/,
        ),
      },
    ],
    [
      'being killed',
      `process.kill(process.pid, 'SIGKILL'); await new Promise(() => undefined)`,
      {
        errorType: 'Runtime.ExitError',
        errorMessage: expect.stringMatching(
          /^RequestId: \S+ Error: Runtime exited with error: signal: killed$/,
        ),
      },
    ],
  ])('is reported for %s', async (_, body, expected) => {
    expect(await fails(`export const handler = async () => { ${body} };`)).toMatchObject(expected);
  });

  it.each([
    [
      'a missing module',
      '',
      { fileName: 'other.mjs' },
      'Runtime.ImportModuleError',
      "Error: Cannot find module 'index'",
    ],
    [
      'a missing export',
      'export const other = 1',
      {},
      'Runtime.HandlerNotFound',
      'index.handler is undefined or not exported',
    ],
    [
      'an export that is no function',
      'export const handler = 1',
      {},
      'Runtime.HandlerNotFound',
      'index.handler is not a function',
    ],
    ['a name that is no handler', '', { handler: 'index' }, 'Runtime.MalformedHandlerName', 'Bad handler'],
    [
      'broken syntax',
      'export const handler = ;',
      {},
      'Runtime.UserCodeSyntaxError',
      "SyntaxError: Unexpected token ';'",
    ],
    ['an exception while loading', `throw new RangeError('no setting')`, {}, 'RangeError', 'no setting'],
    [
      'a callback-style handler',
      'export const handler = (event, context, callback) => callback(null, 1)',
      {},
      'Runtime.CallbackHandlerDeprecated',
      expect.stringContaining('Node.js 24'),
    ],
  ])('cannot start with %s', async (_, source, overrides, errorType, errorMessage) => {
    expect(await fails(source, overrides)).toMatchObject({ errorType, errorMessage });
  });

  it('loads CommonJS as well', async () => {
    const definition = functionWith('exports.handler = async () => 5;', { fileName: 'index.cjs' });
    expect(await answer(startPool([definition]).pool.invoke('fixture', '{}'))).toBe(5);
  });

  it('is killed at its time-out, even in an endless loop, and the next call gets a new process', async () => {
    const source = `let calls = 0; export const handler = async ({ hang }) => { calls++; while (hang); return calls; };`;
    const { pool, journal } = startPool([functionWith(source, { timeoutSeconds: 1 })]);
    expect(await answer(pool.invoke('fixture', '{}'))).toBe(1);
    const { payload, requestId, functionError } = await pool.invoke('fixture', '{"hang":true}');
    expect(functionError).toBe('Unhandled');
    expect(JSON.parse(payload)).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: `RequestId: ${requestId} Error: Task timed out after 1.00 seconds`,
    });
    expect(journal.entries.at(-1)).toMatchObject({ kind: 'invocation', outcome: 'timeout' });
    expect(await answer(pool.invoke('fixture', '{}'))).toBe(1);
  });
});
