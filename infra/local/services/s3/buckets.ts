import type { AwsService } from '../../kernel/aws-api.ts';
import type { Fauxqs } from '../fauxqs/fauxqs.ts';
import { asS3Answers } from './answers.ts';
import { withConditionalWrites } from './conditional-writes.ts';
import { withIntactContent } from './content-integrity.ts';
import { withDeleteObjects } from './delete-objects.ts';
import { withEncodingType } from './encoding-type.ts';
import { withKeyLimit } from './key-length.ts';
import { listInByteOrder } from './listing.ts';
import { withoutUnknownSubresources } from './subresources.ts';
import { createVersions, type Versions } from './versions.ts';

/**
 * Buckets and objects by fauxqs, with what it lacks added and what it gets wrong put right.
 *
 * @param versions of its objects; by default no bucket keeps any from the start
 */
export function createBuckets(
  { handle, s3Store }: Pick<Fauxqs, 'handle' | 's3Store'>,
  versions: Versions = createVersions(s3Store, []),
): AwsService {
  listInByteOrder(s3Store);
  const listed = withEncodingType(withTypesAsStored(asS3Answers(handle)));
  const objects = withDeleteObjects(versions.with(withKeyLimit(listed)));
  return withoutUnknownSubresources(withIntactContent(withConditionalWrites(objects)));
}

/** fauxqs returns content of a type without a slash as `application/octet-stream`. */
function withTypesAsStored(s3: AwsService): AwsService {
  return async request => {
    const response = await s3(request);
    const { headers = {}, status } = response;
    if (request.method !== 'GET' || status >= 300 || headers['content-type'] !== 'application/octet-stream')
      return response;
    const stored = await s3({ ...request, method: 'HEAD' });
    const type = stored.headers?.['content-type'];
    return type === undefined ? response : { ...response, headers: { ...headers, 'content-type': type } };
  };
}
