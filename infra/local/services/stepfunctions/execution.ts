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
import { MAX_TIMER_SECONDS } from './engine-definition.ts';
import type { Machine } from './machine.ts';

import { requireWithinDataLimit, runtimeFailure, StateFailure } from './state-failure.ts';
import type { InvokeFunction, Task, TaskContext } from './tasks.ts';

export type Outcome =
  | { readonly status: 'SUCCEEDED'; readonly output: string }
  | { readonly status: 'FAILED' | 'TIMED_OUT'; readonly error?: string; readonly cause?: string };

/**
 * Where a run begins: the machine's first state, or the one that was in progress when the process
 * ended.
 */
export interface RunStart {
  readonly state: string;
  /** JSON. */
  readonly input: string;
  /** When the execution started, in milliseconds since the epoch. */
  readonly startedAt: number;
}

export interface RunSurroundings {
  readonly invokeFunction: InvokeFunction;
  readonly endpoint: string;
  readonly timeScale: number;
  readonly now: () => number;
  /** Called when a state is entered, before it acts. */
  readonly onStateEntered: (state: string, input: string) => void;
}

export interface Run {
  /** Undefined if it was aborted. Never rejects. */
  readonly outcome: Promise<Outcome | undefined>;
  /** Once this returns, nothing more is recorded and no further call is made. */
  abort(): void;
}

/** Runs one execution on the engine, from `start` to its end. */
export function startRun(machine: Machine, start: RunStart, surroundings: RunSurroundings): Run {
  const aborting = new AbortController();
  const handlers = localHandlers(machine, surroundings, aborting.signal);
  const definition = {
    ...machine.runnable,
    StartAt: start.state,
    ...remainingTime(machine, start, surroundings),
  };
  const engine = new StateMachine(definition as StateMachineDefinition, {
    validationOptions: { noValidate: true },
  }).run(JSON.parse(start.input), {
    overrides: { taskResourceLocalHandlers: handlers },
  });

  const followLog = async () => {
    for await (const event of engine.eventLogs) {
      if (aborting.signal.aborted) return;
      if (event.type === 'StateExited')
        requireWithinDataLimit(
          JSON.stringify(event.state.output),
          `The state/task '${event.state.name}' returned a result`,
        );
      if (event.type === 'StateEntered')
        surroundings.onStateEntered(event.state.name, JSON.stringify(event.state.input));
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

function localHandlers(machine: Machine, surroundings: RunSurroundings, signal: AbortSignal): Handlers {
  const handlerOf = (name: string, state: State): ((input: unknown) => unknown) => {
    if (state.Type === 'Wait') return input => wait(state, input, surroundings, signal);
    if (state.Type === 'Fail') return input => fail(state, input);
    const task = machine.tasks.get(name);
    if (task === undefined) return input => input;
    const { invokeFunction, endpoint } = surroundings;
    const context = { invokeFunction, endpoint, caller: machine.caller };
    return async input => JSON.parse(await attempt(task, state, input, signal, context));
  };
  return Object.fromEntries(
    [...machine.states].map(([name, state]) => [name, handlerOf(name, state)]),
  ) as Handlers;
}

/** One attempt of a task. @returns the result as JSON */
async function attempt(
  task: Task,
  state: State,
  input: unknown,
  runSignal: AbortSignal,
  context: Omit<TaskContext, 'signal'>,
): Promise<string> {
  const seconds = typeof state['TimeoutSeconds'] === 'number' ? state['TimeoutSeconds'] : MAX_TIMER_SECONDS;
  const timeout = AbortSignal.timeout(Math.min(seconds, MAX_TIMER_SECONDS) * 1000);
  const signal = AbortSignal.any([runSignal, timeout]);
  // One turn of the event loop, so that entering the state is on disk before its task acts.
  await setImmediate();
  try {
    if (runSignal.aborted) throw abortFailure();
    const resource = String(state['Resource']);
    requireWithinDataLimit(JSON.stringify(input), `The state/task '${resource}' was given an input`);
    const result = JSON.stringify((await untilAborted(task(input, { ...context, signal }), signal)) ?? null);
    requireWithinDataLimit(result, `The state/task '${resource}' returned a result`);
    return result;
  } catch (error) {
    if (runSignal.aborted) throw abortFailure();
    // The engine's own timer ends the attempt, as a timeout that States.TaskFailed does not match.
    if (timeout.aborted) return new Promise<never>(() => undefined);
    throw error instanceof StateFailure ? error : runtimeFailure(String(error));
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
  { timeScale }: RunSurroundings,
  signal: AbortSignal,
): Promise<unknown> {
  const { values, input } = resolvedPaths(state, given, ['SecondsPath']);
  const seconds = values['SecondsPath'] ?? state['Seconds'];
  if (typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds < 0)
    throw runtimeFailure(`The wait value ${JSON.stringify(seconds)} is not valid`);
  for (let left = seconds * 1000 * timeScale; left > 0; left -= MAX_TIMER_SECONDS * 1000)
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

/** A resumed execution has only the rest of its time. */
function remainingTime(machine: Machine, { startedAt }: RunStart, { now }: RunSurroundings) {
  const total = machine.runnable.TimeoutSeconds;
  if (total === undefined) return {};
  const left = total - (now() - startedAt) / 1000;
  return { TimeoutSeconds: Math.min(Math.max(left, 0), MAX_TIMER_SECONDS) };
}

function failureOf(reason: unknown): Outcome | undefined {
  if (reason instanceof ExecutionAbortedError) return undefined;
  if (reason instanceof ExecutionTimeoutError) return { status: 'TIMED_OUT', error: 'States.Timeout' };
  const error = reason instanceof ExecutionError ? reason.cause : reason;
  if (!(error instanceof Error)) return { status: 'FAILED', error: 'States.Runtime', cause: String(error) };
  // Anything but a task's failure or one of the language's own is a JavaScript error in the engine.
  const isOwn = error instanceof StateFailure || error.name.startsWith('States.');
  return {
    status: 'FAILED',
    ...(isOwn && error.name === '' ? {} : { error: isOwn ? error.name : 'States.Runtime' }),
    ...(error.message === '' ? {} : { cause: error.message }),
  };
}
