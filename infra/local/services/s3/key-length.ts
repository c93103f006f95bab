import type { AwsService } from '../../kernel/aws-api.ts';
import { s3Address } from './s3-request.ts';
import { s3Error } from './s3-xml.ts';

/** In UTF-8: S3 user guide, "Naming Amazon S3 objects". */
const MAX_KEY_BYTES = 1024;

/** Refuses keys that are longer than S3's. */
export function withKeyLimit(s3: AwsService): AwsService {
  return async request => {
    const Size = Buffer.byteLength(s3Address(request).key);
    if (Size <= MAX_KEY_BYTES) return s3(request);
    return s3Error(400, 'KeyTooLongError', 'Your key is too long', { Size, MaxSizeAllowed: MAX_KEY_BYTES });
  };
}
