import { expect, it } from 'vitest';
import { eventPattern } from '../../../../infra/local/services/events/event-pattern.ts';

const EVENT = {
  source: 'aws.cloudwatch',
  resources: ['arn:alarm:Site/a', 'arn:alarm:Other/b'],
  detail: { state: { value: 'OK' }, previousState: { value: 'ALARM' }, count: 3 },
};

it.each([
  [{ source: ['aws.cloudwatch'] }, true],
  [{ source: ['aws.s3', 'aws.cloudwatch'] }, true],
  [{ source: ['aws.s3'] }, false],
  [{ source: ['aws.cloudwatch'], region: ['us-east-1'] }, false],
  [{ resources: [{ prefix: 'arn:alarm:Site/' }] }, true],
  [{ resources: [{ prefix: 'arn:alarm:Si/' }] }, false],
  [{ detail: { state: { value: ['OK'] }, count: [3] } }, true],
  [{ detail: { state: { value: ['OK'] }, count: ['3'] } }, false],
  [{ detail: { $or: [{ count: [4] }, { state: { value: ['OK'] } }] } }, true],
  [{ detail: { $or: [{ count: [4] }, { state: { value: ['ALARM'] } }] } }, false],
  [{ detail: { count: [3], $or: [{ state: { value: ['ALARM'] } }] } }, false],
  [{ detail: { nothing: { at: { all: ['x'] } } } }, false],
])('%j matches: %s', (pattern, expected) => expect(eventPattern(pattern)(EVENT)).toBe(expected));

it.each([
  [
    { detail: { count: [{ numeric: ['>', 2] }] } },
    'EventPattern.detail.count: Of the operators only prefix is emulated',
  ],
  [{ source: 'aws.s3' }, 'EventPattern.source'],
])('%j is refused by name', (pattern, name) => expect(() => eventPattern(pattern)).toThrow(name));
