import { describe, expect, it, onTestFinished } from 'vitest';
import { openDurableStore } from '../../../../infra/local/kernel/durable-map.ts';
import { createJournal } from '../../../../infra/local/kernel/journal.ts';
import {
  type CloudWatchOptions,
  createCloudWatch,
} from '../../../../infra/local/services/cloudwatch/cloudwatch.ts';
import { createEventRules } from '../../../../infra/local/services/events/event-rules.ts';
import type { Resource } from '../../../../infra/local/template/resource.ts';
import { alarmResource } from './alarms.ts';

const START = Date.parse('2026-11-22T08:00:00Z');
const QUEUE_ARN = 'arn:aws:sqs:us-east-1:000000000000:mail';

const rule: Resource = {
  logicalId: 'Rule',
  type: 'AWS::Events::Rule',
  ref: 'rule',
  attributes: { Arn: 'arn:aws:events:us-east-1:000000000000:rule/rule' },
  properties: {
    EventPattern: {
      detail: {
        $or: [
          { state: { value: ['ALARM'] } },
          { state: { value: ['OK'] }, previousState: { value: ['ALARM'] } },
        ],
      },
    },
    State: 'ENABLED',
    Targets: [{ Id: 'Target0', Arn: QUEUE_ARN }],
  },
};

interface AlarmEvent {
  readonly resources: readonly string[];
  readonly detail: {
    readonly alarmName: string;
    readonly state: { readonly value: string; readonly timestamp: string };
    readonly previousState: { readonly value: string };
  };
}

/** CloudWatch by a clock of its own, in minutes since its start. */
function start(alarms: readonly Resource[], options: Partial<CloudWatchOptions> = {}) {
  const journal = createJournal();
  const sent: AlarmEvent[] = [];
  let minutes = 0;
  const rules = createEventRules({
    rules: [rule],
    async callAws({ body }) {
      sent.push(JSON.parse(JSON.parse(String(body)).MessageBody));
      return { status: 200 };
    },
    journal,
  });
  const cloudWatch = createCloudWatch({
    alarms,
    queueNames: ['mail'],
    publish: rules.publish,
    measureQueue: () => ({ visible: 0, notVisible: 0, oldestSentAt: undefined }),
    journal,
    store: openDurableStore(),
    timeScale: 1,
    ...options,
    now: () => START + minutes * 60_000,
  });
  onTestFinished(cloudWatch.stop);
  return {
    journal,
    sent,
    stop: cloudWatch.stop,
    passMinute: cloudWatch.passMinute,
    fail: () =>
      journal.record({
        kind: 'invocation',
        functionName: 'worker',
        requestId: 'r',
        outcome: 'error',
        milliseconds: 1,
      }),
    lose: () => journal.record({ kind: 'undelivered', ruleName: 'rule' }),
    at(minute: number) {
      minutes = minute;
      cloudWatch.evaluate();
      return sent.map(
        ({ detail }) => `${detail.alarmName} ${detail.previousState.value} → ${detail.state.value}`,
      );
    },
  };
}

