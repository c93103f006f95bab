import {
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  type GetExecutionHistoryCommandInput,
  ListActivitiesCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import { FUNCTION_ARN, MACHINE_ARN, type Setup, startStepFunctions } from './local-step-functions.ts';

async function start(setup: Setup) {
  const running = await startStepFunctions(setup);
  const history = async (options: Partial<GetExecutionHistoryCommandInput> = {}, name = 'run-1') => {
    const executionArn = `arn:aws:states:us-east-1:000000000000:execution:refresh:${name}`;
    const { events = [], nextToken } = await running.client.send(
      new GetExecutionHistoryCommand({ executionArn, ...options }),
    );
    return { events, types: events.map(({ type }) => type), nextToken };
  };
  const startExecution = (name: string | undefined, input?: string) =>
    running.client.send(new StartExecutionCommand({ stateMachineArn: MACHINE_ARN, name, input }));
  return { ...running, history, startExecution };
}

const waiting = { StartAt: 'Pause', States: { Pause: { Type: 'Wait', Seconds: 3600, End: true } } };
const passing = { StartAt: 'Pass', States: { Pass: { Type: 'Pass', End: true } } };

describe('StartExecution', () => {
  it('answers the running execution for the same name and byte-identical input', async () => {
    const { startExecution } = await start({ definition: waiting, timeScale: 1 });
    const first = await startExecution('r1', '{"a":1}');
    const second = await startExecution('r1', '{"a":1}');
    expect(second.executionArn).toBe('arn:aws:states:us-east-1:000000000000:execution:refresh:r1');
    expect(second.startDate).toEqual(first.startDate);
  });

  it('refuses the name of a running execution with another input', async () => {
    const { startExecution } = await start({ definition: waiting, timeScale: 1 });
    await startExecution('r1', '{"a":1}');
    await expect(startExecution('r1', '{"a": 1}')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
  });

  it('refuses the name of a closed execution, even with the same input', async () => {
    const { startExecution, run } = await start({ definition: passing });
    await run({ a: 1 }, 'r1');
    await expect(startExecution('r1', '{"a":1}')).rejects.toMatchObject({
      name: 'ExecutionAlreadyExists',
      $metadata: { httpStatusCode: 400 },
    });
  });

  it.each([
    ['a name with a slash', { name: 'a/b' }, 'InvalidName'],
    ['a name of 81 characters', { name: 'x'.repeat(81) }, 'InvalidName'],
    ['input that is not JSON', { input: '{' }, 'InvalidExecutionInput'],
    ['input over 262,144 bytes', { input: `"${'ä'.repeat(131_072)}"` }, 'ValidationException'],
    ['an unknown machine', { stateMachineArn: `${MACHINE_ARN}-2` }, 'StateMachineDoesNotExist'],
    ['no ARN at all', { stateMachineArn: 'refresh' }, 'InvalidArn'],
  ])('refuses %s', async (_, input, name) => {
    const { client } = await start({ definition: passing });
    const command = new StartExecutionCommand({ stateMachineArn: MACHINE_ARN, ...input });
    await expect(client.send(command)).rejects.toMatchObject({ name });
  });

  it('makes up a name when none is given', async () => {
    const { startExecution } = await start({ definition: passing });
    expect((await startExecution(undefined)).executionArn).toMatch(/:refresh:[0-9a-f-]{36}$/);
  });
});

describe('The other actions', () => {
  it('StopExecution ends a run as ABORTED, with its error and cause', async () => {
    const { client, startExecution, ended, history } = await start({ definition: waiting, timeScale: 1 });
    const { executionArn } = await startExecution('r1');
    await client.send(new StopExecutionCommand({ executionArn, error: 'Operator', cause: 'enough' }));
    expect(await ended('r1')).toMatchObject({ status: 'ABORTED', error: 'Operator', cause: 'enough' });
    expect((await history({}, 'r1')).types).toContain('ExecutionAborted');
  });

  it('ListExecutions gives the newest first, by status, in pages', async () => {
    const { client, run } = await start({ definition: passing });
    for (const name of ['a', 'b', 'c']) await run({}, name);
    const list = (nextToken?: string) =>
      client.send(
        new ListExecutionsCommand({
          stateMachineArn: MACHINE_ARN,
          statusFilter: 'SUCCEEDED',
          maxResults: 2,
          nextToken,
        }),
      );
    const first = await list();
    await run({}, 'd');
    const second = await list(first.nextToken);
    const names = [...(first.executions ?? []), ...(second.executions ?? [])].map(({ name }) => name);
    expect({ names, nextToken: second.nextToken }).toEqual({ names: ['c', 'b', 'a'], nextToken: undefined });
    await expect(list('nonsense')).rejects.toMatchObject({ name: 'InvalidToken' });
  });

  it('ListStateMachines and DescribeStateMachine tell the machine as it was given', async () => {
    const { client } = await start({ definition: passing });
    const { stateMachines } = await client.send(new ListStateMachinesCommand({}));
    expect(stateMachines).toMatchObject([
      { stateMachineArn: MACHINE_ARN, name: 'refresh', type: 'STANDARD' },
    ]);
    const { definition } = await client.send(
      new DescribeStateMachineCommand({ stateMachineArn: MACHINE_ARN }),
    );
    expect(JSON.parse(definition ?? '')).toEqual(passing);
  });

  it('an action that is not emulated is refused by name', async () => {
    const { client } = await start({ definition: passing });
    await expect(client.send(new ListActivitiesCommand({}))).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: expect.stringContaining('ListActivities'),
    });
  });
});

