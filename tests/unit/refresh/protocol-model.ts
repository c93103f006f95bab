import type { Scheduler } from 'fast-check';
import { NoOpenRefreshError, QuotaExceededError, RefreshNotQuietError } from '../../../shared/errors.ts';
import type { RefreshState } from '../../../shared/refresh/api-contract.ts';
import { collect } from '../../../shared/refresh/collect.ts';
import { invalidate } from '../../../shared/refresh/invalidate.ts';

import { PLAN_SETTINGS } from '../../helpers/planning.ts';
import { createMemoryRecords } from './memory-records.ts';
import { createMemoryTable, type Guard } from './memory-table.ts';

/**
 * What may happen besides the uploads. Steps, looks and requests are counted over the whole run.
 */
export interface Scenario {
  readonly before: 'nothing' | 'a closed refresh' | 'an open refresh' | 'an open refresh without execution';
  /** Keys, one message each; all are delivered at the same time. */
  readonly uploads: readonly string[];
  /**
   * The process that takes the step dies: before it has an effect, or after it, so that its answer
   * is lost.
   */
  readonly crashes: readonly { readonly step: number; readonly when: 'before' | 'after' }[];
  /** At this look somebody stops the execution. */
  readonly stopAtLook: number | undefined;
  /** How often CloudFront first answers that too many invalidations are in progress. */
  readonly refusals: number;
  /** How often the planner first finds no room beside what is in progress. */
  readonly fullLooks: number;
  /**
   * At these runs of the step Invalidate the execution does not wait for the end: the run goes on
   * beside the next one.
   */
  readonly timeouts: readonly number[];
  readonly needsSecondRound: boolean;
}

interface Upload {
  readonly key: string;
  readonly sequencer: string;
  uploadedAt: number;
  acknowledged: boolean;
}

interface Invalidation {
  readonly reference: string;
  readonly paths: readonly string[];
  readonly createdAt: number;
}

class Crash extends Error {}
class TimedOut extends Error {}

