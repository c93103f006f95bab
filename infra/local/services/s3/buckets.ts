import type { AwsRequest, AwsService } from '../../kernel/aws-api.ts';
import type { Fauxqs } from '../fauxqs/fauxqs.ts';
import { withConditionalWrites } from './conditional-writes.ts';
import { withIntactContent } from './content-integrity.ts';
import { withDeleteObjects } from './delete-objects.ts';
import { listInByteOrder } from './listing.ts';
import { withoutUnknownSubresources } from './subresources.ts';

/** Buckets and objects by fauxqs, with what it lacks added and what it gets wrong put right. */
export function createBuckets({ handle, s3Store }: Pick<Fauxqs, 'handle' | 's3Store'>): AwsService {
  listInByteOrder(s3Store);
  const objects = withDeleteObjects(request => handle(withBody(request)));
  return withoutUnknownSubresources(withIntactContent(withConditionalWrites(objects)));
}

/** fauxqs fails on a PUT without content; an empty aws-chunked body says the same. */
function withBody(request: AwsRequest): AwsRequest {
  if (
    request.method !== 'PUT' ||
    request.body.length > 0 ||
    request.headers['x-amz-copy-source'] !== undefined
  ) {
    return request;
  }
  const headers = { ...request.headers, 'content-encoding': 'aws-chunked' };
  return { ...request, headers, body: Buffer.from('0\r\n\r\n') };
}
