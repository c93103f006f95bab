import type { ExecutionEnvironment } from './execution-environment.ts';
import type { FunctionDefinition } from './function-definition.ts';

export interface WarmEnvironmentsOptions {
  readonly start: (definition: FunctionDefinition) => ExecutionEnvironment;
  /** From this number of environments on, a new one takes the place of the longest idle. */
  readonly limit: number;
  /** How long an idle environment is kept, real time. */
  readonly idleSeconds: number;
}

/** The processes of all functions, kept warm between invocations. */
export interface WarmEnvironments {
  /** An idle environment of the function, or a new one. */
  take(definition: FunctionDefinition): ExecutionEnvironment;
  /** Keeps an environment for the next invocation. */
  giveBack(environment: ExecutionEnvironment): void;
  /** Kills the environments of some functions. @returns resolves when their processes have ended */
  kill(isMeant: (functionName: string) => boolean): Promise<unknown>;
}

export function createWarmEnvironments(options: WarmEnvironmentsOptions): WarmEnvironments {
  const environments = new Set<ExecutionEnvironment>();
  /** Idle environments, the longest idle first. */
  const idle = new Map<ExecutionEnvironment, NodeJS.Timeout>();

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
    if (environments.size >= options.limit && longestIdle !== undefined) retire(longestIdle);
    const environment = options.start(definition);
    environments.add(environment);
    void environment.exited.then(() => {
      forgetIdle(environment);
      environments.delete(environment);
    });
    return environment;
  }

  return {
    take(definition) {
      // The most recently used, as AWS does, so that the others may grow old.
      const known = [...idle.keys()].findLast(({ functionName }) => functionName === definition.name);
      if (known === undefined) return start(definition);
      forgetIdle(known);
      return known;
    },
    giveBack(environment) {
      if (!environment.alive) return;
      const timer = setTimeout(() => retire(environment), options.idleSeconds * 1000).unref();
      idle.set(environment, timer);
    },
    kill(isMeant) {
      const ending = [...environments].filter(({ functionName }) => isMeant(functionName));
      ending.forEach(retire);
      return Promise.all(ending.map(environment => environment.exited));
    },
  };
}
