import type { Scheduler } from 'fast-check';
import { NoOpenRefreshError } from '../../../shared/errors.ts';
import { collect } from '../../../shared/refresh/collect.ts';
import { createMemoryTable, type Guard, type MemoryTable } from './memory-table.ts';
import { ProtocolCloudFront } from './protocol-cloudfront.ts';
import { ProtocolExecutions } from './protocol-executions.ts';
import { Crash, ProtocolRun, type Scenario } from './protocol-run.ts';

/**
 * Runs collectors and executions on one table, one step at a time in the scheduler's order, until
 * nothing is left to do.
 *
 * @param without a guard that the ports forget, to see that the model notices
 * @returns what went against the promises of the protocol
 */
export async function runProtocol(
  scheduler: Scheduler,
  scenario: Scenario,
  without?: Guard,
): Promise<string[]> {
  const run = new ProtocolRun(scheduler, scenario, without);
  const { violations } = run;
  const table = createMemoryTable({
    step: (label, effect) => run.step(label, effect),
    without,
    report: violation => void violations.add(violation),
  });
  const cloudFront = new ProtocolCloudFront(run);
  const executions = new ProtocolExecutions(run, table, cloudFront);
  const uploads = new Uploads(run, table, executions);

  setTheScene(scenario.before, table, executions, uploads);
  for (const key of scenario.uploads) uploads.add(key);
  await run.settle();

  if (executions.wasStopped) {
    // Nobody closes what a stopped execution left open, until the next upload comes.
    executions.stopNoMore();
    run.crashNoMore();
    uploads.add('next.html');
    await run.settle();
  }
  if (!uploads.areInvalidatedBy(cloudFront)) violations.add('an upload was never invalidated');
  for (const violation of table.leftOpen()) violations.add(violation);
  return [...violations];
}

/** Leaves the table and the execution as an earlier refresh did. */
function setTheScene(
  before: Scenario['before'],
  table: MemoryTable,
  executions: ProtocolExecutions,
  uploads: Uploads,
): void {
  if (before === 'nothing') return;
  const isOpen = before !== 'a closed refresh';
  table.put('r0', isOpen ? 'open' : 'closed');
  if (before === 'an open refresh') executions.start('r0');
  else executions.end('r0');
  if (isOpen) table.put('r0', 'open', uploads.addCollected('earlier.html'));
}

interface Upload {
  readonly key: string;
  readonly sequencer: string;
  /** By the run's clock. */
  uploadedAt: number;
  acknowledged: boolean;
}

/** Uploads, and the queue that delivers their events to collectors. */
class Uploads {
  readonly #run: ProtocolRun;
  readonly #table: MemoryTable;
  readonly #executions: ProtocolExecutions;
  readonly #uploads: Upload[] = [];
  #refreshIds = 0;

  constructor(run: ProtocolRun, table: MemoryTable, executions: ProtocolExecutions) {
    this.#run = run;
    this.#table = table;
    this.#executions = executions;
  }

  add(key: string): void {
    const upload = {
      key,
      sequencer: `${this.#uploads.length}`,
      uploadedAt: Number.POSITIVE_INFINITY,
      acknowledged: false,
    };
    this.#uploads.push(upload);
    this.#run.add(this.#deliver(upload));
  }

  /** An upload from before the run, which a refresh has taken already. */
  addCollected(key: string): Upload {
    const upload = { key, sequencer: 'E', uploadedAt: -1, acknowledged: true };
    this.#uploads.push(upload);
    return upload;
  }

  /** Whether every upload ended in an invalidation that was created after it. */
  areInvalidatedBy(cloudFront: ProtocolCloudFront): boolean {
    return this.#uploads.every(({ key, uploadedAt }) => cloudFront.hasInvalidated(`/${key}`, uploadedAt));
  }

  /** The queue delivers a message again and again until it is acknowledged. */
  async #deliver(message: Upload): Promise<void> {
    const { key, sequencer } = message;
    await this.#run.turn(`upload ${key}`);
    message.uploadedAt = this.#run.clock;
    const changes = { objects: [{ key, sequencer, removed: false, eventTime: '' }], paths: [] };
    const dependencies = {
      refreshes: this.#table,
      executions: this.#executions,
      newRefreshId: () => `r${++this.#refreshIds}`,
    };
    while (!message.acknowledged) {
      try {
        await collect(changes, dependencies);
        await this.#run.step(`acknowledge ${key}`, () => {
          message.acknowledged = true;
        });
      } catch (error) {
        if (!(error instanceof Crash || error instanceof NoOpenRefreshError)) throw error;
      }
    }
  }
}
