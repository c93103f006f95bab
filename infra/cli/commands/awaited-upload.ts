import type { ListedRefresh, RefreshPages } from '../../../shared/refresh/history.ts';
import { type Change, newestPerKey, type Refresh } from '../../../shared/refresh/refresh.ts';
import type { Served } from '../../../shared/refresh/served.ts';
import { adviceOnUnasked } from '../../../shared/refresh/unasked-advice.ts';
import type { EdgeRecords, SiteObjects } from '../../../shared/refresh/unchanged.ts';
import type { Upload } from '../option-values.ts';

/** How far an upload is. */
export interface UploadState {
  readonly state: 'fresh' | 'pending' | 'failed' | 'unasked' | 'superseded';
  /** The refresh that has the upload, if one is known. */
  readonly refreshId?: string;
  /** What is awaited, or why it is not fresh: a sentence without its full stop. */
  readonly reason?: string;
}

/** What is known of uploads to one distribution. */
export interface UploadSources {
  readonly bucket: SiteObjects;
  readonly records: Pick<EdgeRecords, 'get'>;
  readonly history: RefreshPages;
  /** By a strongly consistent read. */
  readonly refresh: (id: string) => Promise<Refresh | undefined>;
  readonly changesOfKey: (refreshId: string, key: string) => Promise<readonly Change[]>;
  readonly now: () => Date;
}

/** A refresh waits for CloudFront's quota for a day at most, and takes uploads until then. */
const LONGEST_REFRESH_MS = 25 * 3_600_000;
/** Refreshes per read of the history. */
const PAGE = 100;

/**
 * How far an upload is: by the bucket, by what was last verified of its key, and by the refresh
 * that has its event. The refresh of an upload that needed no purge ends as fresh, too. An upload
 * that caused no event, because a sync found the file unchanged, is fresh if that version was
 * verified.
 */
export async function stateOf({ key, eTag }: Upload, sources: UploadSources): Promise<UploadState> {
  const object = await sources.bucket.head(key);
  if (object?.headers['etag'] !== `"${eTag}"`) return superseded(object);
  const verified = (await sources.records.get([key])).get(key)?.verified;
  const wasVerified = verified?.eTag === `"${eTag}"` && verified.lastModified === object.lastModified;
  const writtenAt = Date.parse(object.lastModified);
  for await (const listed of refreshesSince(wasVerified ? sources.now().getTime() : writtenAt, sources)) {
    // Of one that has ended, nothing more is to be learned about a verified version.
    if (listed.end !== undefined && (wasVerified || Date.parse(listed.end.at) < writtenAt)) continue;
    const [change] = newestPerKey(await sources.changesOfKey(listed.id, key));
    if (change === undefined || !isEventOf(change, eTag, writtenAt)) continue;
    const refresh = await sources.refresh(listed.id);
    if (refresh !== undefined) return stateIn(refresh);
  }
  return wasVerified
    ? { state: 'fresh' }
    : { state: 'pending', reason: 'no event of it has arrived: does the stack watch this key?' };
}

function superseded(object: Served | undefined): UploadState {
  const reason =
    object === undefined
      ? 'the bucket has no such object (any more)'
      : `another upload has superseded it: the bucket holds ${object.headers['etag']}`;
  return { state: 'superseded', reason };
}

/** The same content may have been uploaded before. S3 tells the last write in whole seconds. */
function isEventOf(change: Change, eTag: string, writtenAt: number): boolean {
  return !change.removed && change.eTag === eTag && Date.parse(change.eventTime) >= writtenAt;
}

/** Newest first: every refresh that may have taken an upload since then. */
async function* refreshesSince(time: number, { history }: UploadSources): AsyncGenerator<ListedRefresh> {
  const earliest = new Date(time - LONGEST_REFRESH_MS).toISOString();
  let after: string | undefined;
  do {
    const page = await history.page({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    for (const refresh of page.refreshes) {
      if (refresh.startedAt < earliest) return;
      yield refresh;
    }
    after = page.after;
  } while (after !== undefined);
}

function stateIn({ id: refreshId, state, end }: Refresh): UploadState {
  if (end === undefined) return { state: 'pending', refreshId, reason: `its refresh is ${state}` };
  if (state === 'fresh') return { state, refreshId };
  if (end.unasked === undefined)
    return { state: 'failed', refreshId, reason: `its refresh failed: ${end.failure}` };
  const { code, reason } = end.unasked;
  return {
    state: 'unasked',
    refreshId,
    reason: `invalidated, but not verified: ${reason}. ${adviceOnUnasked(code)}`,
  };
}
