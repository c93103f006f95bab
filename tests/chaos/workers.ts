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
  /** Called with each result as it arrives, in no particular order. */
  readonly onResult?: (job: J, result: ResultOf<J>) => void;
}

export interface Workers {
  /**
   * @returns the results in the order of the jobs
   * @throws Error of the first job that could not be done
   */
  run<J extends Job>(jobs: readonly J[], options?: RunOptions<J>): Promise<ResultOf<J>[]>;
  stop(): void;
}

/**
 * Processes that run jobs one at a time: each job takes its process's clocks and network over. A
 * process takes seconds to load the functions' bundles, so it is kept for later jobs.
 *
 * @param count processes at once
 */
export function createWorkers(count = availableParallelism()): Workers {
  const slots: Slot[] = Array.from({ length: count }, () => ({}));

  async function runOne<J extends Job>(slot: Slot, job: J): Promise<ResultOf<J>> {
    slot.worker ??= startWorker();
    const { result, error, memoryBytes } = await slot.worker.run(job);
    if (error !== undefined || memoryBytes > MOST_MEMORY_BYTES) stopWorker(slot);
    if (error !== undefined) throw new Error(`${JSON.stringify(job)}: ${error}`);
    // The worker does what the job's kind says.
    return result as ResultOf<J>;
  }

  return {
    async run(jobs, { onResult } = {}) {
      const results: ResultOf<(typeof jobs)[number]>[] = [];
      const queue = jobs.entries();
      const work = async (slot: Slot) => {
        for (const [index, job] of queue) {
          const result = await runOne(slot, job);
          results[index] = result;
          onResult?.(job, result);
        }
      };
      await Promise.all(slots.map(work));
      return results;
    },
    stop() {
      for (const slot of slots) stopWorker(slot);
    },
  };
}

/** Where a worker runs. */
interface Slot {
  worker?: Worker;
}

function stopWorker(slot: Slot): void {
  slot.worker?.kill();
  delete slot.worker;
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