describe('GetExecutionHistory', () => {
  const task = {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Parameters: { FunctionName: FUNCTION_ARN, 'Payload.$': '$' },
  };
  const answering = (value: unknown) => () => Promise.resolve({ payload: JSON.stringify(value) });

  it('counts nine events for one round of a poll loop, as AWS does', async () => {
    const definition = {
      StartAt: 'Pause',
      States: {
        Pause: { Type: 'Wait', Seconds: 5, Next: 'Look' },
        Look: { ...task, Next: 'Done?' },
        'Done?': {
          Type: 'Choice',
          Choices: [{ Variable: '$.Payload', IsNull: true, Next: 'Done' }],
          Default: 'Done',
        },
        Done: { Type: 'Succeed' },
      },
    };
    const { run, history } = await start({ definition, invokeFunction: answering(1) });
    await run({ a: 1 });
    const { events, types } = await history();
    expect(types).toEqual([
      'ExecutionStarted',
      'WaitStateEntered',
      'WaitStateExited',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSucceeded',
      'TaskStateExited',
      'ChoiceStateEntered',
      'ChoiceStateExited',
      'SucceedStateEntered',
      'SucceedStateExited',
      'ExecutionSucceeded',
    ]);
    expect(events[4]).toMatchObject({
      id: 5,
      previousEventId: 4,
      timestamp: expect.any(Date),
      taskScheduledEventDetails: { resourceType: 'lambda', resource: 'invoke', region: 'us-east-1' },
    });
    expect(events[3]?.stateEnteredEventDetails).toMatchObject({ name: 'Look', input: '{"a":1}' });
  });

  it('shows each attempt of a failing task', async () => {
    const definition = {
      StartAt: 'Call',
      States: {
        Call: {
          Type: 'Task',
          Resource: FUNCTION_ARN,
          Retry: [{ ErrorEquals: ['Busy'], MaxAttempts: 1 }],
          End: true,
        },
      },
    };
    const invokeFunction = () =>
      Promise.resolve({ payload: '{"errorType":"Busy"}', functionError: 'Unhandled' });
    const { run, history } = await start({ definition, invokeFunction });
    await run();
    const { types, events } = await history();
    const attempt = ['LambdaFunctionScheduled', 'LambdaFunctionStarted', 'LambdaFunctionFailed'];
    expect(types).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      ...attempt,
      ...attempt,
      'ExecutionFailed',
    ]);
    expect(events.at(-1)?.executionFailedEventDetails).toEqual({
      error: 'Busy',
      cause: '{"errorType":"Busy"}',
    });
  });

  it('tells the iterations and branches of Map and Parallel states', async () => {
    const inner = (name: string) => ({ StartAt: name, States: { [name]: { Type: 'Pass', End: true } } });
    const definition = {
      StartAt: 'Each',
      States: {
        Each: { Type: 'Map', ItemProcessor: inner('Item'), Next: 'Both' },
        Both: { Type: 'Parallel', Branches: [inner('Left')], End: true },
      },
    };
    const { run, history } = await start({ definition });
    expect((await run([1])).output).toBe('[[1]]');
    expect((await history()).types).toEqual([
      'ExecutionStarted',
      'MapStateEntered',
      'MapStateStarted',
      'MapIterationStarted',
      'PassStateEntered',
      'PassStateExited',
      'MapIterationSucceeded',
      'MapStateSucceeded',
      'MapStateExited',
      'ParallelStateEntered',
      'ParallelStateStarted',
      'PassStateEntered',
      'PassStateExited',
      'ParallelStateSucceeded',
      'ParallelStateExited',
      'ExecutionSucceeded',
    ]);
  });

  it('is given in pages, in reverse and without data as asked', async () => {
    const { run, history } = await start({ definition: passing });
    await run({ secret: 1 });
    const first = await history({ reverseOrder: true, maxResults: 3, includeExecutionData: false });
    const second = await history({ reverseOrder: true, nextToken: first.nextToken });
    expect([...first.types, ...second.types]).toEqual([
      'ExecutionSucceeded',
      'PassStateExited',
      'PassStateEntered',
      'ExecutionStarted',
    ]);
    expect(JSON.stringify(first.events)).not.toContain('secret');
    expect(JSON.stringify(second.events)).toContain('secret');
  });

  it('fails an execution that reaches 25,000 events', async () => {
    const definition = {
      StartAt: 'Round',
      States: {
        Round: { Type: 'Pass', Next: 'Again' },
        Again: { Type: 'Choice', Choices: [{ Variable: '$', IsNull: true, Next: 'End' }], Default: 'Round' },
        End: { Type: 'Succeed' },
      },
    };
    const { run, history } = await start({ definition });
    expect(await run()).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
    const { events } = await history({ reverseOrder: true, maxResults: 1 });
    expect(events).toMatchObject([{ id: 25_000, type: 'ExecutionFailed' }]);
  });
});