describe('CloudWatch', () => {
  it('reports an alarm when it is raised and when it is over, but not that a new one is OK', () => {
    const { fail, at } = start([alarmResource('errors')]);
    expect(at(1)).toEqual([]);
    fail();
    expect(at(2)).toEqual(['errors OK → ALARM']);
    // Where data are missing it looks two periods further back.
    expect(at(16)).toHaveLength(1);
    expect(at(17)).toEqual(['errors OK → ALARM', 'errors ALARM → OK']);
  });

  it('reports a new alarm that is raised from the start', () => {
    const { fail, at } = start([alarmResource('errors')]);
    fail();
    expect(at(1)).toEqual(['errors INSUFFICIENT_DATA → ALARM']);
  });

  it('sends the event that AWS documents', () => {
    const { fail, at, sent } = start([alarmResource('errors')]);
    fail();
    at(1);
    expect(sent[0]).toEqual({
      version: '0',
      id: expect.stringMatching(/^[\da-f-]{36}$/),
      'detail-type': 'CloudWatch Alarm State Change',
      source: 'aws.cloudwatch',
      account: '000000000000',
      time: '2026-11-22T08:01:00Z',
      region: 'us-east-1',
      resources: ['arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors'],
      detail: {
        alarmName: 'errors',
        configuration: {
          description: 'The worker failed.',
          metrics: [
            {
              id: expect.any(String),
              metricStat: {
                metric: { namespace: 'AWS/Lambda', name: 'Errors', dimensions: { FunctionName: 'worker' } },
                period: 300,
                stat: 'Sum',
              },
              returnData: true,
            },
          ],
        },
        previousState: expect.objectContaining({ value: 'INSUFFICIENT_DATA' }),
        state: {
          value: 'ALARM',
          reason: expect.stringContaining('Threshold Crossed: 1 out of the last 1 datapoints [1]'),
          timestamp: '2026-11-22T08:01:00.000+0000',
        },
      },
    });
  });

  it('evaluates every minute that its clock skipped', () => {
    const { fail, at } = start([alarmResource('errors', { Period: 60, EvaluationPeriods: 3 })]);
    for (const minute of [0, 1, 2]) {
      at(minute);
      fail();
    }
    expect(at(60)).toEqual(['errors OK → ALARM', 'errors ALARM → OK']);
  });

  it('counts minutes by hand, whatever the clock says', () => {
    const { sent, fail, at, passMinute } = start([alarmResource('errors')], { byHand: true });
    fail();
    expect(at(60)).toEqual([]);
    passMinute();
    expect(sent).toHaveLength(1);
    for (let minute = 0; minute < 15; minute++) passMinute();
    expect(at(120)).toEqual(['errors INSUFFICIENT_DATA → ALARM', 'errors ALARM → OK']);
  });

  it('does not evaluate an alarm that is warming up', () => {
    const { at } = start([
      alarmResource('no-backup', {
        ComparisonOperator: 'LessThanThreshold',
        TreatMissingData: 'breaching',
        WarmUpConfiguration: {
          WarmUpPeriodDurationInMinutes: 30,
          OnlyStartEvaluatingAfterWarmUpPeriodEnds: true,
        },
      }),
    ]);
    expect(at(29)).toEqual([]);
    expect(at(30)).toEqual(['no-backup INSUFFICIENT_DATA → ALARM']);
  });

  it('remembers a raised alarm over a restart, and reports it once', async () => {
    const store = openDurableStore();
    const age = {
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateAgeOfOldestMessage',
      Dimensions: [{ Name: 'QueueName', Value: 'mail' }],
      Statistic: 'Maximum',
      Period: 60,
      Threshold: 600,
    };
    const measureQueue = () => ({ visible: 0, notVisible: 1, oldestSentAt: START });
    const first = start([alarmResource('old', age)], { store, measureQueue });
    expect([first.at(9), first.at(10)].map(({ length }) => length)).toEqual([0, 1]);
    first.stop();
    const second = start([alarmResource('old', age)], { store, measureQueue });
    expect(second.at(20)).toEqual([]);
  });

  it('scales minutes and ages alike', () => {
    const age = {
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateAgeOfOldestMessage',
      Statistic: 'Maximum',
      Period: 60,
      Threshold: 600,
    };
    const Dimensions = [{ Name: 'QueueName', Value: 'mail' }];
    const measureQueue = () => ({ visible: 1, notVisible: 0, oldestSentAt: START });
    const { at } = start([alarmResource('old', { ...age, Dimensions })], { measureQueue, timeScale: 0.01 });
    expect(at(0.09)).toEqual([]);
    expect(at(0.1)).toEqual(['old OK → ALARM']);
  });

  it('counts an event that EventBridge dropped', () => {
    const lost = alarmResource('lost', {
      Namespace: 'AWS/Events',
      MetricName: 'FailedInvocations',
      Dimensions: [{ Name: 'RuleName', Value: 'rule' }],
    });
    const { lose, at } = start([lost]);
    lose();
    expect(at(1)).toEqual(['lost INSUFFICIENT_DATA → ALARM']);
  });
});
