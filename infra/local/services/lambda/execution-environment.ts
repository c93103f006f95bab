import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { AwsError, LOCAL_ACCOUNT, LOCAL_REGION } from '../../kernel/aws-api.ts';
import type { FunctionDefinition, InvocationMessage, ProcessMessage } from './function-definition.ts';

const PROCESS_FILE = fileURLToPath(new URL('./function-process.ts', import.meta.url));

/**
 * V8's compiled code, shared by successive processes: compiling is most of a start. Node's default
 * folder.
 */
const COMPILE_CACHE = join(tmpdir(), 'node-compile-cache');

/** Time that AWS grants for loading modules before the function's timeout begins. */
const INIT_SECONDS = 10;

/** AWS's words for the signals that end a function. */
const SIGNAL_WORDS: Readonly<Record<string, string>> = {
  SIGABRT: 'aborted',
  SIGKILL: 'killed',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
};

export interface Outcome {
  readonly kind: 'success' | 'error' | 'timeout';
  readonly payload: string;
}

/**
 * One process of one function: warm once it has run, and never shared by two invocations at a time.
 */
export interface ExecutionEnvironment {
  readonly functionName: string;
  /** False once the process has ended, or is about to. */
  readonly alive: boolean;
  /** Resolves when the process has ended. */
  readonly exited: Promise<void>;
  /** Every failure is an outcome: this never rejects. */
  run(requestId: string, payload: string): Promise<Outcome>;
  kill(): void;
}

export function functionArn(name: string): string {
  return `arn:aws:lambda:${LOCAL_REGION}:${LOCAL_ACCOUNT}:function:${name}`;
}

/** Variables that AWS sets itself and refuses in a function's configuration. */
function reservedVariables(definition: FunctionDefinition, logStreamName: string): Record<string, string> {
  return {
    _HANDLER: definition.handler,
    AWS_ACCESS_KEY_ID: definition.roleAccessKeyId,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_REGION: LOCAL_REGION,
    AWS_DEFAULT_REGION: LOCAL_REGION,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(definition.memoryMb),
    AWS_LAMBDA_FUNCTION_NAME: definition.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${definition.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: logStreamName,
    LAMBDA_TASK_ROOT: definition.codeDirectory,
  };
}

/**
 * @throws AwsError InvalidParameterValueException if the function sets a variable that belongs to
 * AWS
 */
export function assertNoReservedVariables(definition: FunctionDefinition): void {
  const reserved = new Set([
    ...Object.keys(reservedVariables(definition, '')),
    'AWS_SESSION_TOKEN',
    '_X_AMZN_TRACE_ID',
  ]);
  const used = Object.keys(definition.environment).filter(name => reserved.has(name));
  if (used.length > 0)
    throw new AwsError(
      'InvalidParameterValueException',
      'Lambda was unable to configure your environment variables because the environment variables you have ' +
        'provided contains reserved keys that are currently not supported for modification. ' +
        `Reserved keys used in this request: ${used.join(', ')}`,
    );
}

function startProcess(definition: FunctionDefinition, endpoint: string, logStreamName: string): ChildProcess {
  return fork(PROCESS_FILE, [definition.codeDirectory, definition.handler], {
    execPath: process.execPath,
    execArgv: [`--max-old-space-size=${definition.memoryMb}`],
    cwd: definition.codeDirectory,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      TZ: 'UTC',
      PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
      // Otherwise an SDK would read the settings of the user who runs the local cloud.
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      LOCAL_URLS: JSON.stringify(definition.localUrls ?? {}),
      ...definition.environment,
      ...reservedVariables(definition, logStreamName),
      AWS_ENDPOINT_URL: endpoint,
    },
  });
}

function exitReason(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal !== null) return `Runtime exited with error: signal: ${SIGNAL_WORDS[signal] ?? signal}`;
  if (code === 0) return 'Runtime exited without providing a reason';
  return `Runtime exited with error: exit status ${code}`;
}

function invocationMessage(
  definition: FunctionDefinition,
  invocation: { readonly requestId: string; readonly payload: string; readonly logStreamName: string },
): InvocationMessage {
  return {
    payload: invocation.payload,
    deadline: Date.now() + definition.timeoutSeconds * 1000,
    context: {
      awsRequestId: invocation.requestId,
      functionName: definition.name,
      functionVersion: '$LATEST',
      invokedFunctionArn: functionArn(definition.name),
      memoryLimitInMB: String(definition.memoryMb),
      logGroupName: `/aws/lambda/${definition.name}`,
      logStreamName: invocation.logStreamName,
    },
  };
}

