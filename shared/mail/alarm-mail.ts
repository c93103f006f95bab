import * as z from 'zod/mini';
import { type Facts, fact, layOut } from './layout.ts';
import { mailKind, type RenderedMail } from './mail.ts';

const State = z.object({
  value: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']),
  reason: z.string(),
  timestamp: z.string(),
});

/**
 * EventBridge's event about an alarm, as its rule passes it on (CloudWatch user guide, "Alarm
 * events and EventBridge").
 */
const AlarmEvent = z.object({
  'detail-type': z.literal('CloudWatch Alarm State Change'),
  resources: z.tuple([z.string()]),
  detail: z.object({
    alarmName: z.string(),
    configuration: z.object({ description: z._default(z.string(), '') }),
    state: State,
  }),
});

/** An alarm that was raised, or that is over. */
interface AlarmNotice {
  readonly type: 'alarm';
  readonly id: string;
  readonly name: string;
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  /** What CloudWatch saw. */
  readonly reason: string;
  readonly at: string;
  /** What the alarm means, and where to read what to do. */
  readonly description: string;
}

/** EventBridge may deliver an event twice: the same change of the same alarm has the same id. */
const AlarmNotice = z.pipe(
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

/**
 * Tells the people who run the site about an alarm. EventBridge puts its message into the mail
 * queue.
 */
export const alarmMail = mailKind(AlarmNotice, renderAlarm);

function renderAlarm({ name, state, reason, at, description }: AlarmNotice): RenderedMail {
  const advice = state === 'OK' ? 'The alarm is over. There is nothing to do.' : description;
  const facts: Facts = [
    ['Alarm', name],
    ['State', state],
    ['Since', at],
    ['Reason', reason],
    ...(state === 'OK' ? fact('It meant', description) : []),
  ];
  return layOut({ title: `${state}: ${name}`, advice, facts });
}
