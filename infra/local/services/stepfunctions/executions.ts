import { AwsError } from '../../kernel/aws-api.ts';
import type { DurableStore } from '../../kernel/durable-map.ts';
import type { Journal } from '../../kernel/journal.ts';
import { type Outcome, type Run, type RunSurroundings, startRun } from './execution.ts';
import { createExecutionStore, type ExecutionRecord } from './execution-store.ts';
import type { Machine } from './machine.ts';
import { statusChangeEvent } from './status-change-event.ts';

export interface ExecutionsOptions
  extends Pick<RunSurroundings, 'invokeFunction' | 'endpoint' | 'timeScale' | 'now'> {
  readonly machines: ReadonlyMap<string, Machine>;
  readonly store: DurableStore;
  readonly journal: Journal;
  /** Hands an execution's change of status to EventBridge. */
  readonly publish: (event: object) => void;
}

/** The executions of all machines: started, followed, ended, and continued after the process ended. */
export interface Executions {
  /** @throws AwsError `ExecutionAlreadyExists` unless the same name runs with the same input */
  start(machine: Machine, name: string, input: string): ExecutionRecord;
  /** @throws AwsError `ExecutionDoesNotExist` */
  get(arn: string): ExecutionRecord;
  /** Newest first. */
  list(machineArn: string): ExecutionRecord[];
  abort(arn: string, reason: { error?: string | undefined; cause?: string | undefined }): ExecutionRecord;
  resume(): void;
  /** Ends the runs and leaves the executions RUNNING for `resume`. */
  stop(): Promise<void>;
}

type End = Outcome | { readonly status: 'ABORTED'; readonly error?: string; readonly cause?: string };

export function createExecutions(options: ExecutionsOptions): Executions {
  const { machines, journal, now } = options;
  const records = createExecutionStore(options.store);
  const runs = new Map<string, Run & { readonly ended: Promise<void> }>();

  const end = (arn: string, outcome: End): ExecutionRecord => {
    const record = find(arn);
    if (record.status !== 'RUNNING') return record;
    const ended = { ...record, ...outcome, stoppedAt: now() };
    records.save(ended);
    runs.get(arn)?.abort();
    runs.delete(arn);
    records.prune();
    const { status, ...details } = outcome;
    const { error, cause } = 'error' in details || 'cause' in details ? details : {};
    journal.record({
      kind: 'execution',
      machineArn: record.machineArn,
      name: record.name,
      status,
      ...(error === undefined ? {} : { error }),
      ...(cause === undefined ? {} : { cause }),
    });
    options.publish(statusChangeEvent(ended, ended.stoppedAt));
    return ended;
  };

  const run = (machine: Machine, { arn, name, startedAt, current }: ExecutionRecord) => {
    const started = startRun(
      machine,
      { ...current, startedAt },
      {
        ...options,
        onStateEntered: (state, stateInput) => {
          records.save({ ...find(arn), current: { state, input: stateInput } });
          journal.record({ kind: 'execution', machineArn: machine.arn, name, status: 'RUNNING', state });
        },
      },
    );
    const ended = started.outcome.then(outcome => {
      if (outcome !== undefined) end(arn, outcome);
    });
    runs.set(arn, { ...started, ended });
  };

  const find = (arn: string): ExecutionRecord => {
    const record = records.get(arn);
    if (record === undefined)
      throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
    return record;
  };

  return {
    get: find,
    list: machineArn =>
      records
        .all()
        .filter(record => record.machineArn === machineArn)
        .reverse(),
    start(machine, name, input) {
      const arn = `${machine.arn.replace(':stateMachine:', ':execution:')}:${name}`;
      const existing = records.get(arn);
      if (existing?.status === 'RUNNING' && existing.input === input) return existing;
      if (existing !== undefined)
        throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
      const record: ExecutionRecord = {
        arn,
        machineArn: machine.arn,
        name,
        input,
        status: 'RUNNING',
        startedAt: now(),
        current: { state: machine.runnable.StartAt, input },
      };
      records.save(record);
      journal.record({ kind: 'execution', machineArn: machine.arn, name, status: 'RUNNING' });
      options.publish(statusChangeEvent(record, record.startedAt));
      run(machine, record);
      return record;
    },
    abort: (arn, { error, cause }) =>
      end(arn, {
        status: 'ABORTED',
        ...(error === undefined ? {} : { error }),
        ...(cause === undefined ? {} : { cause }),
      }),
    resume() {
      const interrupted = records.all().filter(({ arn, status }) => status === 'RUNNING' && !runs.has(arn));
      for (const record of interrupted) {
        const machine = machines.get(record.machineArn);
        if (machine !== undefined && record.current.state in machine.runnable.States) run(machine, record);
        else
          end(record.arn, { status: 'ABORTED', cause: `The state ${record.current.state} no longer exists` });
      }
    },
    async stop() {
      const ending = [...runs.values()];
      for (const { abort } of ending) abort();
      runs.clear();
      await Promise.all(ending.map(({ ended }) => ended));
    },
  };
}
