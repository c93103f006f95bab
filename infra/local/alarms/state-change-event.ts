import { randomUUID } from 'node:crypto';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../aws-api.ts';
import type { AlarmDefinition, AlarmState } from './alarm.ts';

export interface StateOfAlarm {
  readonly state: AlarmState;
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html */
export function stateChangeEvent(alarm: AlarmDefinition, state: StateOfAlarm, previous: StateOfAlarm) {
  const { namespace, name, dimensions } = alarm.metric;
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'CloudWatch Alarm State Change',
    source: 'aws.cloudwatch',
    account: LOCAL_ACCOUNT,
    time: `${new Date(state.since).toISOString().slice(0, 19)}Z`,
    region: LOCAL_REGION,
    resources: [alarm.arn],
    detail: {
      alarmName: alarm.name,
      configuration: {
        description: alarm.description,
        metrics: [
          {
            id: randomUUID(),
            metricStat: {
              metric: { namespace, name, dimensions },
              period: alarm.periodMinutes * 60,
              stat: alarm.statistic,
            },
            returnData: true,
          },
        ],
      },
      previousState: describe(previous),
      state: describe(state),
    },
  };
}

function describe({ state, reason, since }: StateOfAlarm) {
  // CloudWatch writes the offset as +0000.
  return { value: state, reason, timestamp: new Date(since).toISOString().replace('Z', '+0000') };
}
