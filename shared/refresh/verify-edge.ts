import { mapConcurrently } from '../concurrently.ts';
import { EdgeStaleError, UnknownRefreshError } from '../errors.ts';
import {
  decodePath,
  hasDotSegment,
  keyOf,
  requestPath,
  type UrlRules,
  viewerPaths,
} from '../planning/viewer-urls.ts';
import { MAX_LISTED_IN_DETAILS } from './api-contract.ts';
import {
  type Change,
  type Changes,
  newestPerKey,
  type Refresh,
  type StoredVerification,
  type Verification,
} from './refresh.ts';
import { isSame, isShown, type Served } from './served.ts';
import { isVersionOf, type SiteObjects, type VerifiedRecords, verifiedFrom } from './unchanged.ts';

export interface VerifyStore {
  get(refreshId: string): Promise<Refresh | undefined>;
  changesOf(refreshId: string): Promise<Changes>;
  /** If repeated within a round, keeps the first time. */
  recordVerifying(refreshId: string): Promise<void>;
  recordVerification(refreshId: string, verification: StoredVerification): Promise<void>;
}

export interface OriginObjects extends SiteObjects {
  keys(prefix: string): Promise<string[]>;
}

export interface Edge {
  /** The object as the edge serves it; undefined if it answers that there is none. */
  head(requestPath: string): Promise<Served | undefined>;
}

export interface VerifyDependencies {
  readonly refreshes: VerifyStore;
  readonly records: VerifiedRecords;
  readonly origin: OriginObjects;
  readonly edge: Edge;
  readonly urls: UrlRules;
  /** See distribution.ts. */
  readonly errorPages: readonly string[];
}

/** Concurrent requests. Quick for thousands of URLs, and few beside a site's own traffic. */
const CONCURRENCY = 32;
/**
 * How many URLs of a wildcard asked for by hand are checked: whole sites are not requested for it.
 */
const SPOT_CHECKS = 25;

interface Outcome {
  readonly state: 'verified' | 'superseded' | 'stale';
  /** What the bucket held. */
  readonly object: Served | undefined;
}

interface Check {
  readonly key: string;
  readonly viewerPath: string;
  /** The change to be verified; absent for a path asked for by hand. */
  readonly change?: Change;
}

/**
 * Asks the edge for every URL that a refresh should have made fresh, and compares the answers with
 * the bucket. If none is stale, keys whose URLs all match are recorded as verified, so that a later
 * upload that changes nothing can be skipped.
 *
 * @throws EdgeStaleError naming the URLs that still show old content
 */
export async function verifyEdge(refreshId: string, dependencies: VerifyDependencies): Promise<Verification> {
  const { refreshes, records, origin, urls: rules } = dependencies;
  const refresh = await refreshes.get(refreshId);
  if (refresh === undefined) throw new UnknownRefreshError(refreshId);
  await refreshes.recordVerifying(refreshId);
  const changes = await refreshes.changesOf(refreshId);
  const closedAt = Date.parse(refresh.closedAt ?? '');
  const checks = [
    ...newestPerKey(changes.objects).flatMap(change => checksOf(change, rules)),
    ...(await spotChecks(changes.paths, origin, rules)),
  ];
  const outcomes = await mapConcurrently(checks, CONCURRENCY, check => verify(check, closedAt, dependencies));

  const stale = checks.filter((_, index) => outcomes[index]?.state === 'stale');
  if (stale.length > 0) throw new EdgeStaleError(stale.map(check => requestPath(check.viewerPath)));
  const verification = {
    verified: outcomes.filter(({ state }) => state === 'verified').length,
    superseded: outcomes.filter(({ state }) => state === 'superseded').length,
  };
  if (refresh.plan !== undefined) await recordVerified(checks, outcomes, refresh.plan.mark, records);
  const urls = firstVerified(checks, outcomes);
  await refreshes.recordVerification(refreshId, { ...verification, urls });
  return verification;
}

/** URLs that a record has room for beside its plan. */
const MOST_CHARACTERS = 20_000;

function firstVerified(checks: readonly Check[], outcomes: readonly Outcome[]): string[] {
  const urls = new Set<string>();
  let characters = 0;
  for (const [index, { viewerPath }] of checks.entries()) {
    if (outcomes[index]?.state !== 'verified') continue;
    const url = requestPath(viewerPath);
    if (urls.has(url)) continue;
    characters += url.length;
    if (urls.size === MAX_LISTED_IN_DETAILS || characters > MOST_CHARACTERS) break;
    urls.add(url);
  }
  return [...urls];
}

