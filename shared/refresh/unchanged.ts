import { mapConcurrently } from '../concurrently.ts';
import type { Skipped } from './api-contract.ts';
import type { CachingHeaders } from './asked-each-time.ts';
import type { ChangedPage, ErrorPages } from './error-pages.ts';
import { type Change, isNewer, newestPerKey } from './refresh.ts';
import type { Served } from './served.ts';
import { isSameContent, type Verified, verifiedFrom } from './verified.ts';

/*
 * Decides which changes need no path, because no edge can hold anything but what the bucket holds
 * now. Events come late, repeated and out of order, and do not name headers. So the object is read,
 * and it may be newer than the event. A change may be skipped only if that object
 *
 * 1. has the fingerprint that was last verified, and
 * 2. is not the version that the record was taken from.
 *
 * By the second rule each skip uses up one version. If an edge does hold a version that differs,
 * there is one event more than there are versions to skip by: one of the events meets the record's
 * own version, and purges. Two new events in one refresh would share a version, so they purge too.
 *
 * A version for which the edge asks the bucket each time need not be purged when it changes. But
 * the edge may keep it, and asks whether its ETag is the current one. If it is, its old headers
 * stay. So such a change is skipped only if the ETag changes, and, as an old ETag may come back,
 * only while no two versions skipped since the last purge differ in their headers.
 *
 * In a bucket with versions an old version shows again when newer ones are deleted, so counting is
 * not enough. But there every version has an id, and is written once. So
 *
 * 3. an upload is skipped only by the very version that it wrote,
 * 4. the deletion of a version only while the bucket shows the version that was verified, and
 * 5. neither of them if it is older than the event on record.
 *
 * If the deleted version was newer than the verified one, its own upload purges: that version can
 * never be met again. If it was older, the deletion has changed nothing, because it came later than
 * the verified version. For this, no event that is newer than the verified version may have been
 * forgotten: a record keeps the newest event that it was marked with, and only what that event
 * wrote is recorded as verified. What a deletion leaves is not.
 *
 * Custom error pages are kept at other URLs as well, where a change of the page purges nothing. How
 * long, the former version tells. It is the one that was verified, by the same rules: if only one
 * event has come since, if the bucket no longer holds what the record was taken from, and if no
 * other plan has changed the record.
 *
 * tests/unit/refresh/unchanged-races.test.ts plays this through and shows what each rule prevents.
 */

/** What is known of a key at the edge. */
export interface EdgeRecord {
  readonly key: string;
  /**
   * Of the event that was last skipped, or else of the newest one that was purged. Those of one
   * refresh count as one, the newest.
   */
  readonly sequencer: string;
  /** Of the plan that last purged the key, or that dropped what was verified. */
  readonly mark: string;
  /**
   * Present if versions with different headers have been skipped, since the last purge, because the
   * edge asks for each of them every time.
   */
  readonly mixed?: true;
  /** Absent from the moment a purge is planned until it is verified. */
  readonly verified?: Verified;
}

export type VerifiedRecord = EdgeRecord & Required<Pick<EdgeRecord, 'verified'>>;

export interface EdgeRecords {
  /** By strongly consistent reads. */
  get(keys: readonly string[]): Promise<ReadonlyMap<string, EdgeRecord>>;
  /** Replaces a record; false if its sequencer or fingerprint is no longer the known one. */
  replace(known: VerifiedRecord, next: EdgeRecord): Promise<boolean>;
  /** Drops what was verified of a key, and stores the event unless a newer one is stored. */
  mark(change: Change, mark: string): Promise<void>;
}

export interface VerifiedRecords {
  /** The record of one key, by a strongly consistent read. */
  find(key: string): Promise<EdgeRecord | undefined>;
  /** Stores what was verified, unless another event or plan has been marked since. */
  recordVerified(change: Change, mark: string, verified: Verified): Promise<void>;
}

export interface SiteObjects {
  /** The object as the bucket holds it now; undefined when there is none. */
  head(key: string): Promise<Served | undefined>;
}

