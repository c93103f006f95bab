import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import {
  ExecutionAbortedError,
  ExecutionError,
  ExecutionTimeoutError,
  type RunOptions,
  StateMachine,
  type StateMachineDefinition,
} from 'aws-local-stepfunctions';
import { isRecord, type State } from './definition.ts';
import { historyTranslator, type NewEvent } from './history.ts';
import type { Machine } from './machine.ts';
import { LOCAL_CONTEXT, MAX_TIMER_SECONDS } from './scaled-definition.ts';
import { requireWithinDataLimit, runtimeFailure, StateFailure } from './state-failure.ts';
import { taskEvents } from './task-events.ts';
import type { InvokeFunction, Task } from './tasks.ts';

export type Outcome =
  | { readonly status: 'SUCCEEDED'; readonly output: string }
  | { readonly status: 'FAILED' | 'TIMED_OUT'; readonly error?: string; readonly cause?: string };

/** Where a run begins: the machine's first state, or the one that was in progress when the process ended. */
export interface RunStart {
  readonly execution: {
    readonly arn: string;
    readonly name: string;
    /** JSON. */
    readonly input: string;
    /** Milliseconds since the epoch. */
    readonly startedAt: number;
  };
  readonly state: string;
  /** JSON. */
  readonly input: string;
}

export interface RunSurroundings {
  readonly invokeFunction: InvokeFunction;
  readonly endpoint: () => string;
  readonly timeScale: number;
  readonly now: () => number;
  /** Called for every event of AWS's history, in order; what it throws ends the run. */
  readonly onEvent: (event: NewEvent) => void;
  /** Called when a state of the top level is entered, before it acts. */
  readonly onStateEntered: (state: string, input: string) => void;
}

export interface Run {
  /** Undefined when it was aborted. Never rejects. */
  readonly outcome: Promise<Outcome | undefined>;
  /** Nothing is recorded and no further call made once this returns. */
  abort(): void;
}

/** Runs one execution on the engine, from `start` to its end. */
export function startRun(machine: Machine, start: RunStart, surroundings: RunSurroundings): Run {
  const aborting = new AbortController();
  const record = (event: NewEvent) => {
    if (!aborting.signal.aborted) surroundings.onEvent(event);
  };
  const handlers = localHandlers(machine, surroundings, aborting.signal, record);
  const definition = {
    ...machine.runnable,
    StartAt: start.state,
    ...remainingTime(machine, start, surroundings),
  };
  const engine = new StateMachine(definition as StateMachineDefinition, {
    validationOptions: { noValidate: true },
  }).run(JSON.parse(start.input), {
    overrides: { taskResourceLocalHandlers: handlers },
    context: contextObject(machine, start, surroundings.now),
  });

  const followLog = async () => {
    const translate = historyTranslator(machine.typeOf);
    for await (const event of engine.eventLogs) {
      if (aborting.signal.aborted) return;
      if (event.type === 'StateExited')
        requireWithinDataLimit(
          JSON.stringify(event.state.output),
          `The state/task '${event.state.name}' returned a result`,
        );
      if (event.type === 'StateEntered' && event.state.name in machine.runnable.States)
        surroundings.onStateEntered(event.state.name, JSON.stringify(event.state.input));
      translate(event).forEach(record);
    }
  };
  const endWithItsLog = async (): Promise<Outcome | undefined> => {
    const following = followLog().catch((error: unknown) => {
      engine.abort();
      throw error;
    });
    const [result, log] = await Promise.allSettled([engine.result, following]);
    const wasAborted = aborting.signal.aborted;
    aborting.abort();
    if (wasAborted) return undefined;
    if (log.status === 'rejected') return failureOf(log.reason);
    if (result.status === 'rejected') return failureOf(result.reason);
    return { status: 'SUCCEEDED', output: JSON.stringify(result.value) };
  };

  return {
    outcome: endWithItsLog(),
    abort() {
      aborting.abort();
      engine.abort();
    },
  };
}

type Handlers = NonNullable<NonNullable<RunOptions['overrides']>['taskResourceLocalHandlers']>;

function localHandlers(
  machine: Machine,
  surroundings: RunSurroundings,
  signal: AbortSignal,
  record: (event: NewEvent) => void,
): Handlers {
  const handlerOf = (name: string, state: State): ((input: unknown) => unknown) => {
    if (state.Type === 'Wait') return input => wait(state, input, surroundings, signal);
    if (state.Type === 'Fail') return input => fail(state, input);
    const task = machine.tasks.get(name);
    if (task === undefined) return input => input;
    return async input => {
      const context = {
        invokeFunction: surroundings.invokeFunction,
        endpoint: surroundings.endpoint(),
        caller: machine.caller,
      };
      const result = await attempt(task, state, input, signal, record, own =>
        task.call(input, { ...context, signal: own }),
      );
      return JSON.parse(result);
    };
  };
  return Object.fromEntries(
    [...machine.states].map(([name, state]) => [name, handlerOf(name, state)]),
  ) as Handlers;
}

