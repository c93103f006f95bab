import type { ApiTraits, Denial } from '../../kernel/api-traits.ts';
import { arnOf } from '../../kernel/arn.ts';
import { AwsError, type AwsRequest, type AwsResponse } from '../../kernel/aws-api.ts';
import { accessDenied, denialMessage } from '../../kernel/permissions/refusal.ts';
import { sqsErrorResponse } from './error-codes.ts';
import { isQuery, queryError, queueUrlIn } from './query-protocol.ts';

export const sqsApi: ApiTraits = {
  requirementsOf(request, action) {
    const queueUrl = queueUrlIn(request);
    if (queueUrl === undefined) return undefined;
    // A batch needs the permission of the single action.
    const name = action.replace(/Batch$/, '');
    return [{ action: `sqs:${name}`, resource: arnOf('sqs', queueUrl.split('/').at(-1) ?? '') }];
  },
  refuse,
};

function refuse(denial: Denial, request: AwsRequest): AwsResponse {
  // SQS writes its actions in lower case, as its users quote it.
  const message = denialMessage({ ...denial, action: denial.action.toLowerCase() });
  // The code of the Query protocol, which SDKs show: unverified for this error, documented for
  // SQS's own.
  const queryCode = 'AccessDenied';
  return isQuery(request)
    ? queryError(new AwsError(queryCode, message, 403))
    : sqsErrorResponse(accessDenied(message), queryCode);
}
