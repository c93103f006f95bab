import { StartExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { describe, expect, it, vi } from 'vitest';
import { FUNCTION_ARN, MACHINE_ARN, startStepFunctions } from './local-step-functions.ts';

const oneState = (state: object) => ({ StartAt: 'Only', States: { Only: { End: true, ...state } } });
const invoking = { Type: 'Task', Resource: FUNCTION_ARN };
const answering = (value: unknown) => () => Promise.resolve({ payload: JSON.stringify(value) });

describe('Wait states', () => {
  it('last their time × the time scale, and pass on their input', async () => {
    const hour = oneState({ Type: 'Wait', Seconds: 3600, InputPath: '$.kept' });
    const { run } = await startStepFunctions({ definition: hour, timeScale: 1e-6 });
    const { output } = await run({ kept: { a: 1 } });
    expect(output).toBe('{"a":1}');
  });

  it('really wait: the next state is not entered before they end', async () => {
    const definition = {
      StartAt: 'Pause',
      States: { Pause: { Type: 'Wait', Seconds: 3600, Next: 'After' }, After: { Type: 'Succeed' } },
    };
    const { client, entered, ended, journal, service } = await startStepFunctions({
      definition,
      timeScale: 1,
    });
    const { executionArn } = await client.send(
      new StartExecutionCommand({ stateMachineArn: MACHINE_ARN, name: 'paused' }),
    );
    await entered('Pause');
    await client.send(new StopExecutionCommand({ executionArn }));
    await ended('paused');
    await service.stop();
    expect(journal.entries.filter(entry => entry.kind === 'execution' && entry.state === 'After')).toEqual(
      [],
    );
  });

  it('take their duration from SecondsPath', async () => {
    const { run } = await startStepFunctions({
      definition: oneState({ Type: 'Wait', SecondsPath: '$.seconds' }),
    });
    expect((await run({ seconds: 5 })).output).toBe('{"seconds":5}');
  });

  it('fail the execution when their path gives no number of seconds', async () => {
    const { run } = await startStepFunctions({
      definition: oneState({ Type: 'Wait', SecondsPath: '$.seconds' }),
    });
    expect(await run({ seconds: 'soon' })).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
  });
});

describe('Tasks', () => {
  it('invoke a function as the machine’s role', async () => {
    const invokeFunction = vi.fn(answering({ done: true }));
    const { run } = await startStepFunctions({ definition: oneState(invoking), invokeFunction });
    expect((await run({ a: 1 })).output).toBe('{"done":true}');
    expect(invokeFunction).toHaveBeenCalledWith(FUNCTION_ARN, '{"a":1}', 'RefreshRole');
  });

  it('invoke a function by its ARN with the input as payload and the payload as result', async () => {
    const { run } = await startStepFunctions({
      definition: oneState({ Type: 'Task', Resource: FUNCTION_ARN, ResultPath: '$.result' }),
      invokeFunction: answering(7),
    });
    expect((await run({ a: 1 })).output).toBe('{"a":1,"result":7}');
  });

  it('fail with the function’s errorType and its payload as cause', async () => {
    const payload = '{"errorType":"PlanError","errorMessage":"no"}';
    const { run } = await startStepFunctions({
      definition: oneState(invoking),
      invokeFunction: () => Promise.resolve({ payload, functionError: 'Unhandled' }),
    });
    expect(await run()).toMatchObject({ status: 'FAILED', error: 'PlanError', cause: payload });
  });

  it('are retried as often as Retry says, then caught with error and cause', async () => {
    const payload = '{"errorType":"Busy"}';
    const invokeFunction = vi.fn(() => Promise.resolve({ payload, functionError: 'Unhandled' }));
    const definition = {
      StartAt: 'Call',
      States: {
        Call: {
          ...invoking,
          Retry: [{ ErrorEquals: ['Busy'], IntervalSeconds: 600, MaxAttempts: 2, BackoffRate: 2 }],
          Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'Caught' }],
          End: true,
        },
        Caught: { Type: 'Succeed' },
      },
    };
    const { run } = await startStepFunctions({ definition, invokeFunction });
    const { output } = await run({ a: 1 });
    expect(JSON.parse(output ?? '')).toEqual({ a: 1, failure: { Error: 'Busy', Cause: payload } });
    expect(invokeFunction).toHaveBeenCalledTimes(3);
  });

  it('time out after their own TimeoutSeconds as States.Timeout, which States.TaskFailed does not catch', async () => {
    const definition = {
      StartAt: 'Call',
      States: {
        Call: {
          ...invoking,
          TimeoutSeconds: 1,
          Catch: [
            { ErrorEquals: ['States.TaskFailed'], Next: 'Wrong' },
            { ErrorEquals: ['States.Timeout'], Next: 'Right' },
          ],
          End: true,
        },
        Wrong: { Type: 'Fail', Error: 'Wrong' },
        Right: { Type: 'Pass', Result: 'timed out', End: true },
      },
    };
    const { run } = await startStepFunctions({
      definition,
      invokeFunction: () => new Promise(() => undefined),
    });
    expect((await run()).output).toBe('"timed out"');
  });
});

