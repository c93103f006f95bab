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

/** The members of a flattened list of structures, such as `Tags.member.1.Key`. */
export function listIn(parameters: URLSearchParams, prefix: string): Record<string, string>[] {
  const list: Record<string, string>[] = [];
  for (const [name, value] of parameters) {
    if (!name.startsWith(`${prefix}.`)) continue;
    const [index = '', member = ''] = name.slice(prefix.length + 1).split('.');
    list[Number(index) - 1] = { ...list[Number(index) - 1], [member]: value };
  }
  return list;
}
