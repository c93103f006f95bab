import type { AwsRequest, AwsService } from '../../kernel/aws-api.ts';
import { s3Address } from './s3-request.ts';
import { s3Error } from './s3-xml.ts';

/** What a query may ask for, by request. The emulator reads these and ignores any other. */
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
    'versioning',
  ],
  'PUT bucket': ['versioning'],
  'POST bucket': ['delete'],
  'GET object': ['partNumber', 'attributes'],
  'HEAD object': [],
  'PUT object': ['uploadId', 'partNumber'],
  'POST object': ['uploads', 'uploadId'],
  'DELETE object': ['uploadId', 'versionId'],
};

/** Signatures, and the name that SDKs give an operation. */
const EVERYWHERE = /^(x-amz-.+|x-id)$/i;

/**
 * Refuses requests for a part of S3 that is not emulated. Otherwise `PUT /key?tagging` would
 * overwrite the object with its tags, and `DELETE /bucket?policy` delete the bucket.
 */
export function withoutUnknownSubresources(s3: AwsService): AwsService {
  return async request => {
    const unknown = unknownParameter(request);
    if (unknown === undefined) return s3(request);
    const message = `The local cloud does not emulate S3 ${request.method} with ?${unknown}`;
    return s3Error(501, 'NotImplemented', message);
  };
}

function unknownParameter(request: AwsRequest): string | undefined {
  const { key, query } = s3Address(request);
  const known = PARAMETERS[`${request.method} ${key === '' ? 'bucket' : 'object'}`] ?? [];
  return [...query.keys()].find(name => !known.includes(name) && !EVERYWHERE.test(name));
}
