import { explainPlan } from '../planning/explain.ts';
import type { UrlRules } from '../planning/viewer-urls.ts';
import type { IsoTime } from '../time.ts';
import {
  type ExplainedPath,
  type Invalidation,
  MAX_LISTED_IN_DETAILS,
  REFRESH_STEPS,
  type RefreshDetails,
  type RefreshStep,
  type TimelineEntry,
} from './api-contract.ts';
import { summaryOf } from './history.ts';
import {
  type Change,
  type Changes,
  isRefreshId,
  newestPerKey,
  type Refresh,
  requestedIn,
} from './refresh.ts';
import { RefreshRefusedError } from './refusal.ts';

export interface DetailsDependencies {
  readonly refreshes: {
    get(refreshId: string): Promise<Refresh | undefined>;
    changesOf(refreshId: string): Promise<Changes>;
  };
  readonly invalidations: {
    /** Undefined if CloudFront has none with this id. */
    find(invalidationId: string): Promise<Invalidation | undefined>;
  };
  readonly urls: () => Promise<UrlRules>;
  /** Told why CloudFront could not be asked. */
  readonly onUnknownInvalidation: (error: unknown) => void;
}

/** Keys and paths named as the reason of one path. */
const MAX_REASONS = 5;

/** @throws RefreshRefusedError RefreshNotFound */
export async function describeRefresh(
  refreshId: string,
  dependencies: DetailsDependencies,
): Promise<RefreshDetails> {
  const { refreshes, urls } = dependencies;
  const refresh = isRefreshId(refreshId) ? await refreshes.get(refreshId) : undefined;
  if (refresh === undefined)
    throw new RefreshRefusedError(
      'RefreshNotFound',
      'There is no such refresh. Refreshes are kept for 90 days.',
    );
  const [{ objects, ...asked }, invalidation] = await Promise.all([
    refreshes.changesOf(refreshId),
    findInvalidation(refresh, dependencies),
  ]);
  const requestedPaths = requestedIn(asked);
  const verification = verificationOf(refresh);
  const changes = newestPerKey(objects).sort((a, b) => (a.key < b.key ? -1 : 1));
  return {
    ...summaryOf(refresh),
    changes: changes
      .slice(0, MAX_LISTED_IN_DETAILS)
      .map(({ key, removed, eventTime }) => ({ key, removed, eventTime })),
    requestedPaths: requestedPaths.toSorted(byText).slice(0, MAX_LISTED_IN_DETAILS),
    paths: explainedPaths(refresh, { changes, requestedPaths, urls: await urls() }),
    ...(refresh.plan?.guard === undefined ? {} : { guard: refresh.plan.guard }),
    ...(refresh.plan?.cap === undefined ? {} : { cap: refresh.plan.cap }),
    ...(invalidation === undefined ? {} : { invalidation }),
    timeline: timelineOf(refresh, changes),
    ...(verification === undefined ? {} : { verification }),
  };
}

/** While CloudFront throttles, everything else is still worth showing. */
async function findInvalidation(
  { invalidation }: Refresh,
  { invalidations, onUnknownInvalidation }: DetailsDependencies,
): Promise<Invalidation | undefined> {
  if (invalidation === undefined) return undefined;
  try {
    return await invalidations.find(invalidation.id);
  } catch (error) {
    onUnknownInvalidation(error);
    return undefined;
  }
}

const byText = (a: string, b: string) => (a < b ? -1 : 1);

interface Reasons {
  readonly changes: readonly Change[];
  readonly requestedPaths: readonly string[];
  readonly urls: UrlRules;
}

function explainedPaths({ plan }: Refresh, { changes, requestedPaths, urls }: Reasons): ExplainedPath[] {
  if (plan === undefined) return [];
  const changedKeys = changes.map(({ key }) => key);
  return explainPlan(plan, { changedKeys, requestedPaths, urls })
    .slice(0, MAX_LISTED_IN_DETAILS)
    .map(reason => ({
      path: reason.path,
      needlessPurges: reason.needlessPurges,
      keys: reason.keys.slice(0, MAX_REASONS),
      keyCount: reason.keys.length,
      requestedPaths: reason.requestedPaths.slice(0, MAX_REASONS),
    }));
}

function verificationOf({ verification }: Refresh): RefreshDetails['verification'] {
  if (verification?.result === undefined) return undefined;
  const { verified, superseded, urls, unasked } = verification.result;
  return { verified, superseded, urls: [...urls], ...(unasked === undefined ? {} : { unasked }) };
}

function timelineOf(refresh: Refresh, changes: readonly Change[]): TimelineEntry[] {
  const { startedAt, closedAt, invalidation, verification, end } = refresh;
  const uploadedAt = changes.reduce((newest, { eventTime }) => (eventTime > newest ? eventTime : newest), '');
  const times = {
    uploaded: uploadedAt === '' ? startedAt : uploadedAt,
    closed: closedAt,
    invalidated: invalidation?.at,
    completed: invalidation === undefined ? undefined : verification?.startedAt,
    verified: verification?.result?.unasked === undefined ? verification?.verifiedAt : undefined,
    finished: end?.at,
  } satisfies Record<RefreshStep, IsoTime | undefined>;
  return REFRESH_STEPS.flatMap(step => {
    const at = times[step];
    return at === undefined ? [] : [{ step, at }];
  });
}
