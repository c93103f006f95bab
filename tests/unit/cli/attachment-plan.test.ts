import { describe, expect, it } from 'vitest';
import { describePlan, idleCostUsd } from '../../../infra/cli/attachment/plan.ts';

const times = (count: number, type: string) => Array<string>(count).fill(type);

describe('What attach is going to make', () => {
  it.each([
    { alarms: 10, mappings: 1, usd: 0 },
    { alarms: 15, mappings: 2, usd: 0.63 },
    { alarms: 17, mappings: 3, usd: 1.09 },
  ])(
    'costs $usd dollars a month with $alarms alarms and $mappings polled queues',
    ({ alarms, mappings, usd }) => {
      const types = [
        ...times(alarms, 'AWS::CloudWatch::Alarm'),
        ...times(mappings, 'AWS::Lambda::EventSourceMapping'),
      ];
      expect(idleCostUsd(types)).toBeCloseTo(usd, 2);
    },
  );

  it('is named by what people know, and where it goes', () => {
    const template = JSON.stringify({
      Resources: {
        A: { Type: 'AWS::Lambda::Function' },
        B: { Type: 'AWS::Lambda::Function' },
        C: { Type: 'AWS::SQS::QueuePolicy' },
      },
    });
    const place = { stackName: 'S', region: 'eu-central-1', account: '111122223333' };
    expect(describePlan({ template }, { found: undefined, hasBucket: false }, place, 'code')).toBe(
      [
        'Makes the stack S in eu-central-1 of 111122223333: 2 functions, 1 smaller part.',
        "Makes the bucket code for the functions' code.",
        "Costs $0.00 a month if nobody deploys, with AWS's free alarms and requests; more without them.",
      ].join('\n'),
    );
  });
});
