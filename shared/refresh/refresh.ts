import { tagPath } from '../planning/cache-tags.ts';
import type { Cap } from '../planning/cap.ts';
import type { Plan } from '../planning/plan.ts';
import type { IsoTime } from '../time.ts';
import type { RefreshState, Skipped, UnaskedSummary } from './api-contract.ts';
import type { KeptErrorPages } from './kept-error-pages.ts';
import type { Unasked } from './unasked.ts';

/** One change of an object, as an S3 event reports it. */
export interface Change {
  readonly key: string;
  /** Whether the bucket shows no object under the key any more. */
  readonly removed: boolean;
  /**
   * Present if one version was deleted for good. The event does not tell what is left: if that was
   * the current version, the one before it shows again, and otherwise nothing has changed.
   */
  readonly deletesVersion?: true;
  /** When S3 finished the request. */
  readonly eventTime: IsoTime;
  /** Orders the events of one key; see `isNewer`. Empty when the event carried none. */
  readonly sequencer: string;
  /** Absent on removals. */
  readonly eTag?: string;
  /** The version that was written or deleted; absent in buckets without versions. */
  readonly versionId?: string;
}

/** What a refresh has to cover: changed objects, and invalidation paths asked for by hand. */
export interface Changes {
  /** Every distinct event, in no order. */
  readonly objects: readonly Change[];
  readonly paths: readonly string[];
  /** Cache tags asked for by hand. */
  readonly tags?: readonly string[];
  /** What made paths old that nobody asked for by hand: a change of the distribution. */
  readonly causes?: readonly string[];
}

/** What was asked for by hand, as items of an invalidation. */
export function requestedIn({ paths, tags = [] }: Pick<Changes, 'paths' | 'tags'>): string[] {
  return [...paths, ...tags.map(tagPath)];
}

/**
 * The paths sent to CloudFront for a refresh. A new plan gets a new number, and so a new caller
 * reference.
 */
export interface StoredPlan extends Plan {
  readonly number: number;
  /** 1, or 2 when the first invalidation never completed or left the edge stale. */
  readonly round: number;
  /** Its month is the one whose free paths it uses. */
  readonly plannedAt: IsoTime;
  /** Names this plan on the records of the keys that it purges. */
  readonly mark: string;
  /** Distinct keys that changed, skipped ones included, and paths asked for by hand. */
  readonly changeCount: number;
  readonly requestedPathCount: number;
  readonly skipped: Skipped;
  /** Present if edges may keep former error pages where nothing else of the plan purges them. */
  readonly errorPages?: KeptErrorPages;
  /** With the invalidations of earlier rounds, in US dollars. */
  readonly totalCostUsd: number;
  /** Present if it has a single path because of the month's limit. */
  readonly cap?: Cap;
}

/** What lists show of a plan, whose paths may take 150 KB. */
export interface PlanTotals
  extends Pick<
    StoredPlan,
    | 'round'
    | 'changeCount'
    | 'requestedPathCount'
    | 'skipped'
    | 'needlessPurges'
    | 'isEstimated'
    | 'errorPages'
    | 'totalCostUsd'
  > {
  readonly pathCount: number;
}

export function totalsOf({ paths, ...plan }: StoredPlan): PlanTotals {
  const { round, changeCount, requestedPathCount, skipped, needlessPurges, totalCostUsd } = plan;
  const counts = { changeCount, requestedPathCount, pathCount: paths.length, skipped, needlessPurges };
  const { isEstimated, errorPages } = plan;
  return {
    ...{ round, ...counts, totalCostUsd },
    ...(isEstimated === undefined ? {} : { isEstimated }),
    ...(errorPages === undefined ? {} : { errorPages }),
  };
}

export interface Verification {
  /** URLs that the edge serves as the bucket holds them. */
  readonly verified: number;
  /** URLs of keys that changed again since: their own refresh verifies them. */
  readonly superseded: number;
  /** Absent if every URL could be judged. */
  readonly unasked?: Unasked | undefined;
}

/** Names the first of the verified URLs, as a client asks for them. */
export interface StoredVerification extends Verification {
  readonly urls: readonly string[];
}

