import type { Plan } from '../planning/plan.ts';

/**
 * The refresh: everything that changed in one deploy, followed until the edge serves it. A refresh takes changes while
 * it is open; once closed its set of changes is fixed.
 */
export type RefreshState = 'open' | 'closed' | 'invalidating' | 'verifying' | 'fresh' | 'failed';

/** One change of an object, as an S3 event told it. */
export interface Change {
  readonly key: string;
  readonly removed: boolean;
  /** ISO 8601, when S3 finished the request. */
  readonly eventTime: string;
  /** Orders the events of one key; see `isNewer`. Empty when the event carried none. */
  readonly sequencer: string;
  /** Absent on removals. */
  readonly eTag?: string;
}

/** What a refresh has to cover: changed objects, and invalidation paths asked for by hand. */
export interface Changes {
  /** Every distinct event, in no order. */
  readonly objects: readonly Change[];
  readonly paths: readonly string[];
}

/** The paths sent to CloudFront for a refresh. A new plan gets a new number, and so a new caller reference. */
export interface StoredPlan extends Plan {
  readonly number: number;
  /** Which try of the refresh it belongs to: 1, or 2 when the first invalidation never completed or left the edge stale. */
  readonly round: number;
  /** ISO 8601. Its month is the one whose free paths it uses. */
  readonly plannedAt: string;
  /** Names this plan on the records of the keys that it purges. */
  readonly mark: string;
  /** Distinct keys that changed, skipped ones included, and paths asked for by hand. */
  readonly changeCount: number;
  readonly requestedPathCount: number;
  readonly skipped: Skipped;
  /** With the invalidations of earlier rounds, in US dollars. */
  readonly totalCostUsd: number;
}

/** Changed keys that needed no path, by why; see unchanged.ts. */
export interface Skipped {
  /** The edge was verified to serve the same content with the same headers. */
  readonly unchanged: number;
  /** The edge keeps nothing of the object, which is served with `no-store`. */
  readonly neverCached: number;
  /** An earlier refresh took account of the same event. */
  readonly duplicate: number;
}

/** What a plan comes to, for lists: its paths may be 150 KB. */
export interface PlanTotals
  extends Pick<
    StoredPlan,
    'round' | 'changeCount' | 'requestedPathCount' | 'skipped' | 'collateral' | 'totalCostUsd'
  > {
  readonly pathCount: number;
}

export function totalsOf({ paths, ...plan }: StoredPlan): PlanTotals {
  const { round, changeCount, requestedPathCount, skipped, collateral, totalCostUsd } = plan;
  const pathCount = paths.length;
  return { round, changeCount, requestedPathCount, pathCount, skipped, collateral, totalCostUsd };
}

export interface Verification {
  /** URLs that the edge serves as the bucket holds them. */
  readonly verified: number;
  /** URLs of keys that changed again since: their own refresh verifies them. */
  readonly superseded: number;
}

/** With the first of the URLs verified, as a client asks for them. */
export interface StoredVerification extends Verification {
  readonly urls: readonly string[];
}

export interface Refresh {
  readonly id: string;
  /** The distribution that this refresh makes fresh. */
  readonly distributionId: string;
  readonly state: RefreshState;
  /**
   * Counts the commits of collectors, and CloudFront's refusals. Unchanged between two looks means that uploads are quiet;
   * a plan belongs to the generation that it was made in.
   */
  readonly generation: number;
  /** ISO 8601. */
  readonly startedAt: string;
  /** ISO 8601; absent while it is open. */
  readonly closedAt?: string;
  /** Absent too when CloudFront refused it: nothing was sent. */
  readonly plan?: StoredPlan;
  /** The totals of that plan. */
  readonly totals?: PlanTotals;
  /** Number of the last plan stored, refused ones included. */
  readonly plans?: number;
  /** ISO 8601, when CloudFront first took no more invalidations. */
  readonly refusedAt?: string;
  /** How often CloudFront took no more. */
  readonly refusals?: number;
  /** The newest one, if there were two rounds. */
  readonly invalidationId?: string;
  /** ISO 8601, when that one was recorded. */
  readonly invalidatedAt?: string;
  /** What its invalidations cost together so far, in US dollars. */
  readonly spentUsd?: number;
  /** ISO 8601, when verifying began: the invalidation, if there is one, was seen completed. */
  readonly verifyingAt?: string;
  readonly verification?: StoredVerification;
  /** ISO 8601 */
  readonly verifiedAt?: string;
  readonly finishedAt?: string;
  /** Why it failed. */
  readonly failure?: string;
  /** Failed while open, so never sent to CloudFront: the refresh after it has its changes too. */
  readonly abandoned?: true;
  /** Another refresh has taken its place, or is about to: it can never open again. */
  readonly superseded?: true;
}

/** The UTC month of an ISO 8601 time, which AWS bills by: `2026-11`. */
export function monthOf(time: string): string {
  return time.slice(0, 7);
}

/** Refreshes are kept as history for so long. */
export const HISTORY_DAYS = 90;

/**
 * A fresh id: sorts by time, and is a valid Step Functions execution name and beginning of a CloudFront caller reference.
 *
 * @param uuid makes ids of one second differ, by its first 8 hex digits
 */
export function refreshIdOf(now: Date, uuid: string): string {
  const second = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  return `${second}Z-${uuid.slice(0, 8)}`;
}

const REFRESH_ID = /^\d{8}T\d{6}Z-[\da-f]{8}$/;

export function isRefreshId(text: string): boolean {
  return REFRESH_ID.test(text);
}

/** By which CloudFront knows a plan's invalidation again: of the same reference and paths it makes one. */
export function callerReferenceOf(refreshId: string, planNumber: number): string {
  return `${refreshId}-${planNumber}`;
}

/** The refresh whose invalidation has a caller reference; undefined when it is somebody else's. */
export function refreshOfCallerReference(callerReference: string): string | undefined {
  const id = callerReference.replace(/-\d+$/, '');
  return id !== callerReference && isRefreshId(id) ? id : undefined;
}

/**
 * Whether an event happened after another one of the same key: sequencers are hexadecimal and are compared as text after
 * padding the shorter one with zeros on the right (S3 user guide, "Event message structure").
 */
export function isNewer(a: Change, b: Change): boolean {
  const length = Math.max(a.sequencer.length, b.sequencer.length);
  return a.sequencer.padEnd(length, '0') > b.sequencer.padEnd(length, '0');
}

/** One change per key: the newest. */
export function newestPerKey(changes: Iterable<Change>): Change[] {
  const newest = new Map<string, Change>();
  for (const change of changes) {
    const known = newest.get(change.key);
    if (known === undefined || isNewer(change, known)) newest.set(change.key, change);
  }
  return [...newest.values()];
}
