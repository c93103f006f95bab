import type { RefreshList, RefreshSummary } from '../../../../shared/refresh/api-contract.ts';

/** A fresh refresh of one file, but for what is said otherwise. */
export function summaryOf(said: Partial<RefreshSummary> = {}): RefreshSummary {
  return {
    id: '20261122T080000Z-00000001',
    state: 'fresh',
    startedAt: '2026-11-22T08:00:00.000Z',
    finishedAt: '2026-11-22T08:00:04.200Z',
    changeCount: 1,
    requestedPathCount: 0,
    pathCount: 1,
    needlessPurges: 0,
    costUsd: 0,
    skipped: { unchanged: 0, neverCached: 0, duplicate: 0 },
    round: 1,
    refusals: 0,
    ...said,
  };
}

/** One that has not ended. */
export function runningOf(said: Partial<RefreshSummary> = {}): RefreshSummary {
  const { finishedAt, ...running } = summaryOf({ state: 'invalidating', ...said });
  return running;
}

export const NOVEMBER = { month: '2026-11', paths: 123, freePaths: 1000, pathPriceUsd: 0.005, costUsd: 0 };

export function pageOf(refreshes: readonly RefreshSummary[], next?: string): RefreshList {
  return { refreshes: [...refreshes], month: NOVEMBER, ...(next === undefined ? {} : { next }) };
}