export interface UnchangedDependencies {
  readonly records: EdgeRecords;
  readonly objects: SiteObjects;
  /** Whether the edge asks the bucket each time that a viewer wants an object that says this. */
  readonly isAskedEachTime: (key: string, object: CachingHeaders) => boolean;
  readonly errorPages: ErrorPages;
}

export interface Selection {
  /** Keys to purge, each marked. */
  readonly changedKeys: readonly string[];
  readonly skipped: Skipped;
  /** Error pages that changed, whether they are purged or not. */
  readonly pages: readonly ChangedPage[];
}

/** The plan that keys are chosen for. */
export interface Planning {
  readonly refreshId: string;
  /** Names the plan: only the one that is sent may record its keys as verified. */
  readonly mark: string;
}

/** Concurrent requests. Quick for thousands of keys, each in a partition of its own. */
const CONCURRENCY = 32;

/**
 * Sorts a refresh's changed keys into those to purge and those to skip, and marks those to purge.
 * They are marked before this returns, so that a refresh that fails or crashes later leaves nothing
 * to skip by.
 *
 * @param changes every distinct event of the refresh
 */
export async function markChanged(
  changes: readonly Change[],
  planning: Planning,
  dependencies: UnchangedDependencies,
): Promise<Selection> {
  const { records, errorPages } = dependencies;
  const eventsOf = [...Map.groupBy(changes, change => change.key)];
  const known = await records.get(eventsOf.map(([key]) => key));
  const skipped: Record<keyof Skipped, number> = { ...NOTHING_SKIPPED };
  const purged: Change[] = [];
  const marked: string[] = [];
  const pages: ChangedPage[] = [];
  await mapConcurrently(eventsOf, CONCURRENCY, async ([key, events]) => {
    const record = known.get(key);
    const page = errorPages.includes(key) ? await pageOf(key, events, record, dependencies) : undefined;
    const reason = await reasonToSkip(events, record, planning, dependencies);
    if (reason !== undefined) {
      skipped[reason]++;
      if (page !== undefined && reason === 'neverCached') pages.push(page);
    } else if (page?.former !== undefined && (await markKnown(record, events, planning, records))) {
      marked.push(key);
      pages.push(page);
    } else {
      purged.push(...newestPerKey(events));
      if (page !== undefined) pages.push({ key });
    }
  });
  return { changedKeys: [...marked, ...(await purge(purged, planning, records))], skipped, pages };
}

/** Marks every changed key, to purge them all: the second round of a refresh trusts no record. */
export async function markAll(
  changes: readonly Change[],
  planning: Planning,
  { records, errorPages }: Pick<UnchangedDependencies, 'records' | 'errorPages'>,
): Promise<Selection> {
  const changedKeys = await purge(newestPerKey(changes), planning, records);
  const pages = changedKeys.filter(errorPages.includes).map(key => ({ key }));
  return { changedKeys, skipped: NOTHING_SKIPPED, pages };
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
  planning: Planning,
  dependencies: UnchangedDependencies,
): Promise<keyof Skipped | undefined> {
  if (!isVerified(record)) return undefined;
  const unseen = unseenOf(events, record);
  const [event, ...others] = unseen ?? [];
  if (unseen === undefined) return undefined;
  if (event === undefined)
    return record.verified.skippedBy === planning.refreshId ? 'unchanged' : 'duplicate';
  if (unseen.every(isDeletionOfVersion)) return reasonToSkipDeletions(unseen, record, planning, dependencies);
  return others.length === 0 ? reasonToSkipWrite(event, record, planning, dependencies) : undefined;
}

/** The events that came after the record; undefined if there is no telling. */
function unseenOf(events: readonly Change[], record: EdgeRecord): Change[] | undefined {
  // Without a sequencer there is no telling which event it is.
  if (events.some(event => event.sequencer === '')) return undefined;
  const unseen = events.filter(({ sequencer }) => sequencer !== record.sequencer);
  const isOld = (event: Change) => event.versionId !== undefined && !isNewer(event, record);
  return unseen.some(isOld) ? undefined : unseen;
}

