import { describe, expect, it } from 'vitest';
import type { AwsRequest, AwsResponse } from '../../../infra/local/kernel/aws-api.ts';
import { startSchedules } from '../../../infra/local/services/events/schedules.ts';

const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:backup';
const RULE_ARN = 'arn:aws:events:us-east-1:000000000000:rule/daily';

function rule(properties: Record<string, unknown>) {
  const Targets = [{ Id: 'Target0', Arn: FUNCTION_ARN }];
  return {
    logicalId: 'Daily',
    type: 'AWS::Events::Rule',
    ref: 'daily',
    attributes: { Arn: RULE_ARN },
    properties: { State: 'ENABLED', Targets, ...properties },
  };
}

/** Runs one rule, with a clock that jumps to each due time, until this many calls were made. */
async function callsOf(properties: Record<string, unknown>, start: string, count: number) {
  const calls: AwsRequest[] = [];
  const done = Promise.withResolvers<void>();
  let now = Date.parse(start);
  const stop = startSchedules({
    rules: [rule(properties)],
    callAws: async (request): Promise<AwsResponse> => {
      calls.push(request);
      if (calls.length === count) done.resolve();
      return { status: 202 };
    },
    now: () => now,
    wait: async milliseconds => {
      if (calls.length === count) await new Promise(() => undefined);
      now += milliseconds;
    },
  });
  await done.promise;
  stop();
  return calls;
}

describe('A rule with a schedule', () => {
  it('invokes its function asynchronously, with the scheduled event', async () => {
    const [call] = await callsOf({ ScheduleExpression: 'cron(0 2 * * ? *)' }, '2026-11-22T12:00:00Z', 1);
    expect(call).toMatchObject({
      service: 'lambda',
      caller: RULE_ARN,
      method: 'POST',
      url: `/2015-03-31/functions/${encodeURIComponent(FUNCTION_ARN)}/invocations`,
      headers: { 'x-amz-invocation-type': 'Event' },
    });
    expect(JSON.parse(String(call?.body))).toEqual({
      version: '0',
      id: expect.stringMatching(/^[\da-f-]{36}$/),
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      account: '000000000000',
      time: '2026-11-23T02:00:00Z',
      region: 'us-east-1',
      resources: [RULE_ARN],
      detail: {},
    });
  });

  it('invokes it again each time it is due', async () => {
    const calls = await callsOf({ ScheduleExpression: 'cron(0 2 1 * ? *)' }, '2026-11-22T12:00:00Z', 3);
    expect(calls.map(({ body }) => JSON.parse(String(body)).time)).toEqual([
      '2026-12-01T02:00:00Z',
      '2027-01-01T02:00:00Z',
      '2027-02-01T02:00:00Z',
    ]);
  });

  it.each([
    [{ ScheduleExpression: 'cron(0 2 L * ? *)' }, 'L'],
    [{ ScheduleExpression: 'rate(1 minute)', Targets: [{ Id: 'T', Arn: 'a', Input: '{}' }] }, 'Input'],
    [{ EventPattern: {} }, 'EventPattern'],
  ])('%j is refused by name', (properties, name) => {
    const start = () =>
      startSchedules({
        rules: [rule(properties)],
        callAws: async () => ({ status: 202 }),
      });
    expect(start).toThrow(name);
  });
});
