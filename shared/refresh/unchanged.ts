import { mapConcurrently } from '../concurrently.ts';
import { type Change, newestPerKey, type Skipped } from './refresh.ts';
import { fingerprintOf, isNeverCached, type Served } from './served.ts';

/*
 * Which changes need no path: no edge can hold anything but what the bucket holds now. Events come late, repeated and out of order, and
 * tell no headers, so the object is read; it may be newer than the event. A change may be skipped only if that object
 *
 * 1. has the fingerprint that was last verified, and
 * 2. is another version than the record was taken from.
 *
 * By the second rule each skip uses up one version. So if an edge does hold a version that differs, there is one event more than
 * there are versions to skip by: one of the events meets the record's own version, and purges. Two new events in one refresh would
 * share a version, so they purge too.
 *
 * tests/unit/refresh/unchanged-races.test.ts plays this, and shows what each rule is there for.
 */

/** What was last seen the same in the bucket and at the edge. */
export interface Verified {
  readonly fingerprint: string;
  /** Nothing of it can be in a cache. */
  readonly neverCached: boolean;
  /** As HTTP writes it, in quotes; absent where there was no object. */
  readonly eTag?: string;
  /** Tells one version from another, whatever their content; absent where there was no object. */
  readonly lastModified?: string;
  /** The refresh that skipped its last change: asked again, it says the same. */
  readonly skippedBy?: string;
}

/** What is known of a key at the edge. */
export interface EdgeRecord {
  readonly key: string;
  /** Of the event that was purged or skipped last: the newest of its refresh. */
  readonly sequencer: string;
  /** Of the plan that last purged the key, or that forgot what was verified of it. */
  readonly mark: string;
  /** Absent from the moment a purge is planned until it is verified. */
  readonly verified?: Verified;
}

export type VerifiedRecord = EdgeRecord & Required<Pick<EdgeRecord, 'verified'>>;

export interface EdgeRecords {
  /** By strongly consistent reads. */
  get(keys: readonly string[]): Promise<ReadonlyMap<string, EdgeRecord>>;
  /** Puts a record in the place of another one; false when its sequencer or fingerprint is not as known any more. */
  replace(known: VerifiedRecord, next: EdgeRecord): Promise<boolean>;
  /** Forgets what was verified of a key, and remembers the event. */
  mark(change: Change, mark: string): Promise<void>;
}

export interface VerifiedRecords {
  /** Remembers what was verified, unless another event or another plan was marked since. */
  recordVerified(change: Change, mark: string, verified: Verified): Promise<void>;
}

export interface SiteObjects {
  /** The object as the bucket holds it now; undefined when there is none. */
  head(key: string): Promise<Served | undefined>;
}

export interface UnchangedDependencies {
  readonly records: EdgeRecords;
  readonly objects: SiteObjects;
  /** Whether the distribution keeps nothing that is served with `no-store`. */
  readonly honoursNoStore: boolean;
}

export interface Selection {
  /** Keys to purge, each marked. */
  readonly changedKeys: readonly string[];
  readonly skipped: Skipped;
}

/** The plan that keys are chosen for. */
export interface Planning {
  readonly refreshId: string;
  /** Names the plan: only the one that is sent may record its keys as verified. */
  readonly mark: string;
}

/** Requests at the same time: quick for thousands of keys, each a partition of its own. */
const CONCURRENCY = 32;

/**
 * Sorts a refresh's changed keys into those to purge and those to skip. Whatever is not skipped is marked before this returns, so
 * that a refresh which fails later, or crashes, leaves nothing to skip on.
 *
 * @param changes every distinct event of the refresh
 */
export async function withoutUnchanged(
  changes: readonly Change[],
  planning: Planning,
  dependencies: UnchangedDependencies,
): Promise<Selection> {
  const { records } = dependencies;
  const eventsOf = [...Map.groupBy(changes, change => change.key)];
  const known = await records.get(eventsOf.map(([key]) => key));
  const skipped: Record<keyof Skipped, number> = { ...NOTHING_SKIPPED };
  const purged: Change[] = [];
  await mapConcurrently(eventsOf, CONCURRENCY, async ([key, events]) => {
    const reason = await reasonToSkip(events, known.get(key), planning, dependencies);
    if (reason === undefined) purged.push(...newestPerKey(events));
    else skipped[reason]++;
  });
  return { changedKeys: await purge(purged, planning, records), skipped };
}

/** Every changed key, each marked: the second round of a refresh trusts no record. */
export async function withUnchanged(
  changes: readonly Change[],
  planning: Planning,
  { records }: Pick<UnchangedDependencies, 'records'>,
): Promise<Selection> {
  return { changedKeys: await purge(newestPerKey(changes), planning, records), skipped: NOTHING_SKIPPED };
}

export const NOTHING_SKIPPED: Skipped = { unchanged: 0, neverCached: 0, duplicate: 0 };

async function purge(
  changes: readonly Change[],
  { mark }: Planning,
  records: EdgeRecords,
): Promise<string[]> {
  await mapConcurrently(changes, CONCURRENCY, change => records.mark(change, mark));
  return changes.map(change => change.key);
}

async function reasonToSkip(
  events: readonly Change[],
  record: EdgeRecord | undefined,
  { refreshId, mark }: Planning,
  { records, objects, honoursNoStore }: UnchangedDependencies,
): Promise<keyof Skipped | undefined> {
  if (!isVerified(record)) return undefined;
  // Without a sequencer nobody knows which event it is.
  if (events.some(event => event.sequencer === '')) return undefined;
  const [event, ...others] = events.filter(({ sequencer }) => sequencer !== record.sequencer);
  const { verified } = record;
  if (event === undefined) return verified.skippedBy === refreshId ? 'unchanged' : 'duplicate';
  if (others.length > 0) return undefined;

  const neverCached = wasNeverCached(verified, honoursNoStore);
  if (!neverCached && !isVersionOf(event, verified)) return undefined;
  const now = verifiedFrom(await objects.head(event.key));
  if (now.lastModified !== undefined && now.lastModified === verified.lastModified) return undefined;
  const { sequencer } = event;
  if (now.fingerprint === verified.fingerprint) {
    const next = { ...record, sequencer, verified: { ...now, skippedBy: refreshId } };
    return (await records.replace(record, next)) ? 'unchanged' : undefined;
  }
  if (!neverCached) return undefined;
  return (await records.replace(record, { key: record.key, sequencer, mark })) ? 'neverCached' : undefined;
}

/** Decided anew each time: the distribution may be another one than when it was verified. */
function wasNeverCached({ neverCached }: Verified, honoursNoStore: boolean): boolean {
  return neverCached && honoursNoStore;
}

function isVerified(record: EdgeRecord | undefined): record is VerifiedRecord {
  return record?.verified !== undefined;
}

/** Whether an object may be the version that an event tells of, as far as the event says. */
export function isVersionOf({ removed, eTag }: Change, object: Pick<Verified, 'eTag'>): boolean {
  return removed ? object.eTag === undefined : eTag !== undefined && object.eTag === `"${eTag}"`;
}

/** What there is to remember of an object, or of the lack of one. */
export function verifiedFrom(object: Served | undefined): Verified {
  const { etag = '' } = object?.headers ?? {};
  return {
    fingerprint: fingerprintOf(object),
    neverCached: isNeverCached(object),
    ...(object === undefined ? {} : { eTag: etag, lastModified: object.lastModified }),
  };
}
