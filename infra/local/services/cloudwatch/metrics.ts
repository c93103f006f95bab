import type { AlarmDefinition, MetricId } from './alarm.ts';

export interface Datum {
  readonly metric: MetricId;
  readonly value: number;
}

/** The data of one minute. */
interface Aggregate {
  readonly minute: number;
  sum: number;
  count: number;
  maximum: number;
  minimum: number;
}

export interface Metrics {
  /** Metrics that no alarm watches are dropped. */
  put(datum: Datum, minute: number): void;
  /**
   * Statistics of successive periods, newest first; the newest ends before minute `end`. Undefined
   * for periods without data.
   */
  datapoints(alarm: AlarmDefinition, end: number, periods: number): (number | undefined)[];
}

/** Metrics in memory, by minute, kept for as long as any alarm looks back. */
export function createMetrics(
  watched: readonly { readonly metric: MetricId; readonly minutes: number }[],
): Metrics {
  const series = new Map<string, { readonly keptMinutes: number; aggregates: Aggregate[] }>();
  for (const { metric, minutes } of watched) {
    const key = keyOf(metric);
    const keptMinutes = Math.max(minutes, series.get(key)?.keptMinutes ?? 0);
    series.set(key, { keptMinutes, aggregates: [] });
  }

  return {
    put({ metric, value }, minute) {
      const kept = series.get(keyOf(metric));
      if (kept === undefined) return;
      const last = kept.aggregates.at(-1);
      if (last?.minute === minute) {
        last.sum += value;
        last.count += 1;
        last.maximum = Math.max(last.maximum, value);
        last.minimum = Math.min(last.minimum, value);
        return;
      }
      kept.aggregates = kept.aggregates.filter(each => each.minute >= minute - kept.keptMinutes);
      kept.aggregates.push({ minute, sum: value, count: 1, maximum: value, minimum: value });
    },
    datapoints({ metric, statistic, periodMinutes }, end, periods) {
      const aggregates = series.get(keyOf(metric))?.aggregates ?? [];
      return Array.from({ length: periods }, (_, age) => {
        const until = end - age * periodMinutes;
        const within = aggregates.filter(({ minute }) => minute >= until - periodMinutes && minute < until);
        return within.length === 0 ? undefined : STATISTICS[statistic](within);
      });
    },
  };
}

const total = (aggregates: readonly Aggregate[], of: 'sum' | 'count') =>
  aggregates.reduce((sum, aggregate) => sum + aggregate[of], 0);

const STATISTICS: Readonly<
  Record<AlarmDefinition['statistic'], (aggregates: readonly Aggregate[]) => number>
> = {
  Sum: aggregates => total(aggregates, 'sum'),
  SampleCount: aggregates => total(aggregates, 'count'),
  Average: aggregates => total(aggregates, 'sum') / total(aggregates, 'count'),
  Maximum: aggregates => Math.max(...aggregates.map(({ maximum }) => maximum)),
  Minimum: aggregates => Math.min(...aggregates.map(({ minimum }) => minimum)),
};

function keyOf({ namespace, name, dimensions }: MetricId): string {
  return JSON.stringify([namespace, name, Object.entries(dimensions).sort()]);
}
