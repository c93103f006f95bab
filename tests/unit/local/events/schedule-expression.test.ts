import { describe, expect, it } from 'vitest';
import { parseSchedule } from '../../../../infra/local/services/events/schedule-expression.ts';

/** A Sunday. */
const NOW = '2026-11-22T12:34:56Z';

describe('The next time of', () => {
  it.each([
    ['rate(1 minute)', '2026-11-22T12:35:56Z'],
    ['rate(5 minutes)', '2026-11-22T12:39:56Z'],
    ['rate(2 hours)', '2026-11-22T14:34:56Z'],
    ['rate(1 day)', '2026-11-23T12:34:56Z'],
    ['cron(0 2 * * ? *)', '2026-11-23T02:00:00Z'],
    ['cron(35 12 * * ? *)', '2026-11-22T12:35:00Z'],
    ['cron(34 12 * * ? *)', '2026-11-23T12:34:00Z'],
    ['cron(0/15 * * * ? *)', '2026-11-22T12:45:00Z'],
    ['cron(0 8-10,18 ? * MON-FRI *)', '2026-11-23T08:00:00Z'],
    ['cron(0 18 ? * 1 *)', '2026-11-22T18:00:00Z'],
    ['cron(30 9 29 FEB ? *)', '2028-02-29T09:30:00Z'],
    ['cron(0 0 1 1 ? 2030)', '2030-01-01T00:00:00Z'],
  ])('%s is %s', (expression, expected) => {
    expect(parseSchedule(expression)(Date.parse(NOW))).toBe(Date.parse(expected));
  });

  it('a day that does not exist is never', () => {
    expect(parseSchedule('cron(0 0 30 2 ? *)')(Date.parse(NOW))).toBe(Number.POSITIVE_INFINITY);
    expect(parseSchedule('cron(0 0 1 1 ? 2020)')(Date.parse(NOW))).toBe(Number.POSITIVE_INFINITY);
  });
});

it.each([
  'rate(0 minutes)',
  'rate(1 minutes)',
  'rate(2 minute)',
  'rate(5 seconds)',
  'cron(0 2 * * *)',
  'cron(0 2 * * * *)',
  'cron(0 2 ? * ? *)',
  'cron(60 2 * * ? *)',
  'cron(0 24 * * ? *)',
  'cron(0 2 32 * ? *)',
  'cron(0 2 0 * ? *)',
  'cron(5-3 2 * * ? *)',
  'cron(0/0 2 * * ? *)',
  'cron(0 2 LW * ? *)',
  'cron(0 2 ? * 3#2 *)',
  'at(2026-01-01T00:00:00)',
])('%s is refused', expression => {
  expect(() => parseSchedule(expression)).toThrow(expression);
});
