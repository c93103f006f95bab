import * as z from 'zod/mini';
import { Cap } from '../planning/cap.ts';
import { Guard } from '../planning/guard.ts';
import { KeptErrorPages } from './kept-error-pages.ts';
import { Unasked } from './unasked.ts';

/*
 * What the API says about refreshes. The functions answer it, the command line prints it, and the
 * page parses it with these schemas, so nothing here may need more than a browser has. Times are
 * IsoTime, money is in US dollars.
 */

export const REFRESH_STATES = [
  'open',
  'closed',
  'invalidating',
  'verifying',
  /** Ended: the edge serves what the bucket holds. */
  'fresh',
  /** Ended: invalidated, but the edge could not be asked for some URLs, and no other was stale. */
  'unasked',
  /** Ended: the edge may serve old content. */
  'failed',
] as const;
export type RefreshState = (typeof REFRESH_STATES)[number];

/** How many changed keys needed no path, by reason; see unchanged.ts. */
const Skipped = z.object({
  /** The edge was verified to serve the same content with the same headers. */
  unchanged: z.number(),
  /** The edge asks for the object each time that a viewer wants it. */
  neverCached: z.number(),
  /** An earlier refresh dealt with the same event. */
  duplicate: z.number(),
});
export type Skipped = Readonly<z.infer<typeof Skipped>>;

/** Why the edge could not be asked, without the URLs. */
export const UnaskedSummary = z.pick(Unasked, { code: true, reason: true });
export type UnaskedSummary = Readonly<z.infer<typeof UnaskedSummary>>;

/** A refresh as the history lists it. */
export const RefreshSummary = z.object({
  id: z.string(),
  state: z.enum(REFRESH_STATES),
  startedAt: z.string(),
  finishedAt: z.optional(z.string()),
  /** Distinct keys; absent until it is planned, like `requestedPathCount`. */
  changeCount: z.optional(z.number()),
  requestedPathCount: z.optional(z.number()),
  pathCount: z.number(),
  /** Unchanged objects that its wildcards purge. */
  needlessPurges: z.number(),
  /** Whether that number is estimated, because too little of the site was listed. */
  isEstimated: z.optional(z.literal(true)),
  /** Error pages that changed, if edges may keep the former ones. */
  errorPages: z.optional(KeptErrorPages),
  costUsd: z.number(),
  skipped: Skipped,
  invalidationId: z.optional(z.string()),
  /** Why it failed. */
  failure: z.optional(z.string()),
  /** Why the edge could not be asked. A refresh has this or `failure`, never both. */
  unasked: z.optional(UnaskedSummary),
  round: z.number(),
  /** How often CloudFront's quota refused it. */
  refusals: z.number(),
});
export type RefreshSummary = z.infer<typeof RefreshSummary>;

/** The path of a plan, and why it is there. */
const ExplainedPath = z.object({
  path: z.string(),
  needlessPurges: z.number(),
  /** The first of the changed keys that it covers, and how many there are. */
  keys: z.array(z.string()),
  keyCount: z.number(),
  /** The first of the paths asked for by hand that it covers. */
  requestedPaths: z.array(z.string()),
});
export type ExplainedPath = z.infer<typeof ExplainedPath>;

/** An invalidation as CloudFront describes it now. */
const Invalidation = z.object({ id: z.string(), status: z.string(), createTime: z.string() });
export type Invalidation = z.infer<typeof Invalidation>;

export const REFRESH_STEPS = [
  /** The newest change, as S3 dates it. */
  'uploaded',
  'closed',
  'invalidated',
  /** When the workflow saw the invalidation completed. */
  'completed',
  /** Absent if the edge could not be asked for some URLs. */
  'verified',
  'finished',
] as const;
/** What happens to a refresh, in this order. */
export type RefreshStep = (typeof REFRESH_STEPS)[number];

const TimelineEntry = z.object({ step: z.enum(REFRESH_STEPS), at: z.string() });
export type TimelineEntry = z.infer<typeof TimelineEntry>;

/** Everything that is known about one refresh. Lists hold at most `MAX_LISTED_IN_DETAILS` items. */
export const RefreshDetails = z.extend(RefreshSummary, {
  /** The newest event of each key, in the order of the keys. */
  changes: z.array(z.object({ key: z.string(), removed: z.boolean(), eventTime: z.string() })),
  requestedPaths: z.array(z.string()),
  paths: z.array(ExplainedPath),
  guard: z.optional(Guard),
  cap: z.optional(Cap),
  /** Absent, too, when CloudFront could not be asked. */
  invalidation: z.optional(Invalidation),
  /** In order; only what has happened. */
  timeline: z.array(TimelineEntry),
  /**
   * URLs that the edge serves as the bucket holds them, URLs that changed again since, the first of
   * the former, and URLs that the edge could not be asked for.
   */
  verification: z.optional(
    z.object({
      verified: z.number(),
      superseded: z.number(),
      urls: z.array(z.string()),
      unasked: z.optional(Unasked),
    }),
  ),
});
export type RefreshDetails = z.infer<typeof RefreshDetails>;

/** As many as people look through. */
export const MAX_LISTED_IN_DETAILS = 200;

/** What a month's invalidation paths cost. */
const MonthUse = z.object({
  /** UTC, as `2026-11`. */
  month: z.string(),
  paths: z.number(),
  freePaths: z.number(),
  /** `maxPathsPerMonth`; absent for no limit. */
  maxPaths: z.optional(z.number()),
  pathPriceUsd: z.number(),
  costUsd: z.number(),
});
export type MonthUse = z.infer<typeof MonthUse>;

/** Somebody keeps uploads from being refreshed for now. */
const PauseNotice = z.object({
  since: z.string(),
  by: z.string(),
  reason: z.optional(z.string()),
});
export type PauseNotice = z.infer<typeof PauseNotice>;

/** One page of the history, newest first. */
export const RefreshList = z.object({
  refreshes: z.array(RefreshSummary),
  /** Token of the next page; absent on the last one. */
  next: z.optional(z.string()),
  month: MonthUse,
  /** Absent unless the pipeline is paused. */
  pause: z.optional(PauseNotice),
});
export type RefreshList = z.infer<typeof RefreshList>;

/** The refresh that took paths asked for by hand. */
export const RefreshAsked = z.object({ id: z.string() });