describe('The limit of 256 KiB', () => {
  const definition = {
    StartAt: 'Call',
    States: {
      Call: { ...invoking, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }], End: true },
      Caught: { Type: 'Succeed' },
    },
  };

  it('on a raw result ends the execution, whatever is caught', async () => {
    const { run } = await startStepFunctions({ definition, invokeFunction: answering('x'.repeat(262_144)) });
    expect(await run()).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  });

  it('lets 262,144 bytes through', async () => {
    const { run } = await startStepFunctions({
      definition: oneState(invoking),
      invokeFunction: answering('x'.repeat(262_142)),
    });
    expect(await run()).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('on a state’s output stops before the next task acts', async () => {
    const invokeFunction = vi.fn(answering(1));
    const { run } = await startStepFunctions({
      invokeFunction,
      definition: {
        StartAt: 'Double',
        States: {
          Double: { Type: 'Pass', Parameters: { 'a.$': '$', 'b.$': '$' }, Next: 'Call' },
          Call: { ...invoking, Parameters: { 'a.$': '$.none' }, End: true },
        },
      },
    });
    expect(await run('x'.repeat(140_000))).toMatchObject({ error: 'States.DataLimitExceeded' });
    expect(invokeFunction).not.toHaveBeenCalled();
  });
});

describe('A change of status is an event', () => {
  const STATUS_CHANGE = {
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    resources: [`${MACHINE_ARN.replace(':stateMachine:', ':execution:')}:run-1`],
  };

  it('if an execution succeeds', async () => {
    const { run, published } = await startStepFunctions({ definition: oneState({ Type: 'Pass' }) });
    await run({ a: 1 });
    expect(published).toMatchObject([
      { ...STATUS_CHANGE, detail: { name: 'run-1', status: 'RUNNING', input: '{"a":1}', stopDate: null } },
      { ...STATUS_CHANGE, detail: { name: 'run-1', status: 'SUCCEEDED', output: '{"a":1}' } },
    ]);
  });

  it('if an execution is stopped, once', async () => {
    const { client, entered, ended, published } = await startStepFunctions({
      definition: oneState({ Type: 'Wait', Seconds: 3600 }),
      timeScale: 1,
    });
    const { executionArn } = await client.send(
      new StartExecutionCommand({ stateMachineArn: MACHINE_ARN, name: 'run-1' }),
    );
    await entered('Only');
    await client.send(new StopExecutionCommand({ executionArn, error: 'Mistake', cause: 'A test' }));
    await client.send(new StopExecutionCommand({ executionArn }));
    await ended('run-1');
    expect(published.slice(1)).toMatchObject([
      { ...STATUS_CHANGE, detail: { status: 'ABORTED', error: 'Mistake', cause: 'A test' } },
    ]);
  });
});
