import type { AwsRequest, AwsService } from '../../kernel/aws-api.ts';
import { s3Address, s3Request } from './s3-request.ts';
import { s3Error } from './s3-xml.ts';

/**
 * Refuses writes with `If-None-Match: *` if the object exists: S3 user guide, "How to prevent
 * object overwrites with conditional writes". fauxqs ignores the header.
 */
export function withConditionalWrites(s3: AwsService): AwsService {
  return async request => {
    const isConditional = request.headers['if-none-match'] === '*' && isWrite(request);
    return isConditional && (await exists(request, s3)) ? preconditionFailed() : s3(request);
  };
}

/** PutObject, or CompleteMultipartUpload. */
function isWrite({ method, url }: AwsRequest): boolean {
  return method === 'PUT' || (method === 'POST' && url.includes('uploadId='));
}

async function exists(request: AwsRequest, s3: AwsService): Promise<boolean> {
  const { bucket, key } = s3Address(request);
  const head = s3Request({ caller: request.caller, method: 'HEAD', bucket, key });
  return (await s3(head)).status === 200;
}

function preconditionFailed() {
  const message = 'At least one of the pre-conditions you specified did not hold';
  return s3Error(412, 'PreconditionFailed', message, { Condition: 'If-None-Match' });
}
