import { serviceEvent } from '../events/service-event.ts';
import type { ExecutionRecord } from './execution-store.ts';

/** https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html */
export function statusChangeEvent(record: ExecutionRecord, at: number): object {
  const { arn, machineArn, name, status, startedAt, stoppedAt = null, input } = record;
  const { output = null, error = null, cause = null } = record;
  return serviceEvent(
    {
      source: 'aws.states',
      'detail-type': 'Step Functions Execution Status Change',
      resources: [arn],
      detail: {
        executionArn: arn,
        stateMachineArn: machineArn,
        name,
        status,
        startDate: startedAt,
        stopDate: stoppedAt,
        input,
        output,
        error,
        cause,
      },
    },
    at,
  );
}