/** How CloudFront's quota has held a refresh up. */
export interface QuotaWait {
  /** When CloudFront first took no more invalidations. */
  readonly refusedAt: IsoTime;
  readonly refusals: number;
}

/** An invalidation that CloudFront has taken. */
export interface SentInvalidation {
  readonly id: string;
  /** When it was recorded. */
  readonly at: IsoTime;
  /** What this one and those of earlier rounds cost together, in US dollars. */
  readonly spentUsd: number;
}

/** The verifying of the current round. */
export interface VerificationRun {
  /** When it began: the invalidation, if there is one, was seen completed. */
  readonly startedAt?: IsoTime;
  /** Present once nothing was stale. */
  readonly result?: StoredVerification;
  readonly verifiedAt?: IsoTime;
}

/** How a refresh ended. */
export interface RefreshEnd {
  readonly at: IsoTime;
  /** Why it failed. */
  readonly failure?: string;
  /** Why the edge could not be asked; its counts and URLs are in the verification's result. */
  readonly unasked?: UnaskedSummary;
  /** It failed while open, so nothing was ever sent: the refresh after it has its changes too. */
  readonly isAbandoned?: true;
  /** EventBridge has the event of it. */
  readonly isAnnounced?: true;
  /** The mail that tells it together with others. Absent where there is one distribution. */
  readonly mailId?: string;
}

/**
 * A refresh is everything that changed in one deploy, followed until the edge serves it. It takes
 * changes while it is open. Once it is closed, its set of changes is fixed.
 */
export interface Refresh {
  readonly id: string;
  /** The distribution that this refresh makes fresh. */
  readonly distributionId: string;
  readonly state: RefreshState;
  /**
   * Counts the commits of collectors, and CloudFront's refusals. Unchanged between two looks, it
   * means that uploads are quiet. A plan belongs to the generation that it was made in.
   */
  readonly generation: number;
  readonly startedAt: IsoTime;
  /** Absent while it is open. */
  readonly closedAt?: IsoTime;
  /** Absent, too, after CloudFront refused it: nothing was sent. */
  readonly plan?: StoredPlan;
  /** The totals of that plan. */
  readonly totals?: PlanTotals;
  /** Number of the last plan stored, refused ones included; 0 for none. */
  readonly plans: number;
  /** Absent unless CloudFront refused it. */
  readonly quota?: QuotaWait;
  /** The newest one, if there were two rounds. */
  readonly invalidation?: SentInvalidation;
  readonly verification?: VerificationRun;
  /** Absent until it has ended. */
  readonly end?: RefreshEnd;
}

/** The UTC month of a time, by which AWS bills: `2026-11`. */
export function monthOf(time: IsoTime): string {
  return time.slice(0, 7);
}

/** How long refreshes are kept as history. */
export const HISTORY_DAYS = 90;

/**
 * A new id. Ids sort by time, and are valid as names of Step Functions executions and as the start
 * of CloudFront caller references.
 *
 * @param uuid its first 8 hex digits tell ids of the same second apart
 */
export function refreshIdOf(now: Date, uuid: string): string {
  const second = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  return `${second}Z-${uuid.slice(0, 8)}`;
}

const REFRESH_ID = /^\d{8}T\d{6}Z-[\da-f]{8}$/;

export function isRefreshId(text: string): boolean {
  return REFRESH_ID.test(text);
}

/**
 * Idempotency key of a plan's invalidation: for the same reference and paths CloudFront makes only
 * one.
 */
export function callerReferenceOf(refreshId: string, planNumber: number): string {
  return `${refreshId}-${planNumber}`;
}

/** The id of the refresh that made a caller reference; undefined if somebody else did. */
export function refreshOfCallerReference(callerReference: string): string | undefined {
  const id = callerReference.replace(/-\d+$/, '');
  return id !== callerReference && isRefreshId(id) ? id : undefined;
}

/**
 * Whether one event of a key happened after another. Sequencers are hexadecimal, and are compared
 * as strings after padding the shorter one with zeros on the right (S3 user guide, "Event message
 * structure").
 */
export function isNewer(a: Pick<Change, 'sequencer'>, b: Pick<Change, 'sequencer'>): boolean {
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