async function recordVerified(
  checks: readonly Check[],
  outcomes: readonly Outcome[],
  mark: string,
  records: VerifiedRecords,
): Promise<void> {
  const objects = new Map<Change, Served | undefined>();
  const unsure = new Set<Change>();
  for (const [index, { change }] of checks.entries()) {
    const outcome = outcomes[index];
    if (change === undefined || outcome === undefined) continue;
    objects.set(change, outcome.object);
    if (outcome.state !== 'verified') unsure.add(change);
  }
  await mapConcurrently([...objects], CONCURRENCY, async ([change, object]) => {
    const verified = verifiedFrom(object);
    const isSure = change.sequencer !== '' && !unsure.has(change) && isVersionOf(change, verified);
    if (isSure) await records.recordVerified(change, mark, verified);
  });
}

/**
 * Whether a viewer path is sure to show one object. `/` is if there is a default root object. What
 * other folders show depends on the site, and nobody can request a path with dot segments.
 */
function showsObject(viewerPath: string, { rootObject }: UrlRules): boolean {
  if (viewerPath === '/') return rootObject !== '';
  return !viewerPath.endsWith('/') && !hasDotSegment(viewerPath);
}

/**
 * Pages without their extension are served by a function of the site's own, maybe as redirects, so
 * their usual URL is checked.
 */
function sureUrls(key: string, rules: UrlRules): string[] {
  return viewerPaths(key, { ...rules, extensionless: false }).filter(path => showsObject(path, rules));
}

function checksOf(change: Change, rules: UrlRules): Check[] {
  return sureUrls(change.key, rules).map(viewerPath => ({ key: change.key, viewerPath, change }));
}

async function spotChecks(
  paths: readonly string[],
  origin: OriginObjects,
  rules: UrlRules,
): Promise<Check[]> {
  if (paths.length === 0) return [];
  const urls = (await origin.keys('')).flatMap(key => sureUrls(key, rules));
  const known = new Set(urls);
  // A query string names a variant of an object, not another object.
  const plain = paths.filter(path => !path.includes('?'));
  return plain.flatMap(path => {
    const prefix = decodePath(path.replace(/\*$/, ''));
    // A path that names no object may be a route of the page, or belong to another origin: there is
    // no telling what it should show.
    const covered = path.endsWith('*')
      ? urls.filter(url => url.startsWith(prefix))
      : [prefix].filter(url => known.has(url));
    return covered.slice(0, SPOT_CHECKS).map(viewerPath => ({ key: keyOf(viewerPath, rules), viewerPath }));
  });
}

/**
 * Reads the bucket before and after the edge. An object that was overwritten in between, or since
 * the change to be verified, belongs to a later refresh.
 */
async function verify(check: Check, closedAt: number, dependencies: VerifyDependencies): Promise<Outcome> {
  const { origin, edge } = dependencies;
  const before = await origin.head(check.key);
  const shown = await edge.head(requestPath(check.viewerPath));
  if (isShown(before, shown)) return { state: 'verified', object: before };
  const object = await origin.head(check.key);
  if (!isSame(before, object) || changedSince(check.change, object, closedAt)) {
    return { state: 'superseded', object };
  }
  const state = object === undefined ? await absence(shown, closedAt, dependencies) : 'stale';
  return { state, object };
}

/**
 * Whether the edge shows one of the distribution's error pages where the bucket has nothing. If the
 * page has changed since, it belongs to a later refresh, and until that is done the edge may show
 * the former page.
 */
async function absence(
  shown: Served | undefined,
  closedAt: number,
  { origin, urls, errorPages }: VerifyDependencies,
): Promise<Outcome['state']> {
  let state: Outcome['state'] = 'stale';
  for (const path of new Set(errorPages.filter(page => page !== ''))) {
    const page = await origin.head(keyOf(decodePath(path), urls));
    if (page === undefined) continue;
    if (isShown(page, shown)) return 'verified';
    if (Date.parse(page.lastModified) > closedAt) state = 'superseded';
  }
  return state;
}

function changedSince(change: Change | undefined, current: Served | undefined, closedAt: number): boolean {
  if (change === undefined) return current !== undefined && Date.parse(current.lastModified) > closedAt;
  if (current === undefined) return !change.removed;
  if (change.removed) return true;
  const sameContent = change.eTag === undefined || current.headers['etag'] === `"${change.eTag}"`;
  return !sameContent || Date.parse(current.lastModified) > Date.parse(change.eventTime);
}
