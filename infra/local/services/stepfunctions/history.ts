import type { HistoryEvent as SdkHistoryEvent } from '@aws-sdk/client-sfn';
import type { StateMachine } from 'aws-local-stepfunctions';
import type { StateType } from './definition.ts';

type EngineLog = ReturnType<StateMachine['run']>['eventLogs'];
export type EngineEvent = EngineLog extends AsyncGenerator<infer Event> ? Event : never;

/** An event without its place in a history. */
export type NewEvent = Omit<SdkHistoryEvent, 'timestamp' | 'id' | 'previousEventId'>;

/** An event as the API answers it: the time in epoch seconds. */
export type HistoryEvent = NewEvent & {
  readonly id: number;
  readonly previousEventId: number;
  readonly timestamp: number;
};

const whole = { truncated: false } as const;

export const executionStarted = (input: string, roleArn: string): NewEvent => ({
  type: 'ExecutionStarted',
  executionStartedEventDetails: { input, inputDetails: whole, roleArn },
});

export const executionSucceeded = (output: string): NewEvent => ({
  type: 'ExecutionSucceeded',
  executionSucceededEventDetails: { output, outputDetails: whole },
});

/** Translates the engine's log of one run into AWS's events. Those of a task's own call are recorded by the task. */
export function historyTranslator(typeOf: (state: string) => StateType): (event: EngineEvent) => NewEvent[] {
  const caught = new Set<string>();
  return event => {
    switch (event.type) {
      case 'StateEntered':
        return entered(event.state.name, typeOf(event.state.name), JSON.stringify(event.state.input));
      case 'StateCaught':
        caught.add(event.state.name);
        return [];
      case 'StateExited': {
        const { name, output } = event.state;
        return exited(name, typeOf(name), JSON.stringify(output), caught.delete(name));
      }
      case 'StateFailed':
        return failed(typeOf(event.state.name));
      case 'MapIterationStarted':
        return [{ type: event.type, mapIterationStartedEventDetails: iteration(event) }];
      case 'MapIterationSucceeded':
        return [{ type: event.type, mapIterationSucceededEventDetails: iteration(event) }];
      case 'MapIterationFailed':
        return [{ type: event.type, mapIterationFailedEventDetails: iteration(event) }];
      default:
        return [];
    }
  };
}

/** The same event without the data that passed through the execution. */
export function withoutExecutionData(event: HistoryEvent): HistoryEvent {
  const isData = (key: string) => ['input', 'output', 'parameters'].includes(key);
  return JSON.parse(JSON.stringify(event, (key, value: unknown) => (isData(key) ? undefined : value)));
}

function entered(name: string, type: StateType, input: string): NewEvent[] {
  const event: NewEvent = {
    type: `${type}StateEntered`,
    stateEnteredEventDetails: { name, input, inputDetails: whole },
  };
  if (type === 'Map') return [event, { type: 'MapStateStarted' }];
  if (type === 'Parallel') return [event, { type: 'ParallelStateStarted' }];
  return [event];
}

function exited(name: string, type: StateType, output: string, wasCaught: boolean): NewEvent[] {
  if (type === 'Fail') return [];
  const event: NewEvent = {
    type: `${type}StateExited`,
    stateExitedEventDetails: { name, output, outputDetails: whole },
  };
  if (type === 'Map' && !wasCaught) return [{ type: 'MapStateSucceeded' }, event];
  if (type === 'Parallel' && !wasCaught) return [{ type: 'ParallelStateSucceeded' }, event];
  return [event];
}

function failed(type: StateType): NewEvent[] {
  if (type === 'Map') return [{ type: 'MapStateFailed' }];
  if (type === 'Parallel') return [{ type: 'ParallelStateFailed' }];
  return [];
}

function iteration(event: { readonly parentState: { readonly name: string }; readonly index: number }) {
  return { name: event.parentState.name, index: event.index };
}
