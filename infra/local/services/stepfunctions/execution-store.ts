import type { DurableStore } from '../../kernel/durable-map.ts';
import type { HistoryEvent, NewEvent } from './history.ts';
import { runtimeFailure } from './state-failure.ts';

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
  /** The state of the top level that is in progress, and its input as JSON. */
  readonly current: { readonly state: string; readonly input: string };
  /** Events in its history when this was written; later ones may follow. */
  readonly events: number;
}

/** AWS fails an execution whose history reaches this many events. */
const MAX_HISTORY_EVENTS = 25_000;
/** AWS keeps closed executions for 90 days; here the number bounds them, so that the state on disk stays flat. */
const CLOSED_EXECUTIONS_KEPT = 300;

export interface ExecutionStore {
  get(arn: string): ExecutionRecord | undefined;
  /** In the order they started. */
  all(): ExecutionRecord[];
  save(record: ExecutionRecord): void;
  /**
   * @param isLast the one event for which there is always room
   * @throws StateFailure when the history is full
   */
  append(arn: string, event: NewEvent, at: number, isLast?: boolean): void;
  history(arn: string): HistoryEvent[];
  /** Forgets the oldest closed executions; their names are free again. */
  prune(): void;
}

export function createExecutionStore(store: DurableStore): ExecutionStore {
  const records = store.map<ExecutionRecord>('step-functions-executions');
  const events = store.map<HistoryEvent>('step-functions-history');
  const key = (arn: string, id: number) => `${arn}#${id}`;
  const known = new Map(records.values().map(record => [record.arn, record]));
  const counts = new Map<string, number>();
  for (const { arn, events: written } of known.values()) {
    let count = written;
    while (events.get(key(arn, count + 1)) !== undefined) count += 1;
    counts.set(arn, count);
  }
  const countOf = (arn: string) => counts.get(arn) ?? 0;

  return {
    get: arn => known.get(arn),
    all: () => [...known.values()],
    save(record) {
      const counted = { ...record, events: countOf(record.arn) };
      known.set(record.arn, counted);
      records.set(record.arn, counted);
    },
    append(arn, event, at, isLast = false) {
      const previousEventId = countOf(arn);
      const id = previousEventId + 1;
      if (id >= MAX_HISTORY_EVENTS && !isLast)
        throw runtimeFailure(
          `The execution reached the maximum number of history events (${MAX_HISTORY_EVENTS}).`,
        );
      events.set(key(arn, id), { ...event, id, previousEventId, timestamp: at / 1000 });
      counts.set(arn, id);
    },
    history: arn =>
      Array.from({ length: countOf(arn) }, (_, index) => events.get(key(arn, index + 1))).filter(
        event => event !== undefined,
      ),
    prune() {
      const closed = [...known.values()].filter(record => record.status !== 'RUNNING');
      for (const { arn } of closed.slice(0, Math.max(0, closed.length - CLOSED_EXECUTIONS_KEPT))) {
        // The record last: a crash in between leaves something that the next start still finds and prunes.
        for (let id = countOf(arn); id > 0; id -= 1) events.delete(key(arn, id));
        records.delete(arn);
        known.delete(arn);
        counts.delete(arn);
      }
    },
  };
}
