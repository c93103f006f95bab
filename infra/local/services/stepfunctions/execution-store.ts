import type { DurableStore } from '../../kernel/durable-map.ts';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

export interface ExecutionRecord {
  readonly arn: string;
  readonly machineArn: string;
  readonly name: string;
  /** JSON, byte for byte as given. */
  readonly input: string;
  readonly status: ExecutionStatus;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly stoppedAt?: number;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
  /** The state in progress, and its input as JSON. */
  readonly current: { readonly state: string; readonly input: string };
}

/**
 * AWS keeps closed executions for 90 days. Here their number is bounded, so that the state on disk
 * is too.
 */
const CLOSED_EXECUTIONS_KEPT = 300;

export interface ExecutionStore {
  get(arn: string): ExecutionRecord | undefined;
  /** In the order they started. */
  all(): ExecutionRecord[];
  save(record: ExecutionRecord): void;
  /** Forgets one execution. */
  remove(arn: string): void;
  /** Forgets the oldest closed executions; their names are free again. */
  prune(): void;
}

export function createExecutionStore(store: DurableStore): ExecutionStore {
  const records = store.map<ExecutionRecord>('step-functions-executions');
  const known = new Map(records.values().map(record => [record.arn, record]));
  const remove = (arn: string) => {
    records.delete(arn);
    known.delete(arn);
  };
  return {
    get: arn => known.get(arn),
    all: () => [...known.values()],
    save(record) {
      known.set(record.arn, record);
      records.set(record.arn, record);
    },
    remove,
    prune() {
      const closed = [...known.values()].filter(record => record.status !== 'RUNNING');
      for (const { arn } of closed.slice(0, Math.max(0, closed.length - CLOSED_EXECUTIONS_KEPT))) {
        remove(arn);
      }
    },
  };
}
