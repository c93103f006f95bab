import * as z from 'zod/mini';
import { RequestRefusedError } from '../http/refusal.ts';
import { costOfPaths, type Prices } from '../planning/prices.ts';
import type { MonthUse, PauseNotice, RefreshList, RefreshSummary } from './api-contract.ts';
import type { PathUse } from './path-use.ts';
import { isPaused, nameIn, type PauseStore } from './pause.ts';
import {
  isRefreshId,
  monthOf,
  type QuotaWait,
  type Refresh,
  type RefreshEnd,
  type SentInvalidation,
} from './refresh.ts';
import { NOTHING_SKIPPED } from './unchanged.ts';

/** What lists need of a refresh: little, for there are many. */
export interface ListedRefresh extends Pick<Refresh, 'id' | 'state' | 'generation' | 'startedAt' | 'totals'> {
  readonly end?: Pick<RefreshEnd, 'at' | 'failure' | 'unasked'>;
  readonly invalidation?: Pick<SentInvalidation, 'id' | 'spentUsd'>;
  readonly quota?: Pick<QuotaWait, 'refusals'>;
}

/** Refreshes, newest first. */
export interface RefreshPages {
  /** One read of the list, at most 1 MB. The next one begins `after`; absent at the end. */
  page(request: { readonly after?: string; readonly limit: number }): Promise<RefreshPage>;
}

export interface RefreshPage {
  readonly refreshes: readonly ListedRefresh[];
  readonly after?: string;
}

export interface ListRequest {
  readonly limit: number;
  /** The refresh to begin after. @default the newest is the first */
  readonly after?: string;
}

export interface HistoryDependencies {
  readonly pages: RefreshPages;
  readonly pathUse: Pick<PathUse, 'usedIn'>;
  readonly pauses: Pick<PauseStore, 'current'>;
  readonly pathPriceUsd: number;
  readonly freePathsPerMonth: number;
  /** Undefined for no limit. */
  readonly maxPathsPerMonth?: number | undefined;
  readonly now: () => Date;
}

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

const Query = z.strictObject({
  limit: z._default(
    z
      .pipe(z.string().check(z.regex(/^\d{1,3}$/)), z.transform(Number))
      .check(z.refine(limit => limit >= 1 && limit <= MAX_LIMIT)),
    DEFAULT_LIMIT,
  ),
  next: z.optional(z.string().check(z.maxLength(100))),
});

/** @throws RequestRefusedError BadRequest if the query is not valid */
export function readListRequest(query: Readonly<Record<string, string>>): ListRequest {
  const parsed = Query.safeParse(query);
  if (!parsed.success)
    throw badRequest(`Bad query. Allowed are limit (1 to ${MAX_LIMIT}) and next, each once.`);
  const { limit, next } = parsed.data;
  return { limit, ...(next === undefined ? {} : { after: readToken(next) }) };
}

/** One page of the history, what the month has cost, and whether the pipeline is paused. */
export async function listRefreshes(
  request: ListRequest,
  dependencies: HistoryDependencies,
): Promise<RefreshList> {
  const [{ refreshes, after }, month, pause] = await Promise.all([
    collectPage(request, dependencies.pages),
    monthUse(dependencies),
    pauseNotice(dependencies),
  ]);
  const next = after === undefined ? {} : { next: tokenOf(after) };
  return { refreshes: refreshes.map(summaryOf), ...next, month, ...pause };
}

/** Reading one more than asked for tells whether there is a next page. */
async function collectPage({ limit, after }: ListRequest, pages: RefreshPages) {
  const found: ListedRefresh[] = [];
  let position = after;
  do {
    const page = await pages.page({
      ...(position === undefined ? {} : { after: position }),
      limit: limit + 1 - found.length,
    });
    found.push(...page.refreshes.filter(isUsed));
    position = page.after;
  } while (found.length <= limit && position !== undefined);
  if (found.length <= limit) return { refreshes: found };
  const refreshes = found.slice(0, limit);
  return { refreshes, after: refreshes.at(-1)?.id };
}

/**
 * When several collectors create a refresh at the same time, all but one leave a record that never
 * takes a change.
 */
function isUsed({ state, generation }: ListedRefresh): boolean {
  return state !== 'open' || generation > 0;
}

async function pauseNotice({ pauses }: HistoryDependencies): Promise<{ readonly pause?: PauseNotice }> {
  const pause = await pauses.current();
  if (!isPaused(pause)) return {};
  const { since, by, reason } = pause;
  return { pause: { since, by: nameIn(by), ...(reason === undefined ? {} : { reason }) } };
}

async function monthUse({
  pathUse,
  pathPriceUsd,
  freePathsPerMonth,
  maxPathsPerMonth,
  now,
}: HistoryDependencies): Promise<MonthUse> {
  const month = monthOf(now().toISOString());
  const paths = await pathUse.usedIn(month);
  const prices: Prices = { path: pathPriceUsd, refetch: 0, freePaths: freePathsPerMonth };
  const use = {
    month,
    paths,
    freePaths: freePathsPerMonth,
    pathPriceUsd,
    costUsd: costOfPaths(paths, prices),
  };
  return { ...use, ...(maxPathsPerMonth === undefined ? {} : { maxPaths: maxPathsPerMonth }) };
}

export function summaryOf(refresh: ListedRefresh): RefreshSummary {
  const { id, state, startedAt, end, totals, invalidation, quota } = refresh;
  return {
    id,
    state,
    startedAt,
    ...(end === undefined ? {} : { finishedAt: end.at }),
    ...(totals === undefined
      ? {}
      : { changeCount: totals.changeCount, requestedPathCount: totals.requestedPathCount }),
    pathCount: totals?.pathCount ?? 0,
    needlessPurges: totals?.needlessPurges ?? 0,
    ...(totals?.isEstimated === undefined ? {} : { isEstimated: totals.isEstimated }),
    ...(totals?.errorPages === undefined ? {} : { errorPages: totals.errorPages }),
    costUsd: totals?.totalCostUsd ?? invalidation?.spentUsd ?? 0,
    skipped: totals?.skipped ?? NOTHING_SKIPPED,
    ...(invalidation === undefined ? {} : { invalidationId: invalidation.id }),
    ...(end?.failure === undefined ? {} : { failure: withoutArns(end.failure) }),
    ...(end?.unasked === undefined ? {} : { unasked: end.unasked }),
    round: totals?.round ?? 1,
    refusals: quota?.refusals ?? 0,
  };
}

/**
 * Whoever can open the site reads it: role names and the account number belong in the mail and the
 * logs.
 */
export function withoutArns(failure: string): string {
  return failure.replaceAll(/\barn:[^\s,]+/g, 'arn:…');
}

const tokenOf = (after: string) => Buffer.from(after).toString('base64url');

function readToken(text: string): string {
  const after = Buffer.from(text, 'base64url').toString();
  // Base64 can spell the same bytes in several ways: only our own spelling is a token.
  if (isRefreshId(after) && tokenOf(after) === text) return after;
  throw badRequest('The value of "next" does not belong to this list. Start again at the first page.');
}

function badRequest(message: string): RequestRefusedError {
  return new RequestRefusedError('BadRequest', message);
}
