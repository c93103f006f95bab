import { type AwsRequest, type AwsResponse, type AwsService, authorizationOf } from '../../kernel/aws-api.ts';

/**
 * Writes that are to create an object, `If-None-Match: *`: refused when there is one. fauxqs ignores the header, and HEAD tells the same. (S3
 * user guide, "How to prevent object overwrites with conditional writes".)
 */
export function withConditionalWrites(s3: AwsService): AwsService {
  return async request => {
    const isConditional = request.headers['if-none-match'] === '*' && isWrite(request);
    return isConditional && (await exists(request, s3)) ? PRECONDITION_FAILED : s3(request);
  };
}

/** PutObject, or CompleteMultipartUpload. */
function isWrite({ method, url }: AwsRequest): boolean {
  return method === 'PUT' || (method === 'POST' && url.includes('uploadId='));
}

async function exists({ caller, url }: AwsRequest, s3: AwsService): Promise<boolean> {
  const headers = { host: 'localhost', authorization: authorizationOf(caller, 's3') };
  const [path = ''] = url.split('?');
  const head = { service: 's3', caller, method: 'HEAD', url: path, headers, body: Buffer.alloc(0) };
  return (await s3(head)).status === 200;
}

const PRECONDITION_FAILED: AwsResponse = {
  status: 412,
  headers: { 'content-type': 'application/xml' },
  body:
    '<?xml version="1.0" encoding="UTF-8"?><Error><Code>PreconditionFailed</Code>' +
    '<Message>At least one of the pre-conditions you specified did not hold</Message>' +
    '<Condition>If-None-Match</Condition></Error>',
};
