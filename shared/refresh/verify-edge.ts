import { EdgeStaleError, UnknownRefreshError } from '../errors.ts';
import {
  decodePath,
  hasDotSegment,
  keyOf,
  requestPath,
  type UrlRules,
  viewerPaths,
} from '../invalidation/viewer-urls.ts';
import type { Change, Changes, Refresh, Verification } from './refresh.ts';

/** What a viewer gets of an object: its content, by ETag, and the headers it is served with. */
export interface Served {
  readonly headers: Readonly<Record<string, string>>;
  /** RFC 9110 date of the last write, in whole seconds. */
  readonly lastModified: string;
}

/** Headers that S3 stores with an object and CloudFront passes on. */
export const SERVED_HEADERS = [
  'etag',
  'content-type',
  'cache-control',
  'content-encoding',
  'content-disposition',
  'content-language',
] as const;

export interface VerifiedRefreshes {
  get(refreshId: string): Promise<Refresh | undefined>;
  changesOf(refreshId: string): Promise<Changes>;
  recordVerifying(refreshId: string): Promise<void>;
  recordVerification(refreshId: string, verification: Verification): Promise<void>;
}

export interface OriginObjects {
  /** The object as the bucket holds it now; undefined when there is none. */
  head(key: string): Promise<Served | undefined>;
  keys(prefix: string): Promise<string[]>;
}

export interface Edge {
  /** The object as the edge serves it; undefined when it answers that there is none. */
  head(requestPath: string): Promise<Served | undefined>;
}

export interface VerifyDependencies {
  readonly refreshes: VerifiedRefreshes;
  readonly origin: OriginObjects;
  readonly edge: Edge;
  readonly originPath: string;
}

/** URLs asked at the same time: quick for thousands, and few beside a site's own traffic. */
const CONCURRENCY = 32;
/** A wildcard asked for by hand is spot-checked: whole sites are not fetched for it. */
const SPOT_CHECKS = 25;

type Outcome = 'verified' | 'superseded' | 'stale';

interface Check {
  readonly key: string;
  readonly viewerPath: string;
  /** The change that asked for it; absent for a path asked for by hand. */
  readonly change?: Change;
}

/**
 * Asks the edge for every URL that a refresh should have made fresh, and compares with what the bucket holds.
 *
 * @throws EdgeStaleError naming the URLs that still show something else
 */
export async function verifyEdge(
  refreshId: string,
  { refreshes, origin, edge, originPath }: VerifyDependencies,
): Promise<Verification> {
  const refresh = await refreshes.get(refreshId);
  if (refresh === undefined) throw new UnknownRefreshError(refreshId);
  await refreshes.recordVerifying(refreshId);
  const changes = await refreshes.changesOf(refreshId);
  const closedAt = Date.parse(refresh.closedAt ?? '');
  const checks = [
    ...changes.objects.flatMap(change => checksOf(change, originPath)),
    ...(await spotChecks(changes.paths, origin, originPath)),
  ];
  const outcomes = await mapConcurrently(checks, CONCURRENCY, check => verify(check, closedAt, origin, edge));

  const stale = checks.filter((_, index) => outcomes[index] === 'stale');
  if (stale.length > 0) throw new EdgeStaleError(stale.map(check => requestPath(check.viewerPath)));
  const verification = {
    verified: outcomes.filter(outcome => outcome === 'verified').length,
    superseded: outcomes.filter(outcome => outcome === 'superseded').length,
  };
  await refreshes.recordVerification(refreshId, verification);
  return verification;
}

/**
 * Whether a viewer path surely shows one object: of folders only the root shows its index.html (default root object), others
 * depend on the site; and nobody can ask for a path with dot segments.
 */
function showsObject(viewerPath: string): boolean {
  return (viewerPath === '/' || !viewerPath.endsWith('/')) && !hasDotSegment(viewerPath);
}

/** A page without its ending is served by a function of the site's own, maybe as a redirect: its usual URL is checked. */
const sureUrls = (originPath: string): UrlRules => ({ originPath, extensionless: false });

function checksOf(change: Change, originPath: string): Check[] {
  return viewerPaths(change.key, sureUrls(originPath))
    .filter(showsObject)
    .map(viewerPath => ({ key: change.key, viewerPath, change }));
}

async function spotChecks(
  paths: readonly string[],
  origin: OriginObjects,
  originPath: string,
): Promise<Check[]> {
  if (paths.length === 0) return [];
  const urls = (await origin.keys('')).flatMap(key => viewerPaths(key, sureUrls(originPath)));
  // A query string names a variant of an object, not another object.
  const plain = paths.filter(path => !path.includes('?'));
  return plain.flatMap(path => {
    const prefix = decodePath(path.replace(/\*$/, ''));
    const covered = path.endsWith('*') ? urls.filter(url => url.startsWith(prefix)) : [prefix];
    return covered
      .filter(showsObject)
      .slice(0, SPOT_CHECKS)
      .map(viewerPath => ({ key: keyOf(viewerPath, originPath), viewerPath }));
  });
}

/**
 * The bucket is read before and after the edge: an object overwritten in between, or since the change that asked for the
 * check, belongs to a later refresh.
 */
async function verify(check: Check, closedAt: number, origin: OriginObjects, edge: Edge): Promise<Outcome> {
  const before = await origin.head(check.key);
  const shown = await edge.head(requestPath(check.viewerPath));
  if (isSame(before, shown)) return 'verified';
  const after = await origin.head(check.key);
  return !isSame(before, after) || changedSince(check.change, after, closedAt) ? 'superseded' : 'stale';
}

function isSame(a: Served | undefined, b: Served | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.lastModified === b.lastModified && SERVED_HEADERS.every(name => a.headers[name] === b.headers[name])
  );
}

function changedSince(change: Change | undefined, current: Served | undefined, closedAt: number): boolean {
  if (change === undefined) return current !== undefined && Date.parse(current.lastModified) > closedAt;
  if (current === undefined) return !change.removed;
  if (change.removed) return true;
  const sameContent = change.eTag === undefined || current.headers['etag'] === `"${change.eTag}"`;
  return !sameContent || Date.parse(current.lastModified) > Date.parse(change.eventTime);
}

async function mapConcurrently<T, R>(
  items: readonly T[],
  limit: number,
  map: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(items.length);
  const remaining = items.entries();
  const worker = async () => {
    for (const [index, item] of remaining) results[index] = await map(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
