import { EdgeStaleError } from '../../../shared/errors.ts';
import type { ChangedPage, ErrorPages } from '../../../shared/refresh/error-pages.ts';
import { type KeptErrorPages, waitSeconds } from '../../../shared/refresh/kept-error-pages.ts';
import { type Change, newestPerKey } from '../../../shared/refresh/refresh.ts';
import { fingerprintOf, type Served } from '../../../shared/refresh/served.ts';
import {
  type EdgeRecord,
  type EdgeRecords,
  markAll,
  markChanged,
} from '../../../shared/refresh/unchanged.ts';
import { type VerifyDependencies, verifyEdge } from '../../../shared/refresh/verify-edge.ts';
import { listingOf } from '../../helpers/listing.ts';
import { PLANNING, planOf } from '../../helpers/planning.ts';
import { createMemoryRecords, type MemoryRecords, type RecordGuard } from './memory-records.ts';
import type { UnchangedRun } from './unchanged-run.ts';
import type { VersionedSite } from './unchanged-site.ts';
import { ASKED_EACH_TIME, KEY } from './unchanged-versions.ts';

/** What becomes of a refresh. */
export interface Fate {
  /** CloudFront refuses its invalidations: it ends with an alarm. */
  readonly fails: boolean;
  /** Its first plan is lost before it is stored. */
  readonly loses: boolean;
  /** A version that is there before S3 tells of the refresh's own ones. @default none */
  readonly toldAfter?: number;
  /** A version that is there before the refresh is verified. @default none */
  readonly verifiedAfter?: number;
}

/** What a refresh is about. */
export interface Followed extends Fate {
  readonly versions: readonly number[];
  /** Written to it after it was planned. */
  readonly seenLate: readonly number[];
}

const SHORT: KeptErrorPages = { paths: [`/${KEY}`], seconds: 10 };

/** The page is shown instead of errors, and then kept for long unless it is asked for each time. */
const ERROR_PAGES: ErrorPages = {
  includes: () => true,
  keptOf(changed) {
    if (changed.length === 0) return undefined;
    const isShort = ({ former }: ChangedPage) =>
      former !== undefined && (former.cacheControl === undefined || ASKED_EACH_TIME.has(former.cacheControl));
    return changed.every(isShort) ? SHORT : { paths: SHORT.paths };
  },
};

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
  async follow(followed: Followed): Promise<void> {
    const { versions, seenLate, fails, loses, toldAfter = 0, verifiedAfter = 0 } = followed;
    await this.#site.uploaded([...versions, toldAfter]);
    const events = versions.map(version => this.#site.eventOf(version));
    const ending: Ending = { alarmed: false };
    for (const round of [1, 2]) {
      if (loses) await this.#plan(events, round, ending);
      const { mark, purges, errorPages } = await this.#plan(events, round, ending);
      if (purges && fails) break;
      await this.#send(purges, errorPages);
      await this.#site.uploaded([...seenLate, verifiedAfter]);
      const known = [...events, ...seenLate.map(version => this.#site.eventOf(version))];
      if ((await this.#verify(mark, known)) === 'fresh') return;
    }
    ending.alarmed = true;
  }

  async #send(purges: boolean, errorPages: KeptErrorPages | undefined): Promise<void> {
    const isLong = errorPages !== undefined && waitSeconds(errorPages) === undefined;
    if (isLong) await this.#site.purgeEverything();
    else if (purges) await this.#site.purge();
    if (errorPages !== undefined && !isLong) await this.#site.waitForErrorPages();
  }

  async #plan(events: readonly Change[], round: number, ending: Ending) {
    const number = ++this.#marks;
    const mark = `m${number}`;
    const passed = this.#run.has('every event of a key is passed on') ? events : newestPerKey(events);
    const told = this.#run.has('an upload is skipped by its own version alone')
      ? passed
      : passed.map(event => this.#site.asOfVersionShown(event));
    const select = round === 1 ? markChanged : markAll;
    const before = this.#records.peek(KEY);
    const { changedKeys, pages } = await select(
      told,
      { refreshId: `${number}`, mark },
      {
        records: this.#recordsPlannedBy(ending),
        objects: { head: async () => this.#asPlanned(await this.#site.readToPlan(), told) },
        isAskedEachTime: (_, { cacheControl = '' }) => ASKED_EACH_TIME.has(cacheControl),
        errorPages: { ...ERROR_PAGES, includes: () => this.#site.isErrorPage },
      },
    );
    const purges = changedKeys.length > 0;
    const known = round === 1 ? pages.map(page => this.#asKnown(page, before, told)) : pages;
    const isDropped = !purges && !this.#run.has('an error page that costs no path is waited for');
    const errorPages = isDropped ? undefined : ERROR_PAGES.keptOf(known);
    const isPurged = this.#run.has('an error page that is kept for long is purged everywhere');
    return { mark, purges, errorPages: isPurged || errorPages === undefined ? errorPages : SHORT };
  }

  /** An error page whose former version is taken from the record without a guard. */
  #asKnown(page: ChangedPage, record: EdgeRecord | undefined, events: readonly Change[]): ChangedPage {
    const unseen = events.filter(({ sequencer }) => sequencer !== record?.sequencer);
    const guard =
      unseen.length > 1
        ? 'an error page is known by a single event'
        : 'an error page is known only if the bucket holds another version';
    const former = page.former ?? (this.#run.has(guard) ? undefined : record?.verified);
    return former === undefined ? page : { ...page, former };
  }

  /** An object as a plan sees it. */
  #asPlanned(object: Served | undefined, [event]: readonly Change[]): Served | undefined {
    if (object === undefined || event === undefined) return object;
    if (!event.deletesVersion) return this.#withOtherETag(object, event);
    if (this.#run.has('a deletion is skipped by the version that was verified')) return object;
    const { versionId } = this.#records.peek(event.key)?.verified ?? {};
    return versionId === undefined ? object : { ...object, versionId };
  }

  /** A changed object, whose ETag always seems to have changed as well without the guard. */
  #withOtherETag(object: Served, { key }: Change): Served {
    const { fingerprint = '' } = this.#records.peek(key)?.verified ?? {};
    const isChanged = fingerprint !== fingerprintOf(object);
    return this.#run.has('an old ETag keeps its headers') || !isChanged
      ? object
      : { ...object, headers: { ...object.headers, etag: '"other"' } };
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
    const { get, mark, replace } = this.#run.has('a deletion is skipped only if it is newer than the record')
      ? this.#records
      : withoutOrder(this.#records);
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
    const isAsTold = ({ deletesVersion }: Change) =>
      this.#run.has('what is verified is of the kind that the event names') &&
      (!deletesVersion || this.#run.has('what a deletion leaves is not recorded'));
    const objects = () => events.map(event => (isAsTold(event) ? event : this.#site.asInBucket(event)));
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

/** The records as if every event were newer than they are. */
function withoutOrder(records: EdgeRecords): EdgeRecords {
  const stored = new Map<EdgeRecord, EdgeRecord>();
  return {
    ...records,
    async get(keys) {
      const found = [...(await records.get(keys))].map(([key, record]) => {
        const first = { ...record, sequencer: '0' };
        stored.set(first, record);
        return [key, first] as const;
      });
      return new Map(found);
    },
    replace: (known, next) =>
      records.replace({ ...known, sequencer: stored.get(known)?.sequencer ?? '' }, next),
  };
}
