import { randomUUID } from 'node:crypto';
import { XMLBuilder } from 'fast-xml-parser';
import { AwsError, type AwsResponse, jsonErrorResponse } from '../aws-api.ts';
import type { Question, Verdict } from './simulate.ts';

const builder = new XMLBuilder();

/** What a service answers to a caller without the permission: code, status and wording are AWS's own. */
export function refusal(service: string, question: Question, verdict: Verdict): AwsResponse {
  const message = refusalMessage(question, verdict);
  switch (service) {
    case 's3':
      return xml({ Error: { Code: 'AccessDenied', Message: message, RequestId: randomUUID() } });
    case 'cloudfront':
      return xml({
        ErrorResponse: {
          Error: { Type: 'Sender', Code: 'AccessDenied', Message: message },
          RequestId: randomUUID(),
        },
      });
    case 'sqs': {
      const { headers, ...answer } = jsonErrorResponse(accessDenied(message));
      // The code of the query protocol, which SDKs show: unverified for this error, documented for SQS's own.
      return { ...answer, headers: { ...headers, 'x-amzn-query-error': 'AccessDenied;Sender' } };
    }
    case 'dynamodb':
    case 'states':
      return jsonErrorResponse(accessDenied(message, 400));
    default:
      return jsonErrorResponse(accessDenied(message), '1.1');
  }
}

export function accessDenied(message: string, status = 403): AwsError {
  return new AwsError('AccessDeniedException', message, status);
}

/** IAM user guide, "Troubleshoot access denied error messages"; the services' own ways as their users quote them. */
export function refusalMessage({ principal, action, resource }: Question, { result }: Verdict): string {
  if (principal?.startsWith('arn:') !== true) return 'Access Denied';
  const [service] = action.split(':');
  if (service === 'ses')
    return `User \`${principal}' is not authorized to perform \`${action}' on resource \`${resource}'`;
  // SQS writes its actions in lower case, S3 its resources in quotes.
  const named = service === 'sqs' ? action.toLowerCase() : action;
  const on = service === 's3' ? `"${resource}"` : resource;
  const because =
    result === 'ExplicitlyDenied'
      ? 'with an explicit deny in a resource-based policy'
      : `because no identity-based policy allows the ${named} action`;
  return `User: ${principal} is not authorized to perform: ${named} on resource: ${on} ${because}`;
}

function xml(content: object): AwsResponse {
  return { status: 403, headers: { 'content-type': 'application/xml' }, body: builder.build(content) };
}
