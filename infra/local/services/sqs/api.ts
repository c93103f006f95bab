import { type ApiTraits, type Denial, fieldsOf } from '../../kernel/api-traits.ts';
import { arnOf } from '../../kernel/arn.ts';
import { type AwsResponse, jsonErrorResponse } from '../../kernel/aws-api.ts';
import { accessDenied, denialMessage } from '../../kernel/permissions/refusal.ts';

export const sqsApi: ApiTraits = {
  requirementsOf({ body }, action) {
    const { QueueUrl } = fieldsOf<{ QueueUrl: string }>(body);
    if (QueueUrl === undefined) return undefined;
    // A batch needs the permission of the single action.
    const name = action.replace(/Batch$/, '');
    return [{ action: `sqs:${name}`, resource: arnOf('sqs', QueueUrl.split('/').at(-1) ?? '') }];
  },
  refuse,
};

function refuse(denial: Denial): AwsResponse {
  // SQS writes its actions in lower case, as its users quote it.
  const message = denialMessage({ ...denial, action: denial.action.toLowerCase() });
  const { headers, ...answer } = jsonErrorResponse(accessDenied(message));
  // The code of the query protocol, which SDKs show: unverified for this error, documented for
  // SQS's own.
  return { ...answer, headers: { ...headers, 'x-amzn-query-error': 'AccessDenied;Sender' } };
}
