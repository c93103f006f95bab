import * as z from 'zod/mini';
import { callApi } from '../api/call.ts';

const refreshSummarySchema = z.object({
  id: z.string(),
  state: z.enum(['open', 'closed', 'invalidating', 'verifying', 'fresh', 'failed']),
  startedAt: z.string(),
  finishedAt: z.optional(z.string()),
  changeCount: z.optional(z.number()),
  requestedPathCount: z.optional(z.number()),
  pathCount: z.number(),
  collateral: z.number(),
  costUsd: z.number(),
  skipped: z.object({ unchanged: z.number(), neverCached: z.number(), duplicate: z.number() }),
  invalidationId: z.optional(z.string()),
  failure: z.optional(z.string()),
  round: z.number(),
  refusals: z.number(),
});
/**
 * A refresh as the history lists it. While it is open there are no counts of changes and requested
 * paths.
 */
export type RefreshSummary = z.infer<typeof refreshSummarySchema>;

const STEPS = ['uploaded', 'closed', 'invalidated', 'completed', 'verified', 'finished'] as const;
/** The steps of a refresh, in order. */
export type RefreshStep = (typeof STEPS)[number];

const refreshDetailsSchema = z.extend(refreshSummarySchema, {
  changes: z.array(z.object({ key: z.string(), removed: z.boolean(), eventTime: z.string() })),
  requestedPaths: z.array(z.string()),
  paths: z.array(
    z.object({
      path: z.string(),
      collateral: z.number(),
      keys: z.array(z.string()),
      keyCount: z.number(),
      requestedPaths: z.array(z.string()),
    }),
  ),
  invalidation: z.optional(z.object({ id: z.string(), status: z.string(), createTime: z.string() })),
  timeline: z.array(z.object({ step: z.enum(STEPS), at: z.string() })),
  verification: z.optional(
    z.object({ verified: z.number(), superseded: z.number(), urls: z.array(z.string()) }),
  ),
});
/** Everything known about one refresh; long lists are cut. */
export type RefreshDetails = z.infer<typeof refreshDetailsSchema>;

const pathUseSchema = z.object({
  month: z.string(),
  paths: z.number(),
  freePaths: z.number(),
  pathPriceUsd: z.number(),
  costUsd: z.number(),
});
/** This month's invalidation paths and what they cost. */
export type PathUse = z.infer<typeof pathUseSchema>;

const refreshPageSchema = z.object({
  refreshes: z.array(refreshSummarySchema),
  next: z.optional(z.string()),
  month: pathUseSchema,
});
export type RefreshPage = z.infer<typeof refreshPageSchema>;

const PAGE_SIZE = 20;

/** Newest first. */
export async function listRefreshes(token?: string): Promise<RefreshPage> {
  const wanted = new URLSearchParams({ limit: String(PAGE_SIZE) });
  if (token !== undefined) wanted.set('next', token);
  return callApi(`refreshes?${wanted}`, refreshPageSchema);
}

/** Refused with 404 if there is none, or no longer. */
export async function readRefresh(id: string): Promise<RefreshDetails> {
  return callApi(`refreshes/${encodeURIComponent(id)}`, refreshDetailsSchema);
}

/** @returns the id of the refresh that took the paths */
export async function askForRefresh(paths: readonly string[]): Promise<string> {
  const { id } = await callApi('refreshes', z.object({ id: z.string() }), {
    method: 'POST',
    body: { paths },
  });
  return id;
}
