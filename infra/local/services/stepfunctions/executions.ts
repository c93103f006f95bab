import { AwsError } from '../../kernel/aws-api.ts';
import type { DurableStore } from '../../kernel/durable-map.ts';
import type { Journal } from '../../kernel/journal.ts';
import { type Outcome, type Run, type RunSurroundings, startRun } from './execution.ts';
import { createExecutionStore, type ExecutionRecord, type ExecutionStore } from './execution-store.ts';
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

type End = Outcome | { readonly status: 'ABORTED'; readonly error?: string; readonly cause?: string };

/**
 * The executions of all machines: started, followed, ended, and continued after the process ended.
 */
export class Executions {
  readonly #options: ExecutionsOptions;
  readonly #records: ExecutionStore;
  readonly #runs = new Map<string, Run & { readonly ended: Promise<void> }>();

  constructor(options: ExecutionsOptions) {
    this.#options = options;
    this.#records = createExecutionStore(options.store);
  }

  /** @throws AwsError `ExecutionDoesNotExist` */
  get(arn: string): ExecutionRecord {
    const record = this.#records.get(arn);
    if (record !== undefined) return record;
    throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
  }

  /** Newest first. */
  list(machineArn: string): ExecutionRecord[] {
    return this.#records
      .all()
      .filter(record => record.machineArn === machineArn)
      .reverse();
  }

  /** @throws AwsError `ExecutionAlreadyExists` unless the same name runs with the same input */
  start(machine: Machine, name: string, input: string): ExecutionRecord {
    const arn = `${machine.arn.replace(':stateMachine:', ':execution:')}:${name}`;
    const existing = this.#records.get(arn);
    if (existing?.status === 'RUNNING' && existing.input === input) return existing;
    if (existing !== undefined)
      throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    const record: ExecutionRecord = {
      arn,
      machineArn: machine.arn,
      name,
      input,
      status: 'RUNNING',
      startedAt: this.#options.now(),
      current: { state: machine.runnable.StartAt, input },
    };
    this.#records.save(record);
    this.#options.journal.record({
      kind: 'execution',
      machineArn: machine.arn,
      name,
      status: 'RUNNING',
    });
    this.#options.publish(statusChangeEvent(record, record.startedAt));
    this.#run(machine, record);
    return record;
  }

  abort(arn: string, { error, cause }: { error?: string | undefined; cause?: string | undefined }) {
    return this.#end(arn, {
      status: 'ABORTED',
      ...(error === undefined ? {} : { error }),
      ...(cause === undefined ? {} : { cause }),
    });
  }

  /** Forgets all executions of a machine. None of them may run. */
  forget(machineArn: string): void {
    for (const { arn } of this.list(machineArn)) this.#records.remove(arn);
  }

  /** Continues the executions that were running when the process ended. */
  resume(): void {
    const interrupted = this.#records
      .all()
      .filter(({ arn, status }) => status === 'RUNNING' && !this.#runs.has(arn));
    for (const record of interrupted) {
      const { arn, machineArn, current } = record;
      const machine = this.#options.machines.get(machineArn);
      if (machine !== undefined && current.state in machine.runnable.States) this.#run(machine, record);
      else this.#end(arn, { status: 'ABORTED', cause: `The state ${current.state} no longer exists` });
    }
  }

  /** Ends the runs and leaves the executions RUNNING for `resume`. */
  async stop(): Promise<void> {
    const ending = [...this.#runs.values()];
    for (const { abort } of ending) abort();
    this.#runs.clear();
    await Promise.all(ending.map(({ ended }) => ended));
  }

  #run(machine: Machine, { arn, name, startedAt, current }: ExecutionRecord): void {
    const started = startRun(
      machine,
      { ...current, startedAt },
      {
        ...this.#options,
        onStateEntered: (state, input) => {
          this.#records.save({ ...this.get(arn), current: { state, input } });
          const entered = { machineArn: machine.arn, name, status: 'RUNNING', state } as const;
          this.#options.journal.record({ kind: 'execution', ...entered });
        },
      },
    );
    const ended = started.outcome.then(outcome => {
      if (outcome !== undefined) this.#end(arn, outcome);
    });
    this.#runs.set(arn, { ...started, ended });
  }

  #end(arn: string, outcome: End): ExecutionRecord {
    const record = this.get(arn);
    if (record.status !== 'RUNNING') return record;
    const ended = { ...record, ...outcome, stoppedAt: this.#options.now() };
    this.#records.save(ended);
    this.#runs.get(arn)?.abort();
    this.#runs.delete(arn);
    this.#records.prune();
    const { status, error, cause } = ended;
    this.#options.journal.record({
      kind: 'execution',
      machineArn: record.machineArn,
      name: record.name,
      status,
      ...(error === undefined ? {} : { error }),
      ...(cause === undefined ? {} : { cause }),
    });
    this.#options.publish(statusChangeEvent(ended, ended.stoppedAt));
    return ended;
  }
}
