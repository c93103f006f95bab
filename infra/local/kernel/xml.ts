import { randomUUID } from 'node:crypto';
import { XMLBuilder } from 'fast-xml-parser';
import type { AwsError, AwsResponse } from './aws-api.ts';

const builder = new XMLBuilder({ ignoreAttributes: false });

/** An answer in XML. Attributes are properties whose names begin with `@_`. */
export function xmlResponse(
  status: number,
  content: object,
  headers: Readonly<Record<string, string>> = {},
): AwsResponse {
  // A parser reads a carriage return as a line feed, unless it is written as a reference.
  const elements = builder.build(content).replaceAll('\r', '&#xD;');
  return {
    status,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': randomUUID(), ...headers },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${elements}`,
  };
}

/** An error as S3 writes it, without the element `ErrorResponse` around it. */
export function bareXmlErrorResponse({ code, message, status }: AwsError, more: object = {}): AwsResponse {
  const content = { Error: { Code: code, Message: message, ...more, RequestId: randomUUID() } };
  return xmlResponse(status, content, { 'content-type': 'application/xml' });
}

/** An error in the XML of every AWS service but S3. */
export function xmlErrorResponse({ code, message, status }: AwsError, namespace?: string): AwsResponse {
  return xmlResponse(status, {
    ErrorResponse: {
      ...(namespace === undefined ? {} : { '@_xmlns': namespace }),
      Error: { Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: message },
      RequestId: randomUUID(),
    },
  });
}
