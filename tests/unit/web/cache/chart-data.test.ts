import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axisEnd, endedOf, median, pathsPerDay } from '../../../../web/cache/chart-data.ts';
import { runningOf, summaryOf } from './refreshes.ts';

const on = (startedAt: string, pathCount: number) =>
  summaryOf({ startedAt, pathCount, costUsd: pathCount / 200 });

describe('paths per day', () => {
  it('adds up each day, and leaves none out between the first and the last', () => {
    const refreshes = [
      on('2026-11-02T23:59:59.999Z', 4),
      on('2026-11-02T00:00:00.000Z', 2),
      on('2026-10-31T12:00:00.000Z', 1),
    ];
    expect(pathsPerDay(refreshes)).toEqual([
      { day: '2026-10-31', refreshes: 1, paths: 1, costUsd: 0.005 },
      { day: '2026-11-01', refreshes: 0, paths: 0, costUsd: 0 },
      { day: '2026-11-02', refreshes: 2, paths: 6, costUsd: 0.03 },
    ]);
  });

  it('goes back a month at most, and is empty without refreshes', () => {
    const days = pathsPerDay([on('2026-11-28T00:00:00.000Z', 1), on('2026-01-01T00:00:00.000Z', 1)]);
    expect(days).toHaveLength(31);
    expect(days.at(0)?.day).toBe('2026-10-29');
    expect(pathsPerDay([])).toEqual([]);
  });
});

it('Only refreshes that have ended have a duration, and the oldest comes first', () => {
  const slow = summaryOf({ id: 'slow', finishedAt: '2026-11-22T08:00:12.000Z' });
  expect(endedOf([runningOf(), summaryOf(), slow]).map(({ tookMs }) => tookMs)).toEqual([12_000, 4200]);
});

it.each([
  { values: [], middle: undefined },
  { values: [3], middle: 3 },
  { values: [9, 1, 2], middle: 2 },
  { values: [10, 1, 2, 3], middle: 2.5 },
])('the median of $values is $middle', ({ values, middle }) => {
  expect(median(values)).toBe(middle);
});

it('An axis ends at a round number at or slightly above the greatest value', () => {
  expect([0, 1, 1.2, 4.2, 6, 12, 700].map(axisEnd)).toEqual([1, 1, 2, 5, 10, 20, 1000]);
  fc.assert(
    fc.property(fc.double({ min: 1, max: 1e9, noNaN: true }), greatest => {
      const end = axisEnd(greatest);
      expect(end).toBeGreaterThanOrEqual(greatest);
      expect(end).toBeLessThanOrEqual(greatest * 2.5);
    }),
  );
});
