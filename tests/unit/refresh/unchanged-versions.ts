import type { Change } from '../../../shared/refresh/refresh.ts';
import type { Served } from '../../../shared/refresh/served.ts';

/**
 * One write of the key: content and headers, a removal, or the deletion of a version. Only buckets
 * with versions know the latter: `undone` deletes the newest version, `pruned` the oldest one that
 * is not current. In other buckets both are removals.
 */
export interface Version {
  readonly content: 'a' | 'b' | 'removed' | 'undone' | 'pruned';
  readonly cacheControl: 'max-age=1' | 'max-age=2' | 'no-store' | 'no-cache';
  /** In a later second than the version before. */
  readonly later: boolean;
}

/** What the bucket shows after a write, and the event about that write. */
export interface StoredVersion {
  readonly event: Change;
  /** Undefined if there is no object. */
  readonly served: Served | undefined;
}

/** With these, an edge asks the bucket before it shows what it keeps. */
export const ASKED_EACH_TIME: ReadonlySet<string> = new Set(['no-store', 'no-cache']);

export const KEY = 'page.html';

/** A version in the bucket: an object, or a delete marker. */
interface Kept {
  readonly id: string;
  readonly served: Served | undefined;
}

export function storedVersionsOf(versions: readonly Version[], hasVersions: boolean): StoredVersion[] {
  const kept: Kept[] = [];
  let second = 0;
  return versions.map((version, index) => {
    if (version.later) second++;
    const sequencer = `${index + 1}`;
    const event = { key: KEY, sequencer, eventTime: new Date(second * 1000 + 500).toISOString() };
    const deleted = hasVersions ? deletedBy(version, kept) : undefined;
    if (deleted !== undefined) {
      kept.splice(kept.indexOf(deleted), 1);
      const change = { ...event, removed: false, versionId: deleted.id, deletesVersion: true } as const;
      return { event: change, served: kept.at(-1)?.served };
    }
    const id = `v${index}`;
    const versionId = hasVersions ? { versionId: id } : {};
    if (version.content !== 'a' && version.content !== 'b') {
      kept.push({ id, served: undefined });
      return { event: { ...event, removed: true, ...versionId }, served: undefined };
    }
    const { content, cacheControl } = version;
    const headers = { etag: `"${content}"`, 'cache-control': cacheControl };
    const served = { headers, lastModified: new Date(second * 1000).toUTCString(), ...versionId };
    kept.push({ id, served });
    return { event: { ...event, removed: false, eTag: content, ...versionId }, served };
  });
}

/** The version that a write deletes; undefined if it deletes none. */
function deletedBy({ content }: Version, kept: readonly Kept[]): Kept | undefined {
  if (content === 'undone') return kept.at(-1);
  return content === 'pruned' && kept.length > 1 ? kept[0] : undefined;
}
