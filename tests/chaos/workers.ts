import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { CrashPoint } from './crash-points.ts';
import type { RandomRun } from './random-run.ts';

export type Job =
  | { readonly kind: 'crash points'; readonly scenarios?: readonly string[] | undefined }
  | { readonly kind: 'crash point'; readonly point: CrashPoint }
  | { readonly kind: 'guard'; readonly guard: string }
  | { readonly kind: 'seed'; readonly seed: number };

/** From a worker, for each job. */
export interface Reply {
  readonly result?: unknown;
  readonly error?: string;
  readonly memoryBytes: number;
}

interface Results {
  readonly 'crash points': CrashPoint[];
  readonly 'crash point': string[];
  readonly guard: string[];
  readonly seed: RandomRun;
}

type ResultOf<J extends Job> = Results[J['kind']];

/** A worker that has grown beyond this is replaced. */
const MOST_MEMORY_BYTES = 1_200_000_000;

interface RunOptions<J extends Job> {
  /** @default as many as there are cores */
  readonly workers?: number;
  /** Told of each result as it comes, in no order. */
  readonly onResult?: (job: J, result: ResultOf<J>) => void;
}

/**
 * Runs jobs in processes of their own: each takes its process's clocks and network over.
 *
 * @returns the results in the order of the jobs
 * @throws Error of the first job that could not be done
 */
export async function runInWorkers<J extends Job>(
  jobs: readonly J[],
  { workers = availableParallelism(), onResult = () => undefined }: RunOptions<J> = {},
): Promise<ResultOf<J>[]> {
  const results: ResultOf<J>[] = [];
  const queue = jobs.entries();
  const work = async () => {
    let worker: Worker | undefined;
    try {
      for (const [index, job] of queue) {
        worker ??= startWorker();
        const { result, error, memoryBytes } = await worker.run(job);
        if (error !== undefined) throw new Error(`${JSON.stringify(job)}: ${error}`);
        // The worker does what the job's kind says.
        results[index] = result as ResultOf<J>;
        onResult(job, result as ResultOf<J>);
        if (memoryBytes > MOST_MEMORY_BYTES) {
          worker.kill();
          worker = undefined;
        }
      }
    } finally {
      worker?.kill();
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, jobs.length) }, work));
  return results;
}

interface Worker {
  /** One job at a time. */
  run(job: Job): Promise<Reply>;
  kill(): void;
}

function startWorker(): Worker {
  const child = fork(join(import.meta.dirname, 'worker.ts'), [], {
    // Most of what a run makes is garbage at its end.
    execArgv: ['--max-semi-space-size=64'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  let current: PromiseWithResolvers<Reply> | undefined;
  child.on('message', (reply: Reply) => current?.resolve(reply));
  child.on('exit', code => current?.resolve({ error: `The worker ended with ${code}`, memoryBytes: 0 }));
  return {
    run(job) {
      current = Promise.withResolvers<Reply>();
      child.send(job);
      return current.promise;
    },
    kill: () => void child.kill(),
  };
}