/** An error page with some events, and its former version if that is known. */
async function pageOf(
  key: string,
  events: readonly Change[],
  record: EdgeRecord | undefined,
  { objects }: UnchangedDependencies,
): Promise<ChangedPage> {
  if (!isVerified(record)) return { key };
  const [event, ...others] = unseenOf(events, record) ?? [];
  if (event === undefined || others.length > 0 || event.deletesVersion) return { key };
  const { verified } = record;
  if (verified.eTag !== undefined && verified.headers === undefined) return { key };
  const now = await writtenBy(event, verified, objects);
  // What was uploaded is gone again, and its removal may have been skipped already.
  const isGone = now?.eTag === undefined && !event.removed;
  return now === undefined || isGone ? { key } : { key, former: verified };
}

/**
 * Marks an error page whose former version is known. Like a skip, that uses up the record: false if
 * another plan has changed it.
 */
async function markKnown(
  record: EdgeRecord | undefined,
  events: readonly Change[],
  { mark }: Planning,
  records: EdgeRecords,
): Promise<boolean> {
  if (!isVerified(record)) return false;
  const { key } = record;
  const [newest = record] = newestPerKey(events).filter(event => isNewer(event, record));
  return records.replace(record, { key, sequencer: newest.sequencer, mark });
}

/** What the bucket holds, if that may be what an event wrote, and is not what was verified. */
async function writtenBy(
  event: Change,
  verified: Verified,
  objects: SiteObjects,
): Promise<Verified | undefined> {
  const now = verifiedFrom(await objects.head(event.key));
  if (!event.removed && event.versionId !== now.versionId) return undefined;
  const isSeen = now.lastModified !== undefined && now.lastModified === verified.lastModified;
  return isSeen ? undefined : now;
}

async function reasonToSkipDeletions(
  deletions: readonly Change[],
  record: VerifiedRecord,
  { refreshId }: Planning,
  { records, objects }: UnchangedDependencies,
): Promise<keyof Skipped | undefined> {
  const { key, verified } = record;
  if (verified.versionId === undefined) return undefined;
  const now = await objects.head(key);
  if (now?.versionId !== verified.versionId) return undefined;
  const [{ sequencer } = record] = newestPerKey(deletions);
  const next = { ...record, sequencer, verified: { ...verified, skippedBy: refreshId } };
  return (await records.replace(record, next)) ? 'unchanged' : undefined;
}

/** @param event about an upload or a removal; a null version may have been deleted, too */
async function reasonToSkipWrite(
  event: Change,
  record: VerifiedRecord,
  { refreshId, mark }: Planning,
  { records, objects, isAskedEachTime }: UnchangedDependencies,
): Promise<keyof Skipped | undefined> {
  const { key, verified } = record;
  const neverCached = verified.headers !== undefined && !record.mixed && isAskedEachTime(key, verified);
  if (!neverCached && !isSameContent(event, verified)) return undefined;
  const now = await writtenBy(event, verified, objects);
  if (now === undefined) return undefined;
  const { sequencer } = event;
  if (now.fingerprint === verified.fingerprint) {
    const { shown } = verified;
    const seen = { ...now, ...(shown === undefined ? {} : { shown }), skippedBy: refreshId };
    const next = { ...record, sequencer, verified: seen };
    return (await records.replace(record, next)) ? 'unchanged' : undefined;
  }
  // With the same ETag, the edge is told that it has the current object, and shows its old headers.
  if (!neverCached || now.eTag === verified.eTag) return undefined;
  const mixed = now.headers === verified.headers ? {} : ({ mixed: true } as const);
  return (await records.replace(record, { key, sequencer, mark, ...mixed })) ? 'neverCached' : undefined;
}

function isVerified(record: EdgeRecord | undefined): record is VerifiedRecord {
  return record?.verified !== undefined;
}

/** Whether a version was deleted that there never was another one of. */
function isDeletionOfVersion({ deletesVersion, versionId }: Change): boolean {
  return deletesVersion === true && versionId !== undefined;
}
