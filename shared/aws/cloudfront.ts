import {
  CloudFrontClient,
  CreateInvalidationCommand,
  TooManyInvalidationsInProgress,
} from '@aws-sdk/client-cloudfront';
import { QuotaExceededError } from '../errors.ts';
import type { Invalidations } from '../refresh/invalidate.ts';

export function createInvalidations(
  distributionId: string,
  client = new CloudFrontClient({}),
): Invalidations {
  return {
    async create(paths, callerReference) {
      try {
        const { Invalidation } = await client.send(
          new CreateInvalidationCommand({
            DistributionId: distributionId,
            InvalidationBatch: {
              CallerReference: callerReference,
              Paths: { Quantity: paths.length, Items: [...paths] },
            },
          }),
        );
        if (Invalidation?.Id === undefined) throw new Error('CloudFront answered without an invalidation id');
        return Invalidation.Id;
      } catch (error) {
        throw error instanceof TooManyInvalidationsInProgress ? new QuotaExceededError(error) : error;
      }
    },
  };
}
