import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeExecutionCommand, ListExecutionsCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DurableStore, openDurableStore } from '../../../infra/local/kernel/durable-map.ts';
import { FUNCTION_ARN, MACHINE_ARN, type Setup, startStepFunctions } from './local-step-functions.ts';

const EXECUTION_ARN = 'arn:aws:states:us-east-1:000000000000:execution:refresh:r1';
const definition = {
  StartAt: 'Prepare',
  States: {
    Prepare: { Type: 'Pass', Result: 'ready', ResultPath: '$.prepared', Next: 'Call' },
    Call: { Type: 'Task', Resource: FUNCTION_ARN, ResultPath: '$.result', Next: 'Finish' },
    Finish: { Type: 'Pass', Parameters: { 'now.$': '$' }, End: true },
  },
};

let folder: string;
const stores: DurableStore[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'step-functions-'));
});
afterEach(() => {
  for (const store of stores.splice(0)) store.close();
  rmSync(folder, { recursive: true });
});

/** Everything of one process: what it opens on the file is closed when it ends. */
async function process(setup: Omit<Setup, 'definition' | 'store'> & { definition?: object }) {
  const store = openDurableStore(join(folder, 'state.db'));
  const running = await startStepFunctions({ definition, store, ...setup });
  return {
    ...running,
    async end() {
      await running.close();
      store.close();
    },
  };
}
const start = (running: Awaited<ReturnType<typeof process>>, name = 'r1', input = '{"a":1}') =>
  running.client.send(new StartExecutionCommand({ stateMachineArn: MACHINE_ARN, name, input }));
const describeExecution = (running: Awaited<ReturnType<typeof process>>) =>
  running.client.send(new DescribeExecutionCommand({ executionArn: EXECUTION_ARN }));

describe('An execution that was running when the process ended', () => {
  it('continues at the state in progress, with its input', async () => {
    const called = Promise.withResolvers<string>();
    const before = await process({
      invokeFunction: (_, payload) => {
        called.resolve(payload);
        return new Promise(() => undefined);
      },
    });
    await start(before);
    expect(await called.promise).toBe('{"a":1,"prepared":"ready"}');
    await before.end();

    const payloads: string[] = [];
    const after = await process({
      invokeFunction: (_, payload) => {
        payloads.push(payload);
        return Promise.resolve({ payload: '"done"' });
      },
    });
    expect(await describeExecution(after)).toMatchObject({ status: 'RUNNING' });
    after.service.resume();
    await after.ended('r1');
    const { status, output } = await describeExecution(after);
    expect(status).toBe('SUCCEEDED');
    expect(JSON.parse(output ?? '')).toEqual({
      now: { a: 1, prepared: 'ready', result: 'done' },
    });
    expect(payloads).toEqual(['{"a":1,"prepared":"ready"}']);
    await after.end();
  });

  it('is aborted when its state no longer exists', async () => {
    const before = await process({ invokeFunction: () => new Promise(() => undefined) });
    await start(before);
    await before.entered('Call');
    await before.end();

    const after = await process({
      definition: { StartAt: 'Other', States: { Other: { Type: 'Succeed' } } },
    });
    after.service.resume();
    expect(await describeExecution(after)).toMatchObject({ status: 'ABORTED' });
    await after.end();
  });

  it('has only the rest of its TimeoutSeconds', async () => {
    const timed = { ...definition, TimeoutSeconds: 3600 };
    const never = () => new Promise<never>(() => undefined);
    const before = await process({ definition: timed, invokeFunction: never, now: () => 0 });
    await start(before);
    await before.entered('Call');
    await before.end();

    const after = await process({ definition: timed, invokeFunction: never, now: () => 3_600_000 });
    after.service.resume();
    expect(await after.ended('r1')).toMatchObject({ status: 'TIMED_OUT' });
    await after.end();
  });
});

describe('Closed executions', () => {
  it('are still known after a restart, and their names taken', async () => {
    const before = await process({ invokeFunction: () => Promise.resolve({ payload: '1' }) });
    await before.run({ a: 1 }, 'r1');
    await before.end();

    const after = await process({});
    after.service.resume();
    expect(await describeExecution(after)).toMatchObject({ status: 'SUCCEEDED', input: '{"a":1}' });
    await expect(start(after)).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    await after.end();
  });

  it('are forgotten, oldest first, beyond the 300 that are kept', async () => {
    const passing = { StartAt: 'Pass', States: { Pass: { Type: 'Pass', End: true } } };
    const store = openDurableStore();
    stores.push(store);
    const running = await startStepFunctions({ definition: passing, store });
    for (let count = 0; count <= 300; count += 1) {
      const name = `run-${count}`;
      await running.client.send(new StartExecutionCommand({ stateMachineArn: MACHINE_ARN, name }));
      await running.ended(name);
    }
    const { executions = [] } = await running.client.send(
      new ListExecutionsCommand({ stateMachineArn: MACHINE_ARN, maxResults: 1000 }),
    );
    expect(executions.map(({ name }) => name)).not.toContain('run-0');
    expect(executions).toHaveLength(300);
    expect(store.map('step-functions-executions').values()).toHaveLength(300);
    await running.close();
  });
});
