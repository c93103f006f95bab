import * as z from 'zod/mini';
import type { PathBudget } from './prices.ts';

/** Why a plan asks for a single path: its own ones would have exceeded the month's limit. */
export const Cap = z.object({
  /** `maxPathsPerMonth`. */
  limit: z.number(),
  /** Paths that others asked for in the same month. */
  used: z.number(),
  /** Paths of the plan that would have been made without the limit. */
  paths: z.number(),
});
export type Cap = Readonly<z.infer<typeof Cap>>;

/**
 * What is left to a plan beyond the limit: the cheapest wildcard that covers everything. If
 * CloudFront has no room for a wildcard, the refresh waits for one.
 */
export function singleWildcard(free: PathBudget): PathBudget {
  return { ...free, exactPaths: 0, wildcardPaths: Math.min(1, free.wildcardPaths) };
}

const grouped = (count: number) => count.toLocaleString('en');

/** The limit, and why it counts. */
export function capWords({ limit, used, paths }: Cap): string {
  return `${grouped(limit)} a month, of which ${grouped(used)} are used: one path is asked for instead of ${grouped(paths)}`;
}
