import {
  type AwsError,
  type AwsRequest,
  type AwsResponse,
  type JsonProtocol,
  jsonErrorResponse,
  urlOf,
} from './aws-api.ts';
import { queryParameters } from './query-protocol.ts';
import { bareXmlErrorResponse, xmlErrorResponse } from './xml.ts';

/** Services whose REST requests are answered in XML. */
const REST_XML: ReadonlySet<string> = new Set(['cloudfront', 'route53']);

/** An error that comes from no service, in the protocol that the caller reads. */
export function errorResponseTo(request: AwsRequest, error: AwsError): AwsResponse {
  const { service, headers } = request;
  if (service === 's3' || isSignedByVersion2(request)) return bareXmlErrorResponse(error);
  const protocol = jsonProtocolOf(headers['content-type']);
  if (protocol !== undefined) return jsonErrorResponse(error, protocol);
  // Without a service, nothing tells what the caller is: a browser, most likely.
  const readsXml = service === '' || REST_XML.has(service) || queryParameters(request).has('Action');
  return readsXml ? xmlErrorResponse(error) : jsonErrorResponse(error, 'REST');
}

function jsonProtocolOf(contentType = ''): JsonProtocol | undefined {
  const version = /x-amz-json-(1\.[01])/.exec(contentType)?.[1];
  if (version === '1.0' || version === '1.1') return version;
  return contentType.includes('json') ? 'REST' : undefined;
}

/** S3 alone has ever taken such signatures, in some regions. */
export function isSignedByVersion2(request: AwsRequest): boolean {
  return (
    request.headers.authorization?.startsWith('AWS ') ?? urlOf(request).searchParams.has('AWSAccessKeyId')
  );
}
