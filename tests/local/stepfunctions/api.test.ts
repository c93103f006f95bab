import {
  ListActivitiesCommand,
  ListExecutionsCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import { MACHINE_ARN, type Setup, startStepFunctions } from './local-step-functions.ts';

async function start(setup: Setup) {
  const running = await startStepFunctions(setup);
  const startExecution = (name: string | undefined, input?: string) =>
    running.client.send(new StartExecutionCommand({ stateMachineArn: MACHINE_ARN, name, input }));
  return { ...running, startExecution };
}

const waiting = { StartAt: 'Pause', States: { Pause: { Type: 'Wait', Seconds: 3600, End: true } } };
const passing = { StartAt: 'Pass', States: { Pass: { Type: 'Pass', End: true } } };

describe('StartExecution', () => {
  it('returns the running execution for the same name and byte-identical input', async () => {
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

  it('generates a name if none is given', async () => {
    const { startExecution } = await start({ definition: passing });
    expect((await startExecution(undefined)).executionArn).toMatch(/:refresh:[0-9a-f-]{36}$/);
  });
});

describe('Step Functions', () => {
  it('ends a run as ABORTED with error and cause (StopExecution)', async () => {
    const { client, startExecution, ended } = await start({ definition: waiting, timeScale: 1 });
    const { executionArn } = await startExecution('r1');
    await client.send(new StopExecutionCommand({ executionArn, error: 'Operator', cause: 'enough' }));
    expect(await ended('r1')).toMatchObject({ status: 'ABORTED', error: 'Operator', cause: 'enough' });
  });

  it('lists executions newest first, by status, in pages', async () => {
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

  it('refuses by name an action that is not emulated', async () => {
    const { client } = await start({ definition: passing });
    await expect(client.send(new ListActivitiesCommand({}))).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: expect.stringContaining('ListActivities'),
    });
  });
});
