import { AwsError, type AwsResponse } from '../../kernel/aws-api.ts';
import { bareXmlErrorResponse, xmlResponse } from '../../kernel/xml.ts';

const HEADERS = { 'content-type': 'application/xml' };
export const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** The result of an operation. */
export function s3Response(element: string, content: object): AwsResponse {
  return xmlResponse(200, { [element]: { '@_xmlns': NAMESPACE, ...content } }, HEADERS);
}

export function s3Error(status: number, code: string, message: string, more?: object): AwsResponse {
  return bareXmlErrorResponse(new AwsError(code, message, status), more);
}
