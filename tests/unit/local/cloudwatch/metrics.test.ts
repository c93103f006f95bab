import { describe, expect, it } from 'vitest';
import { alarmOf } from '../../../../infra/local/services/cloudwatch/alarm.ts';
import { embeddedMetrics } from '../../../../infra/local/services/cloudwatch/embedded-metrics.ts';
import { createMetrics } from '../../../../infra/local/services/cloudwatch/metrics.ts';
import { metricsOf } from '../../../../infra/local/services/cloudwatch/service-metrics.ts';
import { alarmResource } from './alarms.ts';

describe('Metrics:', () => {
  const watching = (Statistic: string) => alarmOf(alarmResource('a', { Statistic }));
  const { metric } = watching('Sum');

  it.each([
    ['Sum', 10],
    ['SampleCount', 4],
    ['Average', 2.5],
    ['Minimum', 1],
    ['Maximum', 4],
  ])('%s of 1, 4, 2, 3 within a period is %d', (statistic, expected) => {
    const metrics = createMetrics([{ metric, minutes: 30 }]);
    for (const [minute, value] of [
      [100, 1],
      [100, 4],
      [102, 2],
      [104, 3],
      [105, 1000],
    ])
      metrics.put({ metric, value: value ?? 0 }, minute ?? 0);
    expect(metrics.datapoints(watching(statistic), 105, 2)).toEqual([expected, undefined]);
  });

  it('periods slide and end with the minute of the evaluation', () => {
    const metrics = createMetrics([{ metric, minutes: 30 }]);
    metrics.put({ metric, value: 1 }, 100);
    const seen = [100, 101, 105, 106].map(end => metrics.datapoints(watching('Sum'), end, 2));
    expect(seen).toEqual([
      [undefined, undefined],
      [1, undefined],
      [1, undefined],
      [undefined, 1],
    ]);
  });

  it('other dimensions are another metric, but their order does not count', () => {
    const two = { namespace: 'N', name: 'M', dimensions: { a: '1', b: '2' } };
    const metrics = createMetrics([{ metric: two, minutes: 5 }]);
    metrics.put({ metric: { ...two, dimensions: { a: '1' } }, value: 7 }, 1);
    metrics.put({ metric: { ...two, dimensions: { b: '2', a: '1' } }, value: 3 }, 1);
    expect(metrics.datapoints({ ...watching('Sum'), metric: two }, 2, 1)).toEqual([3]);
  });
});

describe('A log line', () => {
  const line = (metrics: object, members: object) =>
    JSON.stringify({ _aws: { Timestamp: 1, CloudWatchMetrics: [metrics] }, ...members });

  it('in embedded metric format has its metrics, for every set of dimensions', () => {
    const metrics = {
      Namespace: 'StudentSite',
      Dimensions: [['service'], ['service', 'kind']],
      Metrics: [{ Name: 'Sent', Unit: 'Count' }, { Name: 'Missing' }],
    };
    const one = { namespace: 'StudentSite', name: 'Sent', dimensions: { service: 'site' } };
    const two = { ...one, dimensions: { service: 'site', kind: 'mail' } };
    expect(embeddedMetrics(line(metrics, { service: 'site', kind: 'mail', Sent: [1, 2] }))).toEqual([
      { metric: one, value: 1 },
      { metric: one, value: 2 },
      { metric: two, value: 1 },
      { metric: two, value: 2 },
    ]);
  });

  it.each([
    '',
    'Hello',
    '{"message":"CloudWatchMetrics"}',
    '{"_aws":{"CloudWatchMetrics":7}}',
    '{"CloudWatchMetrics"',
  ])('%j has none', text => expect(embeddedMetrics(text)).toEqual([]));
});

describe('Services report', () => {
  const namesOf = (entry: Parameters<typeof metricsOf>[0]) =>
    metricsOf(entry).map(({ metric, value }) => [metric.name, value]);
  const invocation = { kind: 'invocation', functionName: 'f', requestId: 'r', milliseconds: 12 } as const;
  const execution = { kind: 'execution', machineArn: 'arn', name: 'e' } as const;
  const request = { kind: 'request', apiName: 'student', stage: 'prod', milliseconds: 3 } as const;

  it.each([
    ['success', 0],
    ['error', 1],
    ['timeout', 1],
  ] as const)('an invocation with %s as %d errors', (outcome, errors) => {
    expect(namesOf({ ...invocation, outcome })).toEqual([
      ['Invocations', 1],
      ['Errors', errors],
      ['Duration', 12],
    ]);
  });

  it.each([
    [{ status: 'RUNNING' }, [['ExecutionsStarted', 1]]],
    [{ status: 'RUNNING', state: 'Settle: look' }, []],
    [{ status: 'FAILED' }, [['ExecutionsFailed', 1]]],
    [{ status: 'TIMED_OUT' }, [['ExecutionsTimedOut', 1]]],
    [{ status: 'ABORTED' }, [['ExecutionsAborted', 1]]],
    [{ status: 'SUCCEEDED' }, [['ExecutionsSucceeded', 1]]],
  ] as const)('an execution that is %j as %j', (details, expected) => {
    expect(namesOf({ ...execution, ...details })).toEqual(expected);
  });

  it.each([
    [200, 0, 0],
    [404, 1, 0],
    [503, 0, 1],
  ])('an answer with %d as %d and %d errors, of the API and of its stage', (status, client, server) => {
    const one = [
      ['Count', 1],
      ['4XXError', client],
      ['5XXError', server],
      ['Latency', 3],
    ];
    expect(namesOf({ ...request, status })).toEqual([...one, ...one]);
    expect(metricsOf({ ...request, status }).map(({ metric }) => metric.dimensions)).toContainEqual({
      ApiName: 'student',
      Stage: 'prod',
    });
  });
});
