import type { Scheduler } from 'fast-check';
import { EdgeStaleError } from '../../../shared/errors.ts';
import { type Change, newestPerKey } from '../../../shared/refresh/refresh.ts';
import { fingerprintOf, isNeverCached, type Served } from '../../../shared/refresh/served.ts';
import { markAll, markChanged } from '../../../shared/refresh/unchanged.ts';
import { verifyEdge } from '../../../shared/refresh/verify-edge.ts';
import { PLANNING, planOf } from '../../helpers/planning.ts';
import { createMemoryRecords, type RecordGuard } from './memory-records.ts';
import { answerOf } from './scripted-site.ts';

/** What skipping rests on, the records apart. */
export type Guard =
  | RecordGuard
  | 'every event of a key is passed on'
  | 'the version seen before is not seen again'
  | 'headers count'
  | 'what is verified is of the kind that the event names';

/** One write of the key: content and headers, or a removal. */
export interface Version {
  readonly content: 'a' | 'b' | 'removed';
  readonly cacheControl: 'max-age=1' | 'max-age=2' | 'no-store';
  /** In a later second than the version before. */
  readonly later: boolean;
}

export interface Scenario {
  readonly versions: readonly Version[];
  /** The refresh that the event of each version but the first is collected by, by number. */
  readonly collectedBy: readonly number[];
  /** Events that S3 sends once more. */
  readonly repeated: readonly { readonly version: number; readonly refresh: number }[];
  /** Events written to a refresh after it was planned: another one has them too. */
  readonly late: readonly { readonly version: number; readonly refresh: number }[];
  readonly refreshes: readonly {
    /** CloudFront refuses its invalidations: it ends with an alarm. */
    readonly fails: boolean;
    /** Its first plan is lost before it is stored. */
    readonly loses: boolean;
  }[];
  /** The point of presence that the next viewer is at, one number each. */
  readonly viewers: readonly number[];
}

const KEY = 'page.html';
/** Verification asks the first one. */
const POPS = [0, 1];

/**
 * Uploads versions, caches whichever is there at whatever moment, and lets refreshes run at the
 * same time, one step at a time in the scheduler's order.
 *
 * @param without a guard that is taken away, to see that the model notices
 * @returns what the edge keeps at the end although it is not what the bucket holds, and nobody was
 *   told
 */
