import { randomUUID } from 'node:crypto';
import { AwsError, type AwsService } from '../../kernel/aws-api.ts';
import type { Journal } from '../../kernel/journal.ts';
import { createEventInvoker } from './event-invocation.ts';
import {
  assertNoReservedVariables,
  type ExecutionEnvironment,
  functionArn,
  type Outcome,
  type StartEnvironment,
  startExecutionEnvironment,
} from './execution-environment.ts';
import type { FunctionDefinition, InvocationResult } from './function-definition.ts';
import { createLambdaApi } from './lambda-api.ts';

export interface FunctionPool {
  /**
   * Runs a function and waits for its answer; a failed function is an answer too.
   * @param name name or ARN
   * @param payload JSON
   * @param onStart called when it has its process: AWS would not make it wait for one
   * @throws AwsError ResourceNotFoundException; ServiceException once the pool is stopped
   */
  invoke(name: string, payload: string, onStart?: () => void): Promise<InvocationResult>;
  /** The REST API of Lambda. */
  readonly handle: AwsService;
  /**
   * Kills the processes of functions with this role, as failing hosts do: what runs there fails, and later invocations
   * get new processes.
   */
  crash(roleAccessKeyId: string): void;
  /** Kills every process and fails what still runs or waits. */
  stop(): Promise<void>;
}

export interface FunctionPoolOptions {
  readonly functions: readonly FunctionDefinition[];
  /** AWS_ENDPOINT_URL of the functions. */
  readonly endpoint: string;
  readonly journal: Journal;
  /**
   * Processes at work at once; more invocations wait. AWS would run a thousand. A function that invokes another and
   * waits for it occupies two.
   * @default 10
   */
  readonly maximumConcurrency?: number;
  /** How long a warm process is kept without work, real time. @default 300 */
  readonly idleSeconds?: number;
  /** Real seconds per AWS second between the attempts of an asynchronous event. @default 1 */
  readonly timeScale?: number;
  /** @default a process of its own for each */
  readonly startEnvironment?: StartEnvironment | undefined;
}

/** Takes a bare name, a partial or a full ARN, each with or without the one version there is, `$LATEST`. */
const FUNCTION_REFERENCE =
  /^(?:arn:aws:lambda:[a-z0-9-]+:\d{12}:function:|\d{12}:function:|function:)?([\w-]+)(?::\$LATEST)?$/;

const stopped = () => new AwsError('ServiceException', 'The local Lambda service has been stopped', 500);

/** Runs each function in a process per concurrent execution, reused while warm. */
export function createFunctionPool(options: FunctionPoolOptions): FunctionPool {
  const { journal, endpoint, maximumConcurrency = 10, idleSeconds = 300, timeScale = 1 } = options;
  const { startEnvironment = startExecutionEnvironment } = options;
  const functions = new Map(options.functions.map(definition => [definition.name, definition]));
  options.functions.forEach(assertNoReservedVariables);

  const environments = new Set<ExecutionEnvironment>();
  /** Warm processes without work, the longest idle first. */
  const idle = new Map<ExecutionEnvironment, NodeJS.Timeout>();
  const waiting: PromiseWithResolvers<void>[] = [];
  const stopping = new AbortController();
  let running = 0;

  function find(reference: string): FunctionDefinition {
    const definition = functions.get(FUNCTION_REFERENCE.exec(reference)?.[1] ?? '');
    if (definition !== undefined) return definition;
    const arn = reference.startsWith('arn:') ? reference : functionArn(reference);
    throw new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, 404);
  }

  async function takeTurn(): Promise<void> {
    if (running < maximumConcurrency) {
      running++;
      return;
    }
    const turn = Promise.withResolvers<void>();
    waiting.push(turn);
    await turn.promise;
  }

  function passTurn(): void {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next.resolve();
  }

  function takeIdle(name: string): ExecutionEnvironment | undefined {
    // The most recently used, as AWS does, so that the others may grow old.
    const environment = [...idle.keys()].findLast(candidate => candidate.functionName === name);
    if (environment !== undefined) forgetIdle(environment);
    return environment;
  }

  function forgetIdle(environment: ExecutionEnvironment): void {
    clearTimeout(idle.get(environment));
    idle.delete(environment);
  }

  function retire(environment: ExecutionEnvironment): void {
    forgetIdle(environment);
    environment.kill();
  }

  function start(definition: FunctionDefinition): ExecutionEnvironment {
    const [longestIdle] = idle.keys();
    if (environments.size >= maximumConcurrency && longestIdle !== undefined) retire(longestIdle);
    const environment = startEnvironment(definition, endpoint, line =>
      journal.record({ kind: 'log', functionName: definition.name, line }),
    );
    environments.add(environment);
    void environment.exited.then(() => {
      forgetIdle(environment);
      environments.delete(environment);
    });
    return environment;
  }

  function keepWarm(environment: ExecutionEnvironment): void {
    if (!environment.alive || stopping.signal.aborted) return;
    idle.set(environment, setTimeout(() => retire(environment), idleSeconds * 1000).unref());
  }

  async function runOnce(
    definition: FunctionDefinition,
    requestId: string,
    payload: string,
    onStart: (() => void) | undefined,
  ): Promise<Outcome> {
    await takeTurn();
    try {
      onStart?.();
      const startedAt = performance.now();
      const environment = takeIdle(definition.name) ?? start(definition);
      const outcome = await environment.run(requestId, payload);
      if (stopping.signal.aborted) throw stopped();
      keepWarm(environment);
      journal.record({
        kind: 'invocation',
        functionName: definition.name,
        requestId,
        outcome: outcome.kind,
        milliseconds: Math.round(performance.now() - startedAt),
      });
      return outcome;
    } finally {
      passTurn();
    }
  }

  async function invoke(name: string, payload: string, onStart?: () => void): Promise<InvocationResult> {
    if (stopping.signal.aborted) throw stopped();
    const definition = find(name);
    const requestId = randomUUID();
    const outcome = await runOnce(definition, requestId, payload, onStart);
    return outcome.kind === 'success'
      ? { payload: outcome.payload, requestId }
      : { payload: outcome.payload, requestId, functionError: 'Unhandled' };
  }

  return {
    invoke,
    handle: createLambdaApi({
      functions: options.functions,
      find,
      invoke,
      invokeEvent: createEventInvoker({ invoke, journal, timeScale, stopping: stopping.signal }),
    }),
    crash(roleAccessKeyId) {
      for (const environment of environments) {
        if (functions.get(environment.functionName)?.roleAccessKeyId === roleAccessKeyId) retire(environment);
      }
    },
    async stop() {
      stopping.abort();
      for (const turn of waiting.splice(0)) turn.reject(stopped());
      const ending = [...environments];
      ending.forEach(retire);
      await Promise.all(ending.map(environment => environment.exited));
    },
  };
}