/** @param onLogLine called with every line the process writes to stdout or stderr */
export type StartEnvironment = (
  definition: FunctionDefinition,
  endpoint: string,
  onLogLine: (line: string) => void,
) => ExecutionEnvironment;

export const startExecutionEnvironment: StartEnvironment = (definition, endpoint, onLogLine) =>
  new FunctionProcess(definition, endpoint, onLogLine);

class FunctionProcess implements ExecutionEnvironment {
  readonly #definition: FunctionDefinition;
  readonly #logStreamName = newLogStreamName();
  readonly #child: ChildProcess;
  readonly #ready = Promise.withResolvers<void>();
  readonly #exited = Promise.withResolvers<void>();
  #isAlive = true;
  /** Why the process ended. */
  #endReason: string | undefined;
  #invocation: Invocation | undefined;

  constructor(definition: FunctionDefinition, endpoint: string, onLogLine: (line: string) => void) {
    this.#definition = definition;
    this.#child = startProcess(definition, endpoint, this.#logStreamName);
    this.#child.on('message', (message: ProcessMessage) => this.#receive(message));
    this.#child.once('error', error => this.#end(`Runtime failed to start: ${error.message}`));
    // `close`, not `exit`: by then the last message and the last log lines have been read.
    this.#child.once('close', (code, signal) => this.#end(exitReason(code, signal)));
    this.#child.once('exit', () => {
      this.#isAlive = false;
      this.#exited.resolve();
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      if (stream !== null) createInterface({ input: stream }).on('line', onLogLine);
  }

  get functionName(): string {
    return this.#definition.name;
  }

  get alive(): boolean {
    return this.#isAlive;
  }

  get exited(): Promise<void> {
    return this.#exited.promise;
  }

  async run(requestId: string, payload: string): Promise<Outcome> {
    const invocation = createInvocation(requestId);
    this.#invocation = invocation;
    if (this.#endReason !== undefined) invocation.fail('error', 'Runtime.ExitError', this.#endReason);
    const { timeoutSeconds } = this.#definition;
    let timer = this.#timeOutAfter(Math.max(INIT_SECONDS, timeoutSeconds), invocation);
    void this.#ready.promise.then(() => {
      clearTimeout(timer);
      timer = this.#timeOutAfter(timeoutSeconds, invocation);
      this.#send(requestId, payload);
    });
    return await invocation.outcome.finally(() => {
      clearTimeout(timer);
      this.#invocation = undefined;
    });
  }

  kill(): void {
    this.#isAlive = false;
    this.#child.kill('SIGKILL');
  }

  #timeOutAfter(seconds: number, invocation: Invocation): NodeJS.Timeout {
    return setTimeout(() => {
      const granted = this.#definition.timeoutSeconds.toFixed(2);
      invocation.fail('timeout', 'Sandbox.Timedout', `Task timed out after ${granted} seconds`);
      this.kill();
    }, seconds * 1000);
  }

  #send(requestId: string, payload: string): void {
    const logStreamName = this.#logStreamName;
    const message = invocationMessage(this.#definition, { requestId, payload, logStreamName });
    // If the channel has just closed, `close` reports it.
    this.#child.send(message, () => undefined);
  }

  #receive(message: ProcessMessage): void {
    if (message.kind === 'ready') {
      this.#ready.resolve();
      return;
    }
    if (message.kind === 'crashed') this.#isAlive = false;
    const kind = message.kind === 'returned' ? 'success' : 'error';
    this.#invocation?.settle({ kind, payload: message.payload });
  }

  #end(reason: string): void {
    this.#isAlive = false;
    this.#endReason = reason;
    this.#invocation?.fail('error', 'Runtime.ExitError', reason);
    this.#exited.resolve();
  }
}

/** One run of the handler. Whatever settles it first is its outcome. */
interface Invocation {
  readonly outcome: Promise<Outcome>;
  settle(outcome: Outcome): void;
  /** Settles it with an error of the runtime's own, in AWS's shape. */
  fail(kind: 'error' | 'timeout', errorType: string, reason: string): void;
}

function createInvocation(requestId: string): Invocation {
  const { promise: outcome, resolve: settle } = Promise.withResolvers<Outcome>();
  return {
    outcome,
    settle,
    fail(kind, errorType, reason) {
      const errorMessage = `RequestId: ${requestId} Error: ${reason}`;
      settle({ kind, payload: JSON.stringify({ errorType, errorMessage }) });
    },
  };
}

function newLogStreamName(): string {
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/');
  return `${day}/[$LATEST]${randomBytes(16).toString('hex')}`;
}
