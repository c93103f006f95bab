import type { AwsRequest, AwsResponse, AwsService } from '../../kernel/aws-api.ts';
import { s3Address } from './s3-request.ts';
import { NAMESPACE } from './s3-xml.ts';

/** Answers of fauxqs as S3 writes them, where they differ. */
export function asS3Answers(s3: AwsService): AwsService {
  return async request => {
    const response = await s3(request);
    if (response.status !== 200) return response;
    if (request.headers['x-amz-copy-source'] !== undefined) return withNamespace(response);
    return isCompletion(request) ? withoutChecksumHeaders(response) : response;
  };
}

function withNamespace(response: AwsResponse): AwsResponse {
  const body = String(response.body).replace('<CopyObjectResult>', `<CopyObjectResult xmlns="${NAMESPACE}">`);
  return { ...response, body };
}

function isCompletion(request: AwsRequest): boolean {
  return request.method === 'POST' && s3Address(request).query.has('uploadId');
}

/** CompleteMultipartUpload has the checksum of the object in its body alone. */
function withoutChecksumHeaders({ headers = {}, ...response }: AwsResponse): AwsResponse {
  const left = Object.entries(headers).filter(([name]) => !name.startsWith('x-amz-checksum-'));
  return { ...response, headers: Object.fromEntries(left) };
}
