import { randomUUID } from 'node:crypto';
import { serviceEvent } from '../events/service-event.ts';
import type { AlarmDefinition, AlarmState } from './alarm.ts';

export interface StateOfAlarm {
  readonly state: AlarmState;
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/**
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
 */
export function stateChangeEvent(alarm: AlarmDefinition, state: StateOfAlarm, previous: StateOfAlarm) {
  const { namespace, name, dimensions } = alarm.metric;
  const event = {
    source: 'aws.cloudwatch',
    'detail-type': 'CloudWatch Alarm State Change',
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
  return serviceEvent(event, state.since);
}

function describe({ state, reason, since }: StateOfAlarm) {
  // CloudWatch writes the offset as +0000.
  return { value: state, reason, timestamp: new Date(since).toISOString().replace('Z', '+0000') };
}
