import { arnOf } from '../../kernel/arn.ts';
import { capability } from '../../kernel/capability.ts';
import type { Service } from '../../kernel/service.ts';
import type { Resource, ResourceTypes } from '../../template/resource.ts';
import { createEventRules } from './event-rules.ts';
import { createEventsApi, EVENT_CONDITION_KEYS, eventsApi } from './put-events.ts';
import { startSchedules } from './schedules.ts';

/**
 * Hands an event of an AWS service to every rule that matches. Resolves when their targets have
 * taken it, or it is dropped.
 */
export const publishEvent = capability<[event: object], Promise<void>>('events.publishEvent');

const types: ResourceTypes = {
  'AWS::Events::Rule': {
    identity: ({ named }) => {
      const name = named('Name');
      return { ref: name, attributes: { Arn: arnOf('events', `rule/${name}`) } };
    },
    emulated: ['EventPattern', 'Name', 'ScheduleExpression', 'State', 'Targets'],
    accepted: ['Description'],
  },
};

interface Definitions {
  readonly schedules: readonly Resource[];
  /** Rules with a pattern. */
  readonly rules: readonly Resource[];
}

export const events: Service<Definitions> = {
  name: 'events',
  types,
  apis: { events: eventsApi },
  access: () => ({ conditionKeys: EVENT_CONDITION_KEYS }),
  parse(account) {
    const all = account.all('AWS::Events::Rule');
    const isSchedule = ({ properties }: Resource) => 'ScheduleExpression' in properties;
    return { schedules: all.filter(isSchedule), rules: all.filter(rule => !isSchedule(rule)) };
  },
  start({ schedules, rules }, { callAws, journal }) {
    const eventRules = createEventRules({ rules, callAws, journal });
    return {
      apis: { events: createEventsApi(eventRules.publish) },
      offers: [publishEvent.offer(eventRules.publish)],
      begin: () => startSchedules({ rules: schedules, callAws }),
      stop: eventRules.stop,
    };
  },
};
