import { randomUUID } from 'node:crypto';
import { AwsError, type AwsService } from '../../kernel/aws-api.ts';
import type { Journal } from '../../kernel/journal.ts';
import { createEventInvoker } from './event-invocation.ts';
import {
  assertNoReservedVariables,
  functionArn,
  type Outcome,
  type StartEnvironment,
  startExecutionEnvironment,
} from './execution-environment.ts';
import type { FunctionDefinition, InvocationResult } from './function-definition.ts';
import { createLambdaApi } from './lambda-api.ts';
import { createTurns } from './turns.ts';
import { createWarmEnvironments } from './warm-environments.ts';

export interface FunctionPool {
  /**
   * Runs a function and waits for its answer; a failed function is an answer too.
   *
   * @param name name or ARN
   * @param payload JSON
   * @param onStart called when it has its process: AWS would not make it wait for one
   * @throws AwsError ResourceNotFoundException; ServiceException once the pool is stopped
   */
  invoke(name: string, payload: string, onStart?: () => void): Promise<InvocationResult>;
  /** The REST API of Lambda. */
  readonly handle: AwsService;
  /**
   * Kills the processes of functions with this role, as failing hosts do: what runs there fails,
   * and later invocations get new processes.
   */
  crash(roleAccessKeyId: string): void;
  /** Kills every process and fails what still runs or waits. */
  stop(): Promise<void>;
}

export interface FunctionPoolOptions {
  readonly functions: readonly FunctionDefinition[];
  /** AWS_ENDPOINT_URL of the functions. */
  readonly endpoint: string;
  /** URLs on AWS, and those on this machine that stand for them. @default none */
  readonly localUrls?: Readonly<Record<string, string>>;
  readonly journal: Journal;
  /**
   * How many processes work at once; further invocations wait. AWS would run a thousand. A function
   * that invokes another and waits for it occupies two.
   *
   * @default 10
   */
  readonly maximumConcurrency?: number;
  /** How long an idle process is kept, real time. @default 300 */
  readonly idleSeconds?: number;
  /** Real seconds per AWS second between the attempts of an asynchronous event. @default 1 */
  readonly timeScale?: number;
  /** @default each in a process of its own */
  readonly startEnvironment?: StartEnvironment | undefined;
}

const stopped = () => new AwsError('ServiceException', 'The local Lambda service has been stopped', 500);

/** Runs each function in a process per concurrent execution, reused while warm. */
export function createFunctionPool(options: FunctionPoolOptions): FunctionPool {
  const { journal, endpoint, maximumConcurrency = 10, idleSeconds = 300, timeScale = 1 } = options;
  const { startEnvironment = startExecutionEnvironment } = options;
  const { localUrls = {} } = options;
  const functions = new Map(options.functions.map(each => [each.name, { ...each, localUrls }]));
  const find = (reference: string) => findFunction(functions, reference);
  options.functions.forEach(assertNoReservedVariables);

  const stopping = new AbortController();
  const turns = createTurns(maximumConcurrency);
  const environments = createWarmEnvironments({
    start: definition =>
      startEnvironment(definition, endpoint, line =>
        journal.record({ kind: 'log', functionName: definition.name, line }),
      ),
    limit: maximumConcurrency,
    idleSeconds,
  });

  async function run(definition: FunctionDefinition, requestId: string, payload: string): Promise<Outcome> {
    const startedAt = performance.now();
    const environment = environments.take(definition);
    const outcome = await environment.run(requestId, payload);
    if (stopping.signal.aborted) throw stopped();
    environments.giveBack(environment);
    const milliseconds = Math.round(performance.now() - startedAt);
    const invocation = { functionName: definition.name, requestId, outcome: outcome.kind, milliseconds };
    journal.record({ kind: 'invocation', ...invocation });
    return outcome;
  }

  async function invoke(name: string, payload: string, onStart?: () => void): Promise<InvocationResult> {
    if (stopping.signal.aborted) throw stopped();
    const definition = find(name);
    const requestId = randomUUID();
    await turns.take();
    try {
      onStart?.();
      const { kind, payload: answer } = await run(definition, requestId, payload);
      return { payload: answer, requestId, ...(kind === 'success' ? {} : { functionError: 'Unhandled' }) };
    } finally {
      turns.pass();
    }
  }

  const invokeEvent = createEventInvoker({ invoke, journal, timeScale, stopping: stopping.signal });
  return {
    invoke,
    handle: createLambdaApi({ functions: options.functions, find, invoke, invokeEvent }),
    crash: role => void environments.kill(name => functions.get(name)?.roleAccessKeyId === role),
    async stop() {
      stopping.abort();
      turns.cancel(stopped());
      await environments.kill(() => true);
    },
  };
}

/** A name, or a partial or full ARN, with or without the only version, `$LATEST`. */
const FUNCTION_REFERENCE =
  /^(?:arn:aws:lambda:[a-z0-9-]+:\d{12}:function:|\d{12}:function:|function:)?([\w-]+)(?::\$LATEST)?$/;

/** @throws AwsError ResourceNotFoundException */
function findFunction(
  functions: ReadonlyMap<string, FunctionDefinition>,
  reference: string,
): FunctionDefinition {
  const definition = functions.get(FUNCTION_REFERENCE.exec(reference)?.[1] ?? '');
  if (definition !== undefined) return definition;
  const arn = reference.startsWith('arn:') ? reference : functionArn(reference);
  throw new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, 404);
}
