import { describe, expect, it } from 'vitest';
import { FUNCTION_ARN, startStepFunctions } from './local-step-functions.ts';

const oneState = (state: object) => ({ StartAt: 'Only', States: { Only: { End: true, ...state } } });

describe('A state machine', () => {
  it('polls in a loop with growing pauses from an array', async () => {
    let polls = 0;
    const { run } = await startStepFunctions({
      invokeFunction: () => {
        polls += 1;
        return Promise.resolve({ payload: JSON.stringify(polls < 4 ? 'InProgress' : 'Completed') });
      },
      definition: {
        StartAt: 'Begin',
        States: {
          Begin: {
            Type: 'Pass',
            Result: { count: 0, pauses: [5, 10, 20] },
            ResultPath: '$.poll',
            Next: 'Pause',
          },
          Pause: { Type: 'Wait', SecondsPath: '$.poll.pauses[0]', Next: 'Look' },
          Look: {
            Type: 'Task',
            Resource: FUNCTION_ARN,
            ResultSelector: { 'status.$': '$' },
            ResultPath: '$.look',
            Next: 'Count',
          },
          Count: {
            Type: 'Pass',
            Parameters: {
              'count.$': 'States.MathAdd($.poll.count, 1)',
              'pauses.$':
                'States.Array(States.ArrayGetItem($.poll.pauses, 1), States.ArrayGetItem($.poll.pauses, 2), 40)',
            },
            ResultPath: '$.poll',
            Next: 'Done?',
          },
          'Done?': {
            Type: 'Choice',
            Choices: [
              { Variable: '$.look.status', StringEquals: 'Completed', Next: 'Done' },
              { Variable: '$.poll.count', NumericGreaterThanEquals: 30, Next: 'Never' },
            ],
            Default: 'Pause',
          },
          Done: { Type: 'Pass', OutputPath: '$.poll', End: true },
          Never: { Type: 'Fail', Error: 'NeverCompleted' },
        },
      },
    });
    expect(JSON.parse((await run()).output ?? '')).toEqual({ count: 4, pauses: [40, 40, 40] });
  });

  it.each([
    ['IsPresent false on a missing field', { Variable: '$.none', IsPresent: false }, true],
    ['IsPresent false on a present field', { Variable: '$.text', IsPresent: false }, false],
    ['IsNull false on a value', { Variable: '$.text', IsNull: false }, true],
    ['a number compared with text', { Variable: '$.text', NumericLessThan: 10 }, false],
    ['StringMatches with a literal question mark', { Variable: '$.text', StringMatches: '?' }, false],
    ['StringMatches with an asterisk', { Variable: '$.word', StringMatches: 'he*o' }, true],
    ['And, Or, Not', { And: [{ Not: { Variable: '$.text', IsNull: true } }] }, true],
  ])('chooses by %s', async (_, rule, expected) => {
    const definition = {
      StartAt: 'Choose',
      States: {
        Choose: { Type: 'Choice', Choices: [{ ...rule, Next: 'Yes' }], Default: 'No' },
        Yes: { Type: 'Pass', Result: true, End: true },
        No: { Type: 'Pass', Result: false, End: true },
      },
    };
    const { run } = await startStepFunctions({ definition });
    expect((await run({ text: '5', word: 'hello' })).output).toBe(String(expected));
  });

  it('replaces the input where ResultPath is $', async () => {
    const { run } = await startStepFunctions({
      definition: oneState({ Type: 'Pass', Result: 0, ResultPath: '$' }),
    });
    expect((await run({ a: 1 })).output).toBe('0');
  });

  it('fails with the Error and Cause that a Fail state computes', async () => {
    const definition = {
      StartAt: 'Only',
      States: { Only: { Type: 'Fail', Error: 'Stale', CausePath: "States.Format('{} of {}', $.a, $.b)" } },
    };
    const { run } = await startStepFunctions({ definition });
    expect(await run({ a: 1, b: 2 })).toMatchObject({ error: 'Stale', cause: '1 of 2' });
  });

  it('ends an execution whose TimeoutSeconds have passed as TIMED_OUT', async () => {
    const definition = { ...oneState({ Type: 'Wait', Seconds: 3600 }), TimeoutSeconds: 1 };
    const { run } = await startStepFunctions({ definition, timeScale: 1 });
    expect(await run()).toMatchObject({ status: 'TIMED_OUT' });
  });
});

describe('What is not emulated is refused by name', () => {
  it.each([
    ['JSONata', { QueryLanguage: 'JSONata', ...oneState({ Type: 'Pass' }) }, /JSONata is not emulated/],
    ['variables', oneState({ Type: 'Pass', Assign: { a: 1 } }), /field Assign is not emulated/],
    [
      'a function that the engine gets wrong',
      oneState({ Type: 'Pass', Parameters: { 'text.$': 'States.JsonToString($)' } }),
      /state Only: States.JsonToString/,
    ],
    [
      'the context object',
      oneState({ Type: 'Pass', Parameters: { 't.$': '$$.Task.Token' } }),
      /state Only: the context object \(\$\$\) is not emulated/,
    ],
    [
      'a state that holds states',
      oneState({
        Type: 'Parallel',
        Branches: [{ StartAt: 'Inner', States: { Inner: { Type: 'Succeed' } } }],
      }),
      /the state type Parallel is not emulated/,
    ],
    [
      'callbacks',
      oneState({ Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken' }),
      /waitForTaskToken/,
    ],
    [
      'an unknown service',
      oneState({ Type: 'Task', Resource: 'arn:aws:states:::aws-sdk:ec2:runInstances' }),
      /ec2/,
    ],
    [
      'an unknown action',
      oneState({ Type: 'Task', Resource: 'arn:aws:states:::aws-sdk:cloudfront:refresh' }),
      /cloudfront:refresh does not exist/,
    ],
    [
      'a parameter in the wrong case',
      oneState({
        Type: 'Task',
        Resource: 'arn:aws:states:::aws-sdk:cloudfront:getInvalidation',
        Parameters: { distributionId: 'E1' },
      }),
      /"distributionId" is not supported/,
    ],
    [
      'a definition that is not valid',
      { StartAt: 'Gone', States: { Only: { Type: 'Succeed' } } },
      /invalid[\s\S]*Gone/,
    ],
  ])('%s', async (_, definition, message) => {
    await expect(startStepFunctions({ definition })).rejects.toThrow(message);
  });
});
