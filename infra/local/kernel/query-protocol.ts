/**
 * AWS Query protocol: a form with `Action` and flattened parameters, answered in XML.
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
import { randomUUID } from 'node:crypto';
import { type AwsRequest, type AwsResponse, urlOf } from './aws-api.ts';
import { xmlResponse } from './xml.ts';

/** The parameters of a request, `Action` among them. */
export function queryParameters(request: AwsRequest): URLSearchParams {
  return request.method === 'POST'
    ? new URLSearchParams(request.body.toString())
    : urlOf(request).searchParams;
}

/**
 * The answer to an action.
 *
 * @param result undefined if the action has none, not even an empty one
 */
export function queryResponse(action: string, result: object | undefined, namespace: string): AwsResponse {
  const RequestId = randomUUID();
  const content = {
    '@_xmlns': namespace,
    ...(result === undefined ? {} : { [`${action}Result`]: result }),
    ResponseMetadata: { RequestId },
  };
  return xmlResponse(200, { [`${action}Response`]: content }, { 'x-amzn-requestid': RequestId });
}
