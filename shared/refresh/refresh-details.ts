import { explainPlan } from '../planning/explain.ts';
import type { UrlRules } from '../planning/viewer-urls.ts';
import { type RefreshSummary, summaryOf } from './history.ts';
import {
  type Change,
  type Changes,
  isRefreshId,
  newestPerKey,
  type Refresh,
  type StoredVerification,
} from './refresh.ts';
import { RefreshRefusedError } from './refusal.ts';

export interface RefreshDetails extends RefreshSummary {
  /** At most `MAX_LISTED` of `changeCount`: the newest event of each key. */
  readonly changes: readonly Pick<Change, 'key' | 'removed' | 'eventTime'>[];
  /** At most `MAX_LISTED` of `requestedPathCount`. */
  readonly requestedPaths: readonly string[];
  /** At most `MAX_LISTED` of `pathCount`. */
  readonly paths: readonly ExplainedPath[];
  /** As CloudFront says now; absent too when it could not be asked. */
  readonly invalidation?: Invalidation;
  /** In order; only what has happened. */
  readonly timeline: readonly TimelineEntry[];
  readonly verification?: StoredVerification;
}

/** A path of the plan, and why it is there. */
export interface ExplainedPath {
  readonly path: string;
  /** Objects that it purges needlessly. */
  readonly collateral: number;
  /** The first of the changed keys that it covers, and how many there are. */
  readonly keys: readonly string[];
  readonly keyCount: number;
  /** The first of the paths asked for by hand that it covers. */
  readonly requestedPaths: readonly string[];
}

export interface Invalidation {
  readonly id: string;
  readonly status: string;
  /** ISO 8601 */
  readonly createTime: string;
}

export interface TimelineEntry {
  /** `uploaded`: the newest change, as S3 tells it; `completed`: when the workflow saw it. */
  readonly step: 'uploaded' | 'closed' | 'invalidated' | 'completed' | 'verified' | 'finished';
  /** ISO 8601 */
  readonly at: string;
}

export interface DetailsDependencies {
  readonly refreshes: {
    get(refreshId: string): Promise<Refresh | undefined>;
    changesOf(refreshId: string): Promise<Changes>;
  };
  readonly invalidations: {
    /** Undefined when CloudFront knows of none with this id. */
    find(invalidationId: string): Promise<Invalidation | undefined>;
  };
  readonly urls: UrlRules;
  /** Told why CloudFront could not be asked. */
  readonly onUnknownInvalidation: (error: unknown) => void;
}

/** As many as people look through. */
const MAX_LISTED = 200;
const MAX_REASONS = 5;

/** @throws RefreshRefusedError RefreshNotFound */
export async function describeRefresh(
  refreshId: string,
  dependencies: DetailsDependencies,
): Promise<RefreshDetails> {
  const { refreshes, urls } = dependencies;
  const refresh = isRefreshId(refreshId) ? await refreshes.get(refreshId) : undefined;
  if (refresh === undefined)
    throw new RefreshRefusedError('RefreshNotFound', 'There is no such refresh. They are kept for 90 days.');
  const [{ objects, paths: requestedPaths }, invalidation] = await Promise.all([
    refreshes.changesOf(refreshId),
    findInvalidation(refresh, dependencies),
  ]);
  const changes = newestPerKey(objects).sort((a, b) => (a.key < b.key ? -1 : 1));
  return {
    ...summaryOf(refresh),
    changes: changes.slice(0, MAX_LISTED).map(({ key, removed, eventTime }) => ({ key, removed, eventTime })),
    requestedPaths: requestedPaths.toSorted().slice(0, MAX_LISTED),
    paths: explainedPaths(refresh, { changes, requestedPaths, urls }),
    ...(invalidation === undefined ? {} : { invalidation }),
    timeline: timelineOf(refresh, changes),
    ...(refresh.verification === undefined ? {} : { verification: refresh.verification }),
  };
}

/** What is known without CloudFront is worth showing while it throttles. */
async function findInvalidation(
  { invalidationId }: Refresh,
  { invalidations, onUnknownInvalidation }: DetailsDependencies,
): Promise<Invalidation | undefined> {
  if (invalidationId === undefined) return undefined;
  try {
    return await invalidations.find(invalidationId);
  } catch (error) {
    onUnknownInvalidation(error);
    return undefined;
  }
}

interface Reasons {
  readonly changes: readonly Change[];
  readonly requestedPaths: readonly string[];
  readonly urls: UrlRules;
}

function explainedPaths({ plan }: Refresh, { changes, requestedPaths, urls }: Reasons): ExplainedPath[] {
  if (plan === undefined) return [];
  const changedKeys = changes.map(({ key }) => key);
  return explainPlan(plan, { changedKeys, requestedPaths, urls })
    .slice(0, MAX_LISTED)
    .map(reason => ({
      path: reason.path,
      collateral: reason.collateral,
      keys: reason.keys.slice(0, MAX_REASONS),
      keyCount: reason.keys.length,
      requestedPaths: reason.requestedPaths.slice(0, MAX_REASONS),
    }));
}

function timelineOf(refresh: Refresh, changes: readonly Change[]): TimelineEntry[] {
  const uploadedAt = changes.reduce((newest, { eventTime }) => (eventTime > newest ? eventTime : newest), '');
  const { startedAt, closedAt, invalidationId, invalidatedAt, verifyingAt, verifiedAt, finishedAt } = refresh;
  const times = {
    uploaded: uploadedAt === '' ? startedAt : uploadedAt,
    closed: closedAt,
    invalidated: invalidatedAt,
    completed: invalidationId === undefined ? undefined : verifyingAt,
    verified: verifiedAt,
    finished: finishedAt,
  } satisfies Record<TimelineEntry['step'], string | undefined>;
  const steps = ['uploaded', 'closed', 'invalidated', 'completed', 'verified', 'finished'] as const;
  return steps.flatMap(step => {
    const at = times[step];
    return at === undefined ? [] : [{ step, at }];
  });
}
