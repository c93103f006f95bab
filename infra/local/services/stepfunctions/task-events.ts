import { LOCAL_REGION } from '../../kernel/aws-api.ts';
import type { NewEvent } from './history.ts';
import type { Task } from './tasks.ts';

interface Failure {
  readonly error: string;
  readonly cause: string;
}

/** What one call of a task leaves in the history, in AWS's two dialects: functions by ARN, and integrations. */
export interface TaskEvents {
  scheduled(input: string): NewEvent[];
  succeeded(output: string): NewEvent;
  failed(failure: Failure): NewEvent;
  timedOut(): NewEvent;
}

const whole = { truncated: false } as const;
const TIMED_OUT = { error: 'States.Timeout' } as const;

export function taskEvents(task: Task, timeoutInSeconds: number | undefined): TaskEvents {
  const timeout = timeoutInSeconds === undefined ? {} : { timeoutInSeconds };
  if (task.integration === undefined) return functionEvents(task.resource, timeout);
  const { integration } = task;
  return {
    scheduled: parameters => [
      {
        type: 'TaskScheduled',
        taskScheduledEventDetails: { ...integration, region: LOCAL_REGION, parameters, ...timeout },
      },
      { type: 'TaskStarted', taskStartedEventDetails: integration },
    ],
    succeeded: output => ({
      type: 'TaskSucceeded',
      taskSucceededEventDetails: { ...integration, output, outputDetails: whole },
    }),
    failed: failure => ({ type: 'TaskFailed', taskFailedEventDetails: { ...integration, ...failure } }),
    timedOut: () => ({ type: 'TaskTimedOut', taskTimedOutEventDetails: { ...integration, ...TIMED_OUT } }),
  };
}

function functionEvents(resource: string, timeout: { timeoutInSeconds?: number }): TaskEvents {
  return {
    scheduled: input => [
      {
        type: 'LambdaFunctionScheduled',
        lambdaFunctionScheduledEventDetails: { resource, input, inputDetails: whole, ...timeout },
      },
      { type: 'LambdaFunctionStarted' },
    ],
    succeeded: output => ({
      type: 'LambdaFunctionSucceeded',
      lambdaFunctionSucceededEventDetails: { output, outputDetails: whole },
    }),
    failed: failure => ({ type: 'LambdaFunctionFailed', lambdaFunctionFailedEventDetails: failure }),
    timedOut: () => ({ type: 'LambdaFunctionTimedOut', lambdaFunctionTimedOutEventDetails: TIMED_OUT }),
  };
}
