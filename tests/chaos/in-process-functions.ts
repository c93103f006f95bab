import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type {
  ExecutionEnvironment,
  Outcome,
} from '../../infra/local/services/lambda/execution-environment.ts';
import { functionArn } from '../../infra/local/services/lambda/execution-environment.ts';
import type { FunctionDefinition } from '../../infra/local/services/lambda/function-definition.ts';
import { type Actor, actAs, newActor } from './actors.ts';
import { createRandom, type Random } from './random.ts';

type Handler = (event: unknown, context: object) => Promise<unknown>;

/** One run of a function, from its start to its end. */
export interface Invocation extends Actor {
  readonly definition: FunctionDefinition;
  /** Ends it as a failing host does. */
  kill(): void;
}

export const isInvocation = (actor: Actor | undefined): actor is Invocation =>
  actor !== undefined && 'definition' in actor;

export interface InProcessFunctions {
  /** Takes the place of `startExecutionEnvironment`. */
  start(definition: FunctionDefinition): ExecutionEnvironment;
  /** Those running now. */
  readonly invocations: ReadonlySet<Invocation>;
}

/**
 * Instances of a function's module that no environment uses, by its folder. They outlive the
 * simulated clouds: to load one takes long.
 */
const idleInstances = new Map<string, Handler[]>();
let instances = 0;

/**
 * Runs the functions' bundles in this process, a module instance for each concurrent execution.
 * What a killed one leaves in its module, such as an open client, the next one finds: real
 * processes are killed by tests/acceptance/interruptions.test.ts.
 *
 * @param newSkewMs how far the clock of a new environment's host is ahead
 */
export function createInProcessFunctions(newSkewMs: () => number, seed: number): InProcessFunctions {
  const invocations = new Set<Invocation>();
  let started = 0;
  const newRandom = () => createRandom(seed * 1000 + ++started);
  return {
    invocations,
    start: definition =>
      new InProcessEnvironment(definition, { skewMs: newSkewMs(), newRandom, invocations }),
  };
}

/** Where an environment is. */
interface Host {
  /** How far its clock is ahead. */
  readonly skewMs: number;
  /** What the next invocation draws lots by. */
  readonly newRandom: () => Random;
  /** Those running now, the environment's own among them. */
  readonly invocations: Set<Invocation>;
}

class InProcessEnvironment implements ExecutionEnvironment {
  readonly #definition: FunctionDefinition;
  readonly #host: Host;
  readonly #instance: Promise<Handler>;
  readonly #exited = Promise.withResolvers<void>();
  #alive: boolean;
  #killRunning = nothing;

  constructor(definition: FunctionDefinition, host: Host) {
    this.#definition = definition;
    this.#host = host;
    this.#instance = takeInstance(definition);
    this.#alive = true;
  }

  get functionName(): string {
    return this.#definition.name;
  }

  get alive(): boolean {
    return this.#alive;
  }

  get exited(): Promise<void> {
    return this.#exited.promise;
  }

  kill(): void {
    this.#end('Runtime exited with error: signal: killed');
  }

  async run(requestId: string, payload: string): Promise<Outcome> {
    const outcome = Promise.withResolvers<Outcome>();
    const invocation = this.#newInvocation();
    const finish = (result: Outcome) => {
      this.#host.invocations.delete(invocation);
      outcome.resolve(result);
    };
    const die = (kind: 'error' | 'timeout', errorType: string, reason: string) => {
      invocation.dead = true;
      finish({ kind, payload: failure(errorType, `RequestId: ${requestId} Error: ${reason}`) });
    };
    this.#killRunning = reason => die('error', 'Runtime.ExitError', reason);
    const seconds = this.#definition.timeoutSeconds;
    const timer = setTimeout(() => {
      die('timeout', 'Sandbox.Timedout', `Task timed out after ${seconds} seconds`);
      this.#end('');
    }, seconds * 1000);
    const handle = await this.#instance;
    const result = await Promise.race([
      outcome.promise,
      actAs(invocation, () => perform(handle, payload, contextOf(this.#definition, requestId))),
    ]);
    clearTimeout(timer);
    this.#killRunning = nothing;
    finish(result);
    return result;
  }

  #newInvocation(): Invocation {
    const { skewMs, newRandom, invocations } = this.#host;
    const definition = this.#definition;
    const kill = () => this.kill();
    const invocation: Invocation = { ...newActor(skewMs), random: newRandom(), definition, kill };
    invocations.add(invocation);
    return invocation;
  }

  /** Ends what runs here, and leaves the module to the next environment. */
  #end(reason: string): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#killRunning(reason);
    this.#exited.resolve();
    void this.#instance.then(handler => idleInstances.get(this.#definition.codeDirectory)?.push(handler));
  }
}

function nothing(_reason: string): void {}

async function perform(handle: Handler, payload: string, context: object): Promise<Outcome> {
  try {
    const result = (await handle(JSON.parse(payload), context)) ?? null;
    return { kind: 'success', payload: JSON.stringify(result) };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return { kind: 'error', payload: failure(name, message) };
  }
}

const failure = (errorType: string, errorMessage: string) =>
  JSON.stringify({ errorType, errorMessage, trace: [] });

function contextOf({ name, timeoutSeconds, memoryMb }: FunctionDefinition, awsRequestId: string) {
  const deadline = Date.now() + timeoutSeconds * 1000;
  return {
    awsRequestId,
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: functionArn(name),
    memoryLimitInMB: String(memoryMb),
    logGroupName: `/aws/lambda/${name}`,
    logStreamName: 'in-process',
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

async function takeInstance({ codeDirectory, environment, name }: FunctionDefinition): Promise<Handler> {
  const idle = idleInstances.get(codeDirectory) ?? [];
  idleInstances.set(codeDirectory, idle);
  const known = idle.pop();
  if (known !== undefined) return known;
  // Read when the module is loaded. Loads of two functions must not mix: they are told apart by
  // nothing but the order.
  loading = loading.then(async () => {
    Object.assign(process.env, QUIET, environment, { AWS_LAMBDA_FUNCTION_NAME: name });
    const url = pathToFileURL(join(codeDirectory, 'index.mjs'));
    const { handler } = (await import(`${url}?instance=${++instances}`)) as { handler: Handler };
    return handler;
  });
  return (await loading) as Handler;
}

let loading: Promise<unknown> = Promise.resolve();

/** Beside each function's own. Nobody reads the logs of thousands of runs. */
const QUIET = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'in-process',
  AWS_SECRET_ACCESS_KEY: 'none',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
  POWERTOOLS_LOG_LEVEL: 'SILENT',
  POWERTOOLS_METRICS_DISABLED: 'true',
};
