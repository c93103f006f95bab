import type { Denial } from '../api-traits.ts';
import { AwsError, type AwsResponse, type JsonProtocol, jsonErrorResponse } from '../aws-api.ts';

export function accessDenied(message: string, status = 403): AwsError {
  return new AwsError('AccessDeniedException', message, status);
}

/** The refusal of a service that speaks JSON, in IAM's usual words. */
export function jsonRefusal(denial: Denial, protocol: JsonProtocol = '1.1', status = 403): AwsResponse {
  return jsonErrorResponse(accessDenied(denialMessage(denial), status), protocol);
}

/** IAM user guide, "Troubleshoot access denied error messages". */
export function denialMessage({ principal, action, resource, isExplicit }: Denial): string {
  if (principal?.startsWith('arn:') !== true) return 'Access Denied';
  const because = isExplicit
    ? 'with an explicit deny in a resource-based policy'
    : `because no identity-based policy allows the ${action} action`;
  return `User: ${principal} is not authorized to perform: ${action} on resource: ${resource} ${because}`;
}
