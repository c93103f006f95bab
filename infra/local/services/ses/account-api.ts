import { type AwsService, jsonResponse } from '../../kernel/aws-api.ts';
import { operationOf } from './ses-request.ts';

/**
 * SES v2 with GetAccount: an account outside the sandbox, since none of its limits are emulated.
 * -1 is SES's word for an unlimited quota (API reference, SendQuota).
 *
 * @param sentInLastDay how many mails were sent in the last 24 hours
 */
export function withAccount(others: AwsService, sentInLastDay: () => number): AwsService {
  return async request => {
    if (operationOf(request).action !== 'GetAccount') return others(request);
    return jsonResponse(
      {
        DedicatedIpAutoWarmupEnabled: false,
        EnforcementStatus: 'HEALTHY',
        ProductionAccessEnabled: true,
        SendingEnabled: true,
        SendQuota: { Max24HourSend: -1, MaxSendRate: -1, SentLast24Hours: sentInLastDay() },
      },
      'REST',
    );
  };
}
