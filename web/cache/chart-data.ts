import type { RefreshSummary } from '../../shared/refresh/api-contract.ts';
import { tookMs } from './refresh-words.ts';

const DAY_MS = 86_400_000;

/** A month of days fits beside each other. */
const MAX_DAYS = 31;

/** What CloudFront was asked for on one day. */
export interface Day {
  /** `2026-11-28`, in UTC as the bill. */
  readonly day: string;
  readonly refreshes: number;
  readonly paths: number;
  readonly costUsd: number;
}

/** Every day from the first refresh to the last one, at most the latest 31, those without a refresh included. */
export function pathsPerDay(refreshes: readonly RefreshSummary[]): Day[] {
  const days = Map.groupBy(refreshes, ({ startedAt }) => startedAt.slice(0, 10));
  const sorted = [...days.keys()].sort();
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined) return [];
  const count = Math.min(MAX_DAYS, (Date.parse(last) - Date.parse(first)) / DAY_MS + 1);
  return Array.from({ length: count }, (_, index) => {
    const day = new Date(Date.parse(last) - (count - 1 - index) * DAY_MS).toISOString().slice(0, 10);
    const those = days.get(day) ?? [];
    return {
      day,
      refreshes: those.length,
      paths: sum(those.map(({ pathCount }) => pathCount)),
      costUsd: sum(those.map(({ costUsd }) => costUsd)),
    };
  });
}

/** A refresh that has ended, and how long it took. */
export interface Ended {
  readonly refresh: RefreshSummary;
  readonly tookMs: number;
}

/** The refreshes that have ended, oldest first. */
export function endedOf(refreshes: readonly RefreshSummary[]): Ended[] {
  return refreshes
    .filter(({ finishedAt }) => finishedAt !== undefined)
    .map(refresh => ({ refresh, tookMs: tookMs(refresh) }))
    .reverse();
}

/** The middle one, the mean of the two in the middle; undefined of none. */
export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((one, other) => one - other);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}

/** The end of an axis: 1, 2 or 5 times a power of ten, not below the greatest value. */
export function axisEnd(greatestValue: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(greatestValue, 1)));
  return ([1, 2, 5].find(factor => factor * power >= greatestValue) ?? 10) * power;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