/** One attempt of a task, with its events. Answers the result as JSON. */
async function attempt(
  task: Task,
  state: State,
  input: unknown,
  runSignal: AbortSignal,
  record: (event: NewEvent) => void,
  call: (signal: AbortSignal) => Promise<unknown>,
): Promise<string> {
  const timeoutSeconds = typeof state['TimeoutSeconds'] === 'number' ? state['TimeoutSeconds'] : undefined;
  const timeout =
    timeoutSeconds === undefined
      ? undefined
      : AbortSignal.timeout(Math.min(timeoutSeconds, MAX_TIMER_SECONDS) * 1000);
  const signal = timeout === undefined ? runSignal : AbortSignal.any([runSignal, timeout]);
  const events = taskEvents(task, timeoutSeconds);
  // One turn of the event loop, so that entering the state is on disk before its task acts.
  await setImmediate();
  try {
    if (runSignal.aborted) throw abortFailure();
    const parameters = JSON.stringify(input);
    requireWithinDataLimit(parameters, `The state/task '${task.resource}' was given an input`);
    events.scheduled(parameters).forEach(record);
    const result = JSON.stringify((await untilAborted(call(signal), signal)) ?? null);
    requireWithinDataLimit(result, `The state/task '${task.resource}' returned a result`);
    record(events.succeeded(result));
    return result;
  } catch (error) {
    if (runSignal.aborted) throw abortFailure();
    if (timeout?.aborted) {
      record(events.timedOut());
      // The engine's own timer ends the attempt, as a time-out that States.TaskFailed does not match.
      return new Promise<never>(() => undefined);
    }
    const failure = error instanceof StateFailure ? error : runtimeFailure(String(error));
    record(events.failed({ error: failure.name, cause: failure.message }));
    throw failure;
  }
}

const abortFailure = () => new StateFailure('Aborted', 'The execution was stopped', { terminal: true });

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(abortFailure());
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function wait(
  state: State,
  given: unknown,
  { timeScale, now }: RunSurroundings,
  signal: AbortSignal,
): Promise<unknown> {
  const { values, input } = resolvedPaths(state, given, ['SecondsPath', 'TimestampPath']);
  const seconds = values['SecondsPath'] ?? state['Seconds'];
  const until = values['TimestampPath'] ?? state['Timestamp'];
  const duration = seconds === undefined ? Date.parse(String(until)) - now() : Number(seconds) * 1000;
  if (Number.isNaN(duration) || (seconds !== undefined && !(Number.isInteger(seconds) && duration >= 0)))
    throw runtimeFailure(`The wait value ${JSON.stringify(seconds ?? until)} is not valid`);
  for (let left = duration * timeScale; left > 0; left -= MAX_TIMER_SECONDS * 1000)
    await sleep(Math.min(left, MAX_TIMER_SECONDS * 1000), undefined, { signal });
  return input;
}

function fail(state: State, given: unknown): never {
  const { values } = resolvedPaths(state, given, ['ErrorPath', 'CausePath']);
  const error = values['ErrorPath'] ?? state['Error'] ?? '';
  throw new StateFailure(String(error), String(values['CausePath'] ?? state['Cause'] ?? ''));
}

function resolvedPaths(state: State, given: unknown, pathFields: readonly string[]) {
  const hasPaths = pathFields.some(field => field in state);
  const values = hasPaths && isRecord(given) ? given : {};
  return { values, input: hasPaths ? values['input'] : given };
}

function contextObject(
  machine: Machine,
  { execution }: RunStart,
  now: () => number,
): RunOptions['context'] & object {
  return {
    StateMachine: { Id: machine.arn, Name: machine.name },
    [LOCAL_CONTEXT]: {
      Execution: {
        Id: execution.arn,
        Name: execution.name,
        Input: JSON.parse(execution.input),
        RoleArn: machine.roleArn,
        StartTime: new Date(execution.startedAt).toISOString(),
      },
      // Read when the state's templates are evaluated, which is when it is entered.
      States: [...machine.states.keys()].map(Name => ({
        Name,
        get EnteredTime() {
          return new Date(now()).toISOString();
        },
      })),
    },
  };
}

/** A resumed execution goes on with the time it has left. */
function remainingTime(machine: Machine, { execution }: RunStart, { now }: RunSurroundings) {
  const total = machine.runnable.TimeoutSeconds;
  if (total === undefined) return {};
  const left = total - (now() - execution.startedAt) / 1000;
  return { TimeoutSeconds: Math.min(Math.max(left, 0), MAX_TIMER_SECONDS) };
}

function failureOf(reason: unknown): Outcome | undefined {
  if (reason instanceof ExecutionAbortedError) return undefined;
  if (reason instanceof ExecutionTimeoutError) return { status: 'TIMED_OUT', error: 'States.Timeout' };
  const error = reason instanceof ExecutionError ? reason.cause : reason;
  if (!(error instanceof Error)) return { status: 'FAILED', error: 'States.Runtime', cause: String(error) };
  // What is neither a task's failure nor one of the language's own is JavaScript's complaint about the definition.
  const isOwn = error instanceof StateFailure || error.name.startsWith('States.');
  return {
    status: 'FAILED',
    ...(isOwn && error.name === '' ? {} : { error: isOwn ? error.name : 'States.Runtime' }),
    ...(error.message === '' ? {} : { cause: error.message }),
  };
}
