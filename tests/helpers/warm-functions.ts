import { realpathSync } from 'node:fs';
import {
  type ExecutionEnvironment,
  type StartEnvironment,
  startExecutionEnvironment,
} from '../../infra/local/services/lambda/execution-environment.ts';
import type { FunctionDefinition } from '../../infra/local/services/lambda/function-definition.ts';

/** A function's process, and who reads its log now. */
interface WarmProcess {
  readonly environment: ExecutionEnvironment;
  onLogLine: (line: string) => void;
}

/** Processes that no cloud uses, by all that they were started with. */
const idle = new Map<string, WarmProcess[]>();
let idleCount = 0;

/** Of about 70 MB each, in every worker of the test runner. */
const MOST_IDLE = 24;

const unread = () => undefined;

/**
 * Starts functions in processes that outlive their cloud: the next cloud of this test worker with
 * the same settings and addresses takes them over. Starting them costs more than everything else
 * that a small test does. A process that is killed at work is gone, as ever.
 */
export const startWarmEnvironment: StartEnvironment = (definition, endpoint, onLogLine) => {
  // An assembly made for a test links to the code of the synthesised one.
  const deployed = { ...definition, codeDirectory: realpathSync(definition.codeDirectory) };
  const key = JSON.stringify([deployed, endpoint]);
  const warm = takeIdle(key) ?? startProcess(deployed, endpoint);
  warm.onLogLine = onLogLine;
  return lease(warm, key);
};

function startProcess(definition: FunctionDefinition, endpoint: string): WarmProcess {
  const warm: WarmProcess = {
    environment: startExecutionEnvironment(definition, endpoint, line => warm.onLogLine(line)),
    onLogLine: unread,
  };
  return warm;
}

/** The process for one cloud: what that cloud retires without work goes back to the others. */
function lease(warm: WarmProcess, key: string): ExecutionEnvironment {
  const { environment } = warm;
  const ended = Promise.withResolvers<void>();
  let isOver = false;
  let isAtWork = false;
  const end = () => {
    isOver = true;
    ended.resolve();
  };
  void environment.exited.then(end);

  return {
    functionName: environment.functionName,
    exited: ended.promise,
    get alive() {
      return !isOver && environment.alive;
    },
    async run(requestId, payload) {
      isAtWork = true;
      return await environment.run(requestId, payload).finally(() => {
        isAtWork = false;
      });
    },
    kill() {
      if (isOver) return;
      if (isAtWork || !environment.alive || idleCount >= MOST_IDLE) return environment.kill();
      warm.onLogLine = unread;
      putIdle(key, warm);
      end();
    },
  };
}

function putIdle(key: string, warm: WarmProcess): void {
  idle.set(key, [...(idle.get(key) ?? []), warm]);
  idleCount++;
}

function takeIdle(key: string): WarmProcess | undefined {
  for (;;) {
    const warm = idle.get(key)?.pop();
    if (warm === undefined) return undefined;
    idleCount--;
    if (warm.environment.alive) return warm;
  }
}