export async function runUnchanged(
  scheduler: Scheduler,
  scenario: Scenario,
  without?: Guard,
): Promise<string[]> {
  const objects = objectsOf(scenario.versions);
  const edge = new Map<number, number>();
  const uploaded = objects.map(() => Promise.withResolvers<void>());
  let [inBucket, marks, reads] = [0, 0, 0];
  const schedule: { isRandom: boolean } = { isRandom: false };
  let lastPlanned = { alarmed: false };

  const has = (guard: Guard) => without !== guard;
  const step = async <T>(label: string, effect: () => T): Promise<T> => {
    if (schedule.isRandom) await scheduler.schedule(Promise.resolve(), label);
    return effect();
  };
  const records = createMemoryRecords({ step, without: without as RecordGuard });

  const eventOf = (version: number): Change => {
    const { eTag, second } = objects[version] ?? { second: 0 };
    return {
      key: KEY,
      removed: eTag === undefined,
      sequencer: `${version + 1}`,
      eventTime: new Date(second * 1000 + 500).toISOString(),
      ...(eTag === undefined ? {} : { eTag }),
    };
  };
  const shown = (served: Served | undefined) =>
    served === undefined || has('headers count')
      ? served
      : { ...served, headers: { ...served.headers, 'cache-control': '' } };
  const inBucketNow = () => shown(objects[inBucket]?.served);

  /** As an edge: what it keeps, or what the bucket holds, which it then keeps. */
  function view(pop: number): Served | undefined {
    const kept = edge.get(pop);
    if (kept !== undefined) return objects[kept]?.served;
    const fetched = objects[inBucket]?.served;
    if (!isNeverCached(fetched)) edge.set(pop, inBucket);
    return fetched;
  }

  async function plan(events: readonly Change[], round: number, refresh: { alarmed: boolean }) {
    const mark = `m${++marks}`;
    const planned =
      <A extends unknown[], R>(request: (...args: A) => Promise<R>) =>
      async (...args: A) => {
        const answer = await request(...args);
        lastPlanned = refresh;
        return answer;
      };
    const watched = {
      get: planned(records.get),
      mark: planned(records.mark),
      replace: planned(records.replace),
    };
    const head = () =>
      step('read the bucket', () => {
        const object = inBucketNow();
        return object === undefined || has('the version seen before is not seen again')
          ? object
          : { ...object, lastModified: `read ${++reads}` };
      });
    const told = has('every event of a key is passed on') ? events : newestPerKey(events);
    const select = round === 1 ? markChanged : markAll;
    const { changedKeys } = await select(
      told,
      { refreshId: `${marks}`, mark },
      { records: watched, objects: { head }, honoursNoStore: true },
    );
    return { mark, purges: changedKeys.length > 0 };
  }

  async function verify(mark: string, events: readonly Change[]): Promise<'fresh' | 'stale'> {
    const known = () =>
      has('what is verified is of the kind that the event names') ? events : events.map(asInBucket);
    try {
      await verifyEdge(
        'r',
        {
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
            changesOf: () => step('read the changes', () => ({ objects: known(), paths: [] })),
            recordVerifying: async () => {},
            recordVerification: async () => {},
          },
          records,
          origin: {
            head: () => step('read the bucket', inBucketNow),
            keys: async () => [],
            read: async () => undefined,
          },
          openEdge: async () => ({
            host: 'www.example.com',
            ask: () => step('ask the edge', () => answerOf(shown(view(0)))),
          }),
          urls: PLANNING.urls,
          errorPages: [],
          verify: true,
        },
        { pause: async () => {}, millisecondsLeft: () => 600_000 },
      );
      return 'fresh';
    } catch (error) {
      if (error instanceof EdgeStaleError) return 'stale';
      throw error;
    }
  }

  /** The event as if it were about what the bucket holds now. */
  function asInBucket(change: Change): Change {
    const current = eventOf(inBucket);
    return { ...current, sequencer: change.sequencer, eventTime: change.eventTime };
  }

  /**
   * A refresh, once its events happened: plan, purge, verify, and that once more if the edge is
   * stale.
   */
  async function follow({ versions, seenLate, fails, loses }: Followed): Promise<void> {
    await Promise.all(versions.map(version => uploaded[version]?.promise));
    const events = versions.map(eventOf);
    const refresh = { alarmed: false };
    for (const round of [1, 2]) {
      if (loses) await plan(events, round, refresh);
      const { mark, purges } = await plan(events, round, refresh);
      if (purges && fails) break;
      if (purges) await purge();
      await Promise.all(seenLate.map(version => uploaded[version]?.promise));
      if ((await verify(mark, [...events, ...seenLate.map(eventOf)])) === 'fresh') return;
    }
    refresh.alarmed = true;
  }

  async function purge(): Promise<void> {
    for (const pop of POPS) await step(`purge ${pop}`, () => edge.delete(pop));
  }

  async function upload(version: number): Promise<void> {
    await step(`upload version ${version}`, () => {
      inBucket = version;
      uploaded[version]?.resolve();
    });
  }

  async function uploadTheRest(): Promise<void> {
    for (const version of objects.keys()) if (version > 0) await upload(version);
  }

  async function visit(): Promise<void> {
    for (const pop of scenario.viewers) await step(`a viewer at ${pop}`, () => void view(pop));
  }

  // The first version is verified before anything else happens.
  await upload(0);
  await follow({ versions: [0], seenLate: [], fails: false, loses: false });
  schedule.isRandom = true;
  const following = scenario.refreshes
    .map((_, number) => followedOf(scenario, number))
    .filter(({ versions }) => versions.length > 0);
  await scheduler.waitFor(Promise.all([uploadTheRest(), visit(), ...following.map(follow)]));
  if (lastPlanned.alarmed) return [];
  const wanted = fingerprintOf(objects[inBucket]?.served);
  return [...edge]
    .filter(([, version]) => fingerprintOf(objects[version]?.served) !== wanted)
    .map(([pop, version]) => `${pop} keeps version ${version}`);
}

type Followed = Scenario['refreshes'][number] & {
  readonly versions: readonly number[];
  readonly seenLate: readonly number[];
};

function followedOf({ collectedBy, repeated, late, refreshes }: Scenario, number: number): Followed {
  const own = (list: Scenario['repeated']) =>
    list.filter(({ refresh }) => refresh === number).map(({ version }) => version);
  const collected = collectedBy.flatMap((refresh, index) => (refresh === number ? [index + 1] : []));
  const versions = [...new Set([...collected, ...own(repeated)])];
  const { fails = false, loses = false } = refreshes[number] ?? {};
  return { versions, seenLate: own(late), fails, loses };
}

function objectsOf(versions: readonly Version[]) {
  let second = 0;
  return versions.map(({ content, cacheControl, later }) => {
    if (later) second++;
    const lastModified = new Date(second * 1000).toUTCString();
    if (content === 'removed') return { second, served: undefined };
    const headers: Record<string, string> = { etag: `"${content}"`, 'cache-control': cacheControl };
    return { second, eTag: content, served: { headers, lastModified } satisfies Served };
  });
}
