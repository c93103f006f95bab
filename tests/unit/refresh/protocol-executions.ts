import { QuotaExceededError, RefreshNotQuietError } from '../../../shared/errors.ts';
import type { RefreshExecutions } from '../../../shared/refresh/collect.ts';
import { invalidate } from '../../../shared/refresh/invalidate.ts';
import { listingOf } from '../../helpers/listing.ts';
import { NO_ERROR_PAGES, PLAN_SETTINGS } from '../../helpers/planning.ts';
import { createMemoryRecords } from './memory-records.ts';
import type { Look, MemoryTable } from './memory-table.ts';
import type { ProtocolCloudFront } from './protocol-cloudfront.ts';
import { Crash, type ProtocolRun } from './protocol-run.ts';

/** The state machine's `maxLooks`, but small, so that runs close refreshes that are not quiet. */
const MAX_LOOKS = 3;

/** How a run of the step Invalidate ends. */
type Outcome = 'invalidated' | 'not quiet' | 'refused';

/** The state machine no longer waits for a run of the step Invalidate. */
class TimedOut extends Error {}

/** The executions of infra/workflows/refresh.asl.json, as far as they matter to the protocol. */
export class ProtocolExecutions implements RefreshExecutions {
  readonly #run: ProtocolRun;
  readonly #table: MemoryTable;
  readonly #cloudFront: ProtocolCloudFront;
  readonly #started = new Set<string>();
  readonly #ended = new Set<string>();
  #stopAtLook: number | undefined;
  #looks = 0;
  #invalidateRuns = 0;

  constructor(run: ProtocolRun, table: MemoryTable, cloudFront: ProtocolCloudFront) {
    this.#run = run;
    this.#table = table;
    this.#cloudFront = cloudFront;
    this.#stopAtLook = run.scenario.stopAtLook;
  }

  ensureStarted(refreshId: string): Promise<boolean> {
    return this.#run.step(`start the execution of ${refreshId}`, () => {
      if (this.#ended.has(refreshId)) return !this.#run.has('an ended execution is noticed');
      if (!this.#started.has(refreshId)) this.start(refreshId);
      return true;
    });
  }

  start(refreshId: string): void {
    this.#started.add(refreshId);
    this.#run.add(this.#follow(refreshId).finally(() => this.end(refreshId)));
  }

  end(refreshId: string): void {
    this.#ended.add(refreshId);
  }

  /** Whether somebody has stopped an execution, or tried to. */
  get wasStopped(): boolean {
    return this.#stopAtLook !== undefined && this.#looks > this.#stopAtLook;
  }

  stopNoMore(): void {
    this.#stopAtLook = undefined;
  }

  async #follow(refreshId: string): Promise<void> {
    const { needsSecondRound, timeouts, refusals } = this.#run.scenario;
    if ((await this.#settle(refreshId, 1)) === 'stopped') return;
    if (needsSecondRound && (await this.#settle(refreshId, 2)) === 'stopped') return;
    const created = this.#cloudFront.countOf(refreshId);
    const rounds = needsSecondRound ? 2 : 1;
    if (created < rounds) this.#run.violations.add('a round made no invalidation of its own');
    // A run that the execution has given up may send the plan that another run was refused.
    const mayRepeat = timeouts.length > 0 && refusals > 0;
    if (created > rounds && !mayRepeat) this.#run.violations.add('a round made two invalidations');
  }

  async #settle(refreshId: string, round: number): Promise<'invalidated' | 'stopped'> {
    let [seen, settled] = [-1, 0];
    for (;;) {
      const now = await retried(() => this.#table.look(refreshId));
      // If it is stopped once its refresh is closed, only its end says so: see collect.
      if (this.#looks++ === this.#stopAtLook && now.state === 'open') return 'stopped';
      const closing = closingAt(now, seen, settled);
      const outcome =
        closing && (await retried(() => this.#invalidate(refreshId, round, closing.generation)));
      if (outcome === 'invalidated') return outcome;
      if (outcome === 'refused') continue;
      seen = now.generation;
      settled++;
    }
  }

  /** @throws TimedOut while the run goes on */
  #invalidate(refreshId: string, round: number, generation?: number): Promise<Outcome> {
    const invalidated = this.#invalidateRound(refreshId, round, generation);
    if (!this.#run.scenario.timeouts.includes(this.#invalidateRuns++)) return invalidated;
    this.#run.add(invalidated.then(nothing, nothing));
    return Promise.reject(new TimedOut());
  }

  async #invalidateRound(refreshId: string, round: number, generation?: number): Promise<Outcome> {
    try {
      await invalidate(
        { refreshId, round, ...(generation === undefined ? {} : { generation }) },
        {
          refreshes: this.#table,
          invalidations: this.#cloudFront,
          pathUse: {
            usedIn: async () => 0,
            record: async () => {},
            reserve: async () => undefined,
            release: async () => {},
          },
          // An object that did not change keeps plans from joining the others' paths into a
          // wildcard.
          site: listingOf(['unchanged.html']),
          settings: PLAN_SETTINGS,
          // Nothing is ever verified here, so nothing is skipped.
          edge: {
            records: createMemoryRecords({ step: (label, effect) => this.#run.step(label, effect) }),
            objects: { head: async () => undefined },
            isAskedEachTime: () => false,
            errorPages: NO_ERROR_PAGES,
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
}

/** The state "Settle: quiet?": whether to close, and at which generation. */
function closingAt(now: Look, seen: number, settled: number): { generation?: number } | undefined {
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
