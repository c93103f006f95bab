/**
 * The child's side of an execution environment: loads the handler once, then runs one invocation at
 * a time. AWS freezes a process between invocations; here, work that a handler leaves behind goes
 * on.
 */
import { existsSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { InvocationMessage, ProcessMessage } from './function-definition.ts';

type Handler = (event: unknown, context: object) => unknown;

/** AWS quotes this number, 100 bytes above 6 MiB, in its error message. */
const MAXIMUM_RESPONSE_BYTES = 6_291_556;

const send = process.send?.bind(process);
fetchLocally(process.env['LOCAL_URLS'] ?? '{}');
// On AWS a handler finds neither this channel nor these variables.
delete process.send;
delete process.env['NODE_COMPILE_CACHE'];
delete process.env['LOCAL_URLS'];

/** Has the function reach on this machine what has a URL on AWS, such as a distribution. */
function fetchLocally(json: string): void {
  const urls = Object.entries(JSON.parse(json) as Readonly<Record<string, string>>);
  const remote = globalThis.fetch;
  globalThis.fetch = (input, init) => {
    const [from, to] = urls.find(([url]) => String(input).startsWith(`${url}/`)) ?? ['', ''];
    return remote(typeof input === 'string' ? `${to}${input.slice(from.length)}` : input, init);
  };
}

let requestId = '';

function report(message: ProcessMessage, sent: () => void = () => undefined): void {
  send?.(message, undefined, undefined, sent);
}

function runtimeError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

function errorPayload(error: unknown): string {
  return JSON.stringify(
    error instanceof Error
      ? { errorType: error.name, errorMessage: error.message, trace: error.stack?.split('\n') ?? [] }
      : { errorType: typeof error, errorMessage: String(error), trace: [] },
  );
}

/** The line that AWS's own runtime leaves in the function's log. */
function logError(what: string, payload: string): void {
  process.stderr.write(`${new Date().toISOString()}\t${requestId}\tERROR\t${what}\t${payload}\n`);
}

function crash(what: string, error: unknown, exitCode: number): void {
  const payload = errorPayload(error);
  logError(what, payload);
  report({ kind: 'crashed', payload }, () => process.exit(exitCode));
}

async function importModule(taskRoot: string, modulePath: string): Promise<unknown> {
  const file = ['.js', '.mjs', '.cjs'].map(ending => join(taskRoot, modulePath + ending)).find(existsSync);
  if (file === undefined)
    throw runtimeError('Runtime.ImportModuleError', `Error: Cannot find module '${modulePath}'`);
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    if (error instanceof SyntaxError) throw runtimeError('Runtime.UserCodeSyntaxError', String(error));
    // Only a module that `require` misses gets this name; AWS keeps the error of a missing
    // `import`.
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND')
      throw runtimeError('Runtime.ImportModuleError', String(error));
    throw error;
  }
}

function isHandler(value: unknown): value is Handler {
  return typeof value === 'function';
}

function findExport(module: unknown, exportPath: string): unknown {
  return exportPath
    .split('.')
    .reduce<unknown>(
      (found, key) => (typeof found === 'object' && found !== null ? Reflect.get(found, key) : undefined),
      module,
    );
}

async function loadHandler(taskRoot: string, name: string): Promise<Handler> {
  const [, modulePath, exportPath] = /^((?:.*\/)?[^/.]+)\.(.+)$/.exec(name) ?? [];
  if (modulePath === undefined || exportPath === undefined || name.includes('..'))
    throw runtimeError('Runtime.MalformedHandlerName', 'Bad handler');

  const module = await importModule(taskRoot, modulePath);
  const handler = findExport(module, exportPath) ?? findExport(module, `default.${exportPath}`);
  if (handler === undefined || handler === null)
    throw runtimeError('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
  if (!isHandler(handler)) throw runtimeError('Runtime.HandlerNotFound', `${name} is not a function`);
  if (handler.length >= 3)
    throw runtimeError(
      'Runtime.CallbackHandlerDeprecated',
      'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. ' +
        'You need to modify this function to use a supported handler signature to use Node.js 24 or later.',
    );
  return handler;
}

function serialize(result: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(result);
  } catch (cause) {
    throw new Error('Unable to stringify response body', { cause });
  }
  // JSON has no undefined and no functions: Lambda returns null.
  const payload = text ?? 'null';
  if (Buffer.byteLength(payload) > MAXIMUM_RESPONSE_BYTES)
    throw runtimeError(
      'Function.ResponseSizeTooLarge',
      `Response payload size exceeded maximum allowed payload size (${MAXIMUM_RESPONSE_BYTES} bytes).`,
    );
  return payload;
}

async function run(handler: Handler, { payload, deadline, context }: InvocationMessage): Promise<void> {
  requestId = context.awsRequestId;
  try {
    const result = await handler(JSON.parse(payload), {
      ...context,
      getRemainingTimeInMillis: () => deadline - Date.now(),
    });
    report({ kind: 'returned', payload: serialize(result) });
  } catch (error) {
    const failure = errorPayload(error);
    logError('Invoke Error', failure);
    report({ kind: 'threw', payload: failure });
  }
}

process.on('uncaughtException', error => crash('Uncaught Exception', error, 129));
process.on('unhandledRejection', reason =>
  crash(
    'Unhandled Promise Rejection',
    runtimeError('Runtime.UnhandledPromiseRejection', String(reason)),
    128,
  ),
);
process.on('disconnect', () => process.exit());
// Ctrl-C reaches the whole process group, but the parent decides when a function's process ends.
process.on('SIGINT', () => undefined);

const [taskRoot = '', handlerName = ''] = process.argv.slice(2);
try {
  const handler = await loadHandler(taskRoot, handlerName);
  process.on('message', (message: InvocationMessage) => void run(handler, message));
  report({ kind: 'ready' });
  // Node writes the cache when a process exits, but this one will be killed.
  flushCompileCache();
} catch (error) {
  crash('Init Error', error, 1);
}