/** As the state machine's `maxLooks`, but small: closing an unquiet refresh must be met. */
const MAX_LOOKS = 3;

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
  const violations = new Set<string>();
  const crashes = new Map(scenario.crashes.map(({ step, when }) => [step, when]));
  const actors: Promise<void>[] = [];
  const [running, ended] = [new Set<string>(), new Set<string>()];
  const invalidations: Invalidation[] = [];
  const uploads: Upload[] = [];
  let { refusals, fullLooks, stopAtLook } = scenario;
  let [clock, steps, looks, runs, ids] = [0, 0, 0, 0, 0];

  async function step<T>(label: string, effect: () => T): Promise<T> {
    await scheduler.schedule(Promise.resolve(), label);
    const crash = crashes.get(steps++);
    if (crash === 'before') throw new Crash(label);
    clock++;
    const answer = effect();
    if (crash === 'after') throw new Crash(label);
    return answer;
  }

  const table = createMemoryTable({ step, without, report: violation => void violations.add(violation) });

  const executions = {
    ensureStarted: (refreshId: string) =>
      step(`start the execution of ${refreshId}`, () => {
        if (ended.has(refreshId)) return without === 'an ended execution is noticed';
        if (!running.has(refreshId)) start(refreshId);
        return true;
      }),
  };

  const cloudFront = {
    create: (paths: readonly string[], reference: string) =>
      step(`create invalidation ${reference}`, () => {
        const known = invalidations.find(invalidation => invalidation.reference === reference);
        if (known !== undefined && without !== 'a caller reference finds its invalidation') {
          if (known.paths.join() !== paths.join())
            violations.add('one caller reference came with two lists of paths');
          return reference;
        }
        if (refusals-- > 0) throw new QuotaExceededError(undefined);
        invalidations.push({ reference, paths, createdAt: clock });
        return reference;
      }),
    inProgress: () =>
      step('count what is in progress', () =>
        fullLooks-- > 0 ? { exact: 3000, wildcard: 15 } : { exact: 0, wildcard: 0 },
      ),
  };

  function start(refreshId: string): void {
    running.add(refreshId);
    actors.push(follow(refreshId).finally(() => ended.add(refreshId)));
  }

  /** An execution of infra/workflows/refresh.asl.json, as far as it matters here. */
  async function follow(refreshId: string): Promise<void> {
    if ((await settle(refreshId, 1)) === 'stopped') return;
    if (scenario.needsSecondRound && (await settle(refreshId, 2)) === 'stopped') return;
    const created = invalidations.filter(({ reference }) => reference.startsWith(`${refreshId}-`)).length;
    const rounds = scenario.needsSecondRound ? 2 : 1;
    if (created < rounds) violations.add('a round made no invalidation of its own');
    // A run that the execution has given up may send the plan that another run was refused.
    const mayRepeat = scenario.timeouts.length > 0 && scenario.refusals > 0;
    if (created > rounds && !mayRepeat) violations.add('a round made two invalidations');
  }

  async function settle(refreshId: string, round: number): Promise<'invalidated' | 'stopped'> {
    let [seen, settled] = [-1, 0];
    for (;;) {
      const now = await retried(() => table.look(refreshId));
      // If it is stopped once its refresh is closed, only its end says so: see collect.
      if (looks++ === stopAtLook && now.state === 'open') return 'stopped';
      const closing = closingAt(now, seen, settled);
      const outcome = closing && (await retried(() => runInvalidate(refreshId, round, closing.generation)));
      if (outcome === 'invalidated') return outcome;
      if (outcome === 'refused') continue;
      seen = now.generation;
      settled++;
    }
  }

  type Outcome = 'invalidated' | 'not quiet' | 'refused';

  /** @throws TimedOut while the run goes on */
  function runInvalidate(refreshId: string, round: number, generation?: number): Promise<Outcome> {
    const run = invalidateRound(refreshId, round, generation);
    if (!scenario.timeouts.includes(runs++)) return run;
    actors.push(run.then(nothing, nothing));
    return Promise.reject(new TimedOut());
  }

  async function invalidateRound(refreshId: string, round: number, generation?: number): Promise<Outcome> {
    try {
      await invalidate(
        { refreshId, round, ...(generation === undefined ? {} : { generation }) },
        {
          refreshes: table,
          invalidations: cloudFront,
          pathUse: { usedIn: async () => 0, record: async () => {} },
          // An object that did not change keeps plans from joining the others' paths into a
          // wildcard.
          site: { keys: async () => ['unchanged.html'] },
          settings: PLAN_SETTINGS,
          // Nothing is ever verified here, so nothing is skipped.
          edge: {
            records: createMemoryRecords({ step }),
            objects: { head: async () => undefined },
            honoursNoStore: true,
          },
          newMark: () => 'm',
          now: () => new Date(0),
          onUnknownQuota: nothing,
        },
      );
      return 'invalidated';
    } catch (error) {
      if (error instanceof RefreshNotQuietError) return 'not quiet';
      if (error instanceof QuotaExceededError) return 'refused';
      throw error;
    }
  }

  function upload(key: string): void {
    const made = {
      key,
      sequencer: `${uploads.length}`,
      uploadedAt: Number.POSITIVE_INFINITY,
      acknowledged: false,
    };
    uploads.push(made);
    actors.push(deliver(made));
  }

  /** The queue: a message comes again until it is acknowledged. */
  async function deliver(message: Upload): Promise<void> {
    await scheduler.schedule(Promise.resolve(), `upload ${message.key}`);
    message.uploadedAt = clock;
    const { key, sequencer } = message;
    const changes = { objects: [{ key, sequencer, removed: false, eventTime: '' }], paths: [] };
    while (!message.acknowledged) {
      try {
        await collect(changes, { refreshes: table, executions, newRefreshId: () => `r${++ids}` });
        await step(`acknowledge ${key}`, () => {
          message.acknowledged = true;
        });
      } catch (error) {
        if (!(error instanceof Crash || error instanceof NoOpenRefreshError)) throw error;
      }
    }
  }

  /** Every upload ends in an invalidation that was created after it. */
  function findUncovered(): void {
    for (const { key, uploadedAt } of uploads) {
      const isCovered = invalidations.some(
        ({ paths, createdAt }) => createdAt > uploadedAt && paths.includes(`/${key}`),
      );
      if (!isCovered) violations.add('an upload was never invalidated');
    }
  }

  async function everythingSettled(): Promise<void> {
    for (let awaited = 0; awaited < actors.length; ) {
      awaited = actors.length;
      await Promise.all(actors);
    }
  }

  if (scenario.before !== 'nothing') {
    const isOpen = scenario.before !== 'a closed refresh';
    table.put('r0', isOpen ? 'open' : 'closed');
    if (scenario.before === 'an open refresh') start('r0');
    else ended.add('r0');
    if (isOpen) {
      const earlier = { key: 'earlier.html', sequencer: 'E', uploadedAt: -1, acknowledged: true };
      uploads.push(earlier);
      table.put('r0', 'open', earlier);
    }
  }
  for (const key of scenario.uploads) upload(key);
  await scheduler.waitFor(everythingSettled());

  if (stopAtLook !== undefined && looks > stopAtLook) {
    // Nobody closes what a stopped execution left open, until the next upload comes.
    stopAtLook = undefined;
    crashes.clear();
    upload('next.html');
    await scheduler.waitFor(everythingSettled());
  }
  findUncovered();
  for (const violation of table.leftOpen()) violations.add(violation);
  return [...violations];
}

/** The state "Settle: quiet?": whether to close, and at which generation. */
function closingAt(
  now: { generation: number; state: RefreshState },
  seen: number,
  settled: number,
): { generation?: number } | undefined {
  if (now.generation === seen || now.state !== 'open') return { generation: now.generation };
  return settled >= MAX_LOOKS ? {} : undefined;
}

/** The state machine's Retry. */
async function retried<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Crash || error instanceof TimedOut)) throw error;
    }
  }
}

function nothing(): void {}
