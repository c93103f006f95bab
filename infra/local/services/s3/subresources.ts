import { randomUUID } from 'node:crypto';
import type { AwsRequest, AwsResponse, AwsService } from '../../kernel/aws-api.ts';

/** What a query may ask for, by the request that may: the emulator reads these and takes no notice of any other. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  'GET bucket': [
    'list-type',
    'prefix',
    'delimiter',
    'max-keys',
    'marker',
    'start-after',
    'continuation-token',
    'encoding-type',
    'fetch-owner',
  ],
  'POST bucket': ['delete'],
  'GET object': ['partNumber', 'attributes'],
  'HEAD object': [],
  'PUT object': ['uploadId', 'partNumber'],
  'POST object': ['uploads', 'uploadId'],
  'DELETE object': ['uploadId'],
};

/** Signatures, and the name by which SDKs mark an operation. */
const EVERYWHERE = /^(x-amz-.+|x-id)$/i;

/**
 * Refuses requests for a part of S3 that is not emulated. Unrefused, `PUT /key?tagging` would overwrite the object with its
 * tags, and `DELETE /bucket?policy` delete the bucket.
 */
export function withoutUnknownSubresources(s3: AwsService): AwsService {
  return async request => {
    const unknown = unknownParameter(request);
    return unknown === undefined ? s3(request) : notImplemented(request, unknown);
  };
}

function unknownParameter({ method, url }: AwsRequest): string | undefined {
  const { pathname, searchParams } = new URL(url, 'http://s3');
  const isObject = pathname.split('/').slice(2).join('/') !== '';
  const known = PARAMETERS[`${method} ${isObject ? 'object' : 'bucket'}`] ?? [];
  return [...searchParams.keys()].find(name => !known.includes(name) && !EVERYWHERE.test(name));
}

function notImplemented({ method }: AwsRequest, parameter: string): AwsResponse {
  const message = `The local cloud does not emulate S3 ${method} with ?${escapeXml(parameter)}`;
  return {
    status: 501,
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NotImplemented</Code><Message>${message}</Message><RequestId>${randomUUID()}</RequestId></Error>`,
  };
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
