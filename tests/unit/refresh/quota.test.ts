import { describe, expect, it } from 'vitest';
import { budgetBeside, isOverdue, lastResort } from '../../../shared/refresh/quota.ts';

describe('the budget of a plan', () => {
  it.each([
    { busy: { exact: 0, wildcard: 0 }, left: { exactPaths: 3000, wildcardPaths: 15 } },
    { busy: { exact: 2990, wildcard: 0 }, left: { exactPaths: 10, wildcardPaths: 15 } },
    { busy: { exact: 0, wildcard: 15 }, left: { exactPaths: 3000, wildcardPaths: 0 } },
    { busy: { exact: 3001, wildcard: 16 }, left: { exactPaths: 0, wildcardPaths: 0 } },
  ])('is $left while $busy are in progress', ({ busy, left }) => {
    expect(budgetBeside(busy)).toMatchObject(left);
  });
});

describe('a refresh', () => {
  const at = (minutes: number) => new Date(Date.UTC(2026, 10, 2, 10, minutes));
  const refusedAt = at(0).toISOString();

  it.each([
    { minutes: 59, overdue: false },
    { minutes: 60, overdue: false },
    { minutes: 61, overdue: true },
  ])('that was refused $minutes minutes ago is overdue after 60: $overdue', ({ minutes, overdue }) => {
    expect(isOverdue(refusedAt, at(minutes), 60)).toBe(overdue);
  });

  it('that was never refused is not overdue', () => {
    expect(isOverdue(undefined, at(61), 0)).toBe(false);
  });

  it('that is overdue makes do with one wildcard, if there is room for it', () => {
    const free = budgetBeside({ exact: 10, wildcard: 3 });
    expect(lastResort(free)).toEqual({ ...free, exactPaths: 0, wildcardPaths: 1 });
    const full = budgetBeside({ exact: 10, wildcard: 15 });
    expect(lastResort(full)).toEqual(full);
  });
});
