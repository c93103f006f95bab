import { randomUUID } from 'node:crypto';
import type { AwsResponse } from '../../kernel/aws-api.ts';
import { xmlResponse } from '../../kernel/xml.ts';

const HEADERS = { 'content-type': 'application/xml' };
const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** The result of an operation. */
export function s3Response(element: string, content: object): AwsResponse {
  return xmlResponse(200, { [element]: { '@_xmlns': NAMESPACE, ...content } }, HEADERS);
}

/** S3 writes its errors without the element `ErrorResponse` around them. */
export function s3Error(status: number, Code: string, Message: string, more: object = {}): AwsResponse {
  return xmlResponse(status, { Error: { Code, Message, ...more, RequestId: randomUUID() } }, HEADERS);
}
