import { EdgeStaleError } from '../../../shared/errors.ts';
import { type Change, newestPerKey } from '../../../shared/refresh/refresh.ts';
import { type EdgeRecords, markAll, markChanged } from '../../../shared/refresh/unchanged.ts';
import { type VerifyDependencies, verifyEdge } from '../../../shared/refresh/verify-edge.ts';
import { listingOf } from '../../helpers/listing.ts';
import { PLANNING, planOf } from '../../helpers/planning.ts';
import { createMemoryRecords, type MemoryRecords, type RecordGuard } from './memory-records.ts';
import type { UnchangedRun } from './unchanged-run.ts';
import type { VersionedSite } from './unchanged-site.ts';

/** What becomes of a refresh. */
export interface Fate {
  /** CloudFront refuses its invalidations: it ends with an alarm. */
  readonly fails: boolean;
  /** Its first plan is lost before it is stored. */
  readonly loses: boolean;
}

/** What a refresh is about. */
export interface Followed extends Fate {
  readonly versions: readonly number[];
  /** Written to it after it was planned. */
  readonly seenLate: readonly number[];
}

/** How a refresh has ended. */
interface Ending {
  alarmed: boolean;
}

/** The refreshes of a site, and the records by which they skip what has not changed. */
export class UnchangedRefreshes {
  readonly #run: UnchangedRun;
  readonly #site: VersionedSite;
  readonly #records: MemoryRecords;
  #marks = 0;
  #lastToPlan: Ending = { alarmed: false };

  constructor(run: UnchangedRun, site: VersionedSite) {
    this.#run = run;
    this.#site = site;
    this.#records = createMemoryRecords({ step: run.step, without: run.without as RecordGuard });
  }

  /** Whether the last refresh that planned anything has told its owner that it failed. */
  get isAlarmed(): boolean {
    return this.#lastToPlan.alarmed;
  }

  /**
   * A refresh, once its events happened: plan, purge, verify, and that once more if the edge is
   * stale.
   */
  async follow({ versions, seenLate, fails, loses }: Followed): Promise<void> {
    await this.#site.uploaded(versions);
    const events = versions.map(version => this.#site.eventOf(version));
    const ending: Ending = { alarmed: false };
    for (const round of [1, 2]) {
      if (loses) await this.#plan(events, round, ending);
      const { mark, purges } = await this.#plan(events, round, ending);
      if (purges && fails) break;
      if (purges) await this.#site.purge();
      await this.#site.uploaded(seenLate);
      const known = [...events, ...seenLate.map(version => this.#site.eventOf(version))];
      if ((await this.#verify(mark, known)) === 'fresh') return;
    }
    ending.alarmed = true;
  }

  async #plan(events: readonly Change[], round: number, ending: Ending) {
    const number = ++this.#marks;
    const mark = `m${number}`;
    const told = this.#run.has('every event of a key is passed on') ? events : newestPerKey(events);
    const select = round === 1 ? markChanged : markAll;
    const { changedKeys } = await select(
      told,
      { refreshId: `${number}`, mark },
      {
        records: this.#recordsPlannedBy(ending),
        objects: { head: this.#site.readToPlan },
        honoursNoStore: true,
      },
    );
    return { mark, purges: changedKeys.length > 0 };
  }

  /** The records, used by a refresh that plans: the last request tells who planned last. */
  #recordsPlannedBy(ending: Ending): EdgeRecords {
    const noting =
      <A extends unknown[], R>(request: (...args: A) => Promise<R>) =>
      async (...args: A) => {
        const answer = await request(...args);
        this.#lastToPlan = ending;
        return answer;
      };
    const { get, mark, replace } = this.#records;
    return { get: noting(get), mark: noting(mark), replace: noting(replace) };
  }

  async #verify(mark: string, events: readonly Change[]): Promise<'fresh' | 'stale'> {
    const time = { pause: async () => {}, millisecondsLeft: () => 600_000 };
    try {
      await verifyEdge('r', this.#verification(mark, events), time);
      return 'fresh';
    } catch (error) {
      if (error instanceof EdgeStaleError) return 'stale';
      throw error;
    }
  }

  #verification(mark: string, events: readonly Change[]): VerifyDependencies {
    const objects = () =>
      this.#run.has('what is verified is of the kind that the event names')
        ? events
        : events.map(event => this.#site.asInBucket(event));
    return {
      refreshes: {
        get: async () => ({
          id: 'r',
          distributionId: '',
          state: 'verifying',
          generation: 1,
          plans: 1,
          startedAt: '',
          plan: planOf([], { mark }),
        }),
        changesOf: () => this.#run.step('read the changes', () => ({ objects: objects(), paths: [] })),
        recordVerifying: async () => {},
        recordVerification: async () => {},
      },
      records: this.#records,
      origin: { ...listingOf([]), head: this.#site.read, read: async () => undefined },
      openEdge: async () => ({ host: 'www.example.com', ask: this.#site.ask }),
      urls: PLANNING.urls,
      errorPages: [],
      verify: true,
    };
  }
}
