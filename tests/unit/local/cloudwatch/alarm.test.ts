import { describe, expect, it } from 'vitest';
import { alarmOf, judge } from '../../../../infra/local/services/cloudwatch/alarm.ts';
import { requireReported } from '../../../../infra/local/services/cloudwatch/service-metrics.ts';
import { alarmResource } from './alarms.ts';

/**
 * `X` is over the threshold, `0` is not, `-` is missing; the newest is the last, as AWS's tables
 * have it.
 */
function stateOf(row: string, properties: Readonly<Record<string, unknown>>) {
  const datapoints = row
    .split(' ')
    .reverse()
    .map(sign => ({ X: 1, '0': 0 })[sign]);
  return judge(alarmOf(alarmResource('a', { EvaluationPeriods: 3, ...properties })), datapoints).state;
}

/**
 * The two columns that the local cloud emulates of AWS's two tables (user guide, "How alarm state
 * is evaluated when data is missing").
 */
describe('An alarm for three of three datapoints:', () => {
  it.each([
    ['0 - X - X', 'OK', 'OK'],
    ['0 - - - -', 'OK', 'OK'],
    ['- - - - -', 'ALARM', 'OK'],
    ['0 X X - X', 'ALARM', 'ALARM'],
    ['- - X - -', 'ALARM', 'OK'],
  ])('%s is %s when missing data breach, else %s', (row, breaching, notBreaching) => {
    expect(stateOf(row, { TreatMissingData: 'breaching' })).toBe(breaching);
    expect(stateOf(row, { TreatMissingData: 'notBreaching' })).toBe(notBreaching);
  });
});

describe('An alarm for two of three datapoints:', () => {
  it.each([
    ['0 - X - X', 'ALARM', 'ALARM'],
    ['0 0 X 0 X', 'ALARM', 'ALARM'],
    ['0 - X - -', 'ALARM', 'OK'],
    ['- - - - 0', 'ALARM', 'OK'],
    ['- - - X -', 'ALARM', 'OK'],
  ])('%s is %s when missing data breach, else %s', (row, breaching, notBreaching) => {
    const two = { DatapointsToAlarm: 2 };
    expect(stateOf(row, { ...two, TreatMissingData: 'breaching' })).toBe(breaching);
    expect(stateOf(row, { ...two, TreatMissingData: 'notBreaching' })).toBe(notBreaching);
  });
});

it.each([
  ['GreaterThanOrEqualToThreshold', [false, true, true]],
  ['GreaterThanThreshold', [false, false, true]],
  ['LessThanOrEqualToThreshold', [true, true, false]],
  ['LessThanThreshold', [true, false, false]],
])('%s compares 4, 5 and 6 with 5', (ComparisonOperator, expected) => {
  const alarm = alarmOf(alarmResource('a', { ComparisonOperator, Threshold: 5 }));
  expect([4, 5, 6].map(value => judge(alarm, [value]).state === 'ALARM')).toEqual(expected);
});

describe('The reason', () => {
  const reason = (datapoints: (number | undefined)[], properties = {}) =>
    judge(alarmOf(alarmResource('a', properties)), datapoints).reason;

  it('is worded like CloudWatch’s', () => {
    expect(reason([2, 1, 1])).toBe(
      'Threshold Crossed: 1 out of the last 1 datapoints [2] was greater than or equal to the threshold (1).',
    );
    expect(reason([0, 0], { EvaluationPeriods: 2 })).toBe(
      'Threshold Crossed: 2 datapoints [0, 0] were not greater than or equal to the threshold (1).',
    );
    expect(reason([undefined, undefined, undefined])).toBe(
      'Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].',
    );
  });
});

describe('An alarm that is not emulated is refused by name:', () => {
  it.each([
    [{ Period: 10 }, 'Period'],
    [{ TreatMissingData: 'ignore' }, 'TreatMissingData'],
    [{ Statistic: 'p90' }, 'Statistic'],
    [{ ComparisonOperator: 'GreaterThanUpperThreshold' }, 'ComparisonOperator'],
    [{ Metrics: [] }, 'Metrics'],
    [{ WarmUpConfiguration: { WarmUpPeriodDurationInMinutes: 5 } }, 'WarmUpConfiguration'],
  ])('%j', (properties, name) => {
    expect(() => alarmOf(alarmResource('Odd', properties))).toThrow(new RegExp(`Odd.*${name}`, 's'));
  });

  it('on a metric that no service reports', () => {
    const alarm = alarmOf(alarmResource('Odd', { MetricName: 'Throttles' }));
    expect(() => requireReported(alarm)).toThrow('AWS/Lambda Throttles, which the alarm Odd watches');
  });
});
