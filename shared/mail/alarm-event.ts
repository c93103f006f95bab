import * as z from 'zod/mini';

const State = z.object({
  value: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']),
  reason: z.string(),
  timestamp: z.string(),
});

/** EventBridge's event about an alarm, as it comes from its rule (CloudWatch user guide, "Alarm events and EventBridge"). */
const AlarmEvent = z.object({
  'detail-type': z.literal('CloudWatch Alarm State Change'),
  resources: z.tuple([z.string()]),
  detail: z.object({
    alarmName: z.string(),
    configuration: z.object({ description: z._default(z.string(), '') }),
    state: State,
  }),
});

/** An alarm was raised, or is over. */
export interface AlarmNotice {
  readonly type: 'alarm';
  readonly id: string;
  readonly name: string;
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  /** What CloudWatch saw. */
  readonly reason: string;
  readonly at: string;
  /** What the alarm means and where to read what to do. */
  readonly description: string;
}

/** EventBridge may deliver an event twice: the same change of the same alarm has the same id. */
export const AlarmNotice = z.pipe(
  AlarmEvent,
  z.transform(({ resources: [arn], detail }): AlarmNotice => {
    const { alarmName, configuration, state } = detail;
    return {
      type: 'alarm',
      id: `${arn} ${state.value} ${state.timestamp}`,
      name: alarmName,
      state: state.value,
      reason: state.reason,
      at: state.timestamp,
      description: configuration.description,
    };
  }),
);
