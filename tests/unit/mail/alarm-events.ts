/** EventBridge's event about an alarm, as it reaches the mail queue. */
export function alarmEvent(state: 'OK' | 'ALARM', changes: Readonly<Record<string, unknown>> = {}) {
  return {
    version: '0',
    id: 'c4c1c1c9-6542-e61b-6ef0-8c4d36933a92',
    'detail-type': 'CloudWatch Alarm State Change',
    source: 'aws.cloudwatch',
    account: '123456789012',
    time: '2026-11-22T08:01:00Z',
    region: 'us-east-1',
    resources: ['arn:aws:cloudwatch:us-east-1:123456789012:alarm:StudentSite/mail-dead-letters'],
    detail: {
      alarmName: 'StudentSite/mail-dead-letters',
      configuration: {
        description: 'A mail was given up. What to do: RUNBOOK.md#mail-dead-letters',
        metrics: [],
      },
      previousState: {
        value: state === 'OK' ? 'ALARM' : 'OK',
        reason: '',
        timestamp: '2026-11-22T07:00:00.000+0000',
      },
      state: {
        value: state,
        reason: 'Threshold Crossed: 1 out of the last 1 datapoints [1.0 (22/11/26 08:00:00)] was <too> much.',
        reasonData: '{}',
        timestamp: '2026-11-22T08:01:00.000+0000',
      },
    },
    ...changes,
  };
}
