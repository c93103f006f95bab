import * as z from 'zod/mini';
import { RequestRefusedError } from '../http/refusal.ts';
import { costOfPaths, type Prices } from '../planning/prices.ts';
import type { PathUse } from './invalidate.ts';
import { isRefreshId, monthOf, type Refresh, type Skipped } from './refresh.ts';
import { NOTHING_SKIPPED } from './unchanged.ts';

/** What lists keep of a refresh: little, for there are many. */
export const LISTED = [
  'state',
  'generation',
  'startedAt',
  'finishedAt',
  'totals',
  'spentUsd',
  'invalidationId',
  'failure',
  'refusals',
] as const satisfies (keyof Refresh)[];

export type ListedRefresh = Pick<Refresh, 'id' | (typeof LISTED)[number]>;

/** Refreshes, newest first. */
export interface RefreshPages {
  /** One read of the list, at most 1 MB; `after` is where the next one begins, absent at the end. */
  page(request: { readonly after?: string; readonly limit: number }): Promise<RefreshPage>;
}

export interface RefreshPage {
  readonly refreshes: readonly ListedRefresh[];
  readonly after?: string;
}

export interface RefreshSummary {
  readonly id: string;
  readonly state: Refresh['state'];
  /** Times are ISO 8601, money is in US dollars. */
  readonly startedAt: string;
  readonly finishedAt?: string;
  /** Distinct keys, and paths asked for by hand; absent until it is planned. */
  readonly changeCount?: number;
  readonly requestedPathCount?: number;
  readonly pathCount: number;
  readonly collateral: number;
  readonly costUsd: number;
  readonly skipped: Skipped;
  readonly invalidationId?: string;
  readonly failure?: string;
  readonly round: number;
  /** How often CloudFront's quota refused it. */
  readonly refusals: number;
}

/** What a month's paths come to. */
export interface MonthUse {
  /** UTC, as `2026-11`. */
  readonly month: string;
  readonly paths: number;
  readonly freePaths: number;
  readonly pathPriceUsd: number;
  readonly costUsd: number;
}

export interface RefreshList {
  readonly refreshes: readonly RefreshSummary[];
  /** Token of the next page; absent on the last one. */
  readonly next?: string;
  readonly month: MonthUse;
}

export interface ListRequest {
  readonly limit: number;
  /** The refresh to begin after. @default the newest is the first */
  readonly after?: string;
}

export interface HistoryDependencies {
  readonly pages: RefreshPages;
  readonly pathUse: Pick<PathUse, 'usedIn'>;
  readonly pathPriceUsd: number;
  readonly freePathsPerMonth: number;
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

/** @throws RequestRefusedError BadRequest for what a list cannot be asked */
export function readListRequest(query: Readonly<Record<string, string>>): ListRequest {
  const parsed = Query.safeParse(query);
  if (!parsed.success)
    throw badRequest(`Bad query. Allowed are limit (1 to ${MAX_LIMIT}) and next, each once.`);
  const { limit, next } = parsed.data;
  return { limit, ...(next === undefined ? {} : { after: readToken(next) }) };
}

/** One page of the history, and what the month has come to. */
export async function listRefreshes(
  request: ListRequest,
  dependencies: HistoryDependencies,
): Promise<RefreshList> {
  const [{ refreshes, after }, month] = await Promise.all([
    collectPage(request, dependencies.pages),
    monthUse(dependencies),
  ]);
  const next = after === undefined ? {} : { next: tokenOf(after) };
  return { refreshes: refreshes.map(summaryOf), ...next, month };
}

/** One more than asked for tells whether a next page exists. */
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

/** Of collectors that create a refresh at the same time all but one leave a record that never takes a change. */
function isUsed({ state, generation }: ListedRefresh): boolean {
  return state !== 'open' || generation > 0;
}

async function monthUse({
  pathUse,
  pathPriceUsd,
  freePathsPerMonth,
  now,
}: HistoryDependencies): Promise<MonthUse> {
  const month = monthOf(now().toISOString());
  const paths = await pathUse.usedIn(month);
  const prices: Prices = { path: pathPriceUsd, refetch: 0, freePaths: freePathsPerMonth };
  return { month, paths, freePaths: freePathsPerMonth, pathPriceUsd, costUsd: costOfPaths(paths, prices) };
}

export function summaryOf(refresh: ListedRefresh): RefreshSummary {
  const {
    id,
    state,
    startedAt,
    finishedAt,
    totals,
    spentUsd = 0,
    invalidationId,
    failure,
    refusals = 0,
  } = refresh;
  return {
    id,
    state,
    startedAt,
    ...(finishedAt === undefined ? {} : { finishedAt }),
    ...(totals === undefined
      ? {}
      : { changeCount: totals.changeCount, requestedPathCount: totals.requestedPathCount }),
    pathCount: totals?.pathCount ?? 0,
    collateral: totals?.collateral ?? 0,
    costUsd: totals?.totalCostUsd ?? spentUsd,
    skipped: totals?.skipped ?? NOTHING_SKIPPED,
    ...(invalidationId === undefined ? {} : { invalidationId }),
    ...(failure === undefined ? {} : { failure: withoutArns(failure) }),
    round: totals?.round ?? 1,
    refusals,
  };
}

/** Whoever can open the site reads it: names of roles and the account's number are for the mail and the logs. */
function withoutArns(failure: string): string {
  return failure.replaceAll(/\barn:[^\s,]+/g, 'arn:…');
}

const tokenOf = (after: string) => Buffer.from(after).toString('base64url');

function readToken(text: string): string {
  const after = Buffer.from(text, 'base64url').toString();
  // Base64 has several spellings of the same bytes: only our own is a token.
  if (isRefreshId(after) && tokenOf(after) === text) return after;
  throw badRequest('The value of "next" does not belong to this list. Start again at the first page.');
}

function badRequest(message: string): RequestRefusedError {
  return new RequestRefusedError('BadRequest', message);
}
