/**
 * AWS Query protocol: a form with `Action` and flattened parameters, answered in XML.
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
import type { AwsRequest, AwsResponse } from './aws-api.ts';
import { xmlResponse } from './xml.ts';

/** The parameters of a request, `Action` among them. */
export function queryParameters({ method, url, body }: AwsRequest): URLSearchParams {
  return method === 'POST' ? new URLSearchParams(body.toString()) : new URL(url, 'http://aws').searchParams;
}

/** The result of an action. */
export function queryResponse(action: string, result: object, namespace: string): AwsResponse {
  return xmlResponse(200, {
    [`${action}Response`]: { '@_xmlns': namespace, [`${action}Result`]: result },
  });
}
