import {
  CloudFrontClient,
  CloudFrontServiceException,
  CreateInvalidationCommand,
  GetInvalidationCommand,
  ListInvalidationsCommand,
  NoSuchInvalidation,
  TooManyInvalidationsInProgress,
} from '@aws-sdk/client-cloudfront';
import { QuotaExceededError } from '../errors.ts';
import { isTagPath } from '../planning/cache-tags.ts';
import type { Invalidations } from '../refresh/invalidate.ts';
import type { DetailsDependencies } from '../refresh/refresh-details.ts';

/**
 * Missing from the SDK's model. CloudFront answers 400, and publishes no request rate
 * (aws/aws-sdk-js#3983).
 */
const THROTTLED = new Set(['Throttling', 'ThrottlingException']);
const IN_PROGRESS = 'InProgress';

export function createInvalidations(
  distributionId: string,
  client = new CloudFrontClient({}),
): Invalidations & DetailsDependencies['invalidations'] {
  const DistributionId = distributionId;

  const pathsInProgress = async (Id: string | undefined): Promise<readonly string[]> => {
    const { Invalidation } = await client.send(new GetInvalidationCommand({ DistributionId, Id }));
    return Invalidation?.Status === IN_PROGRESS ? (Invalidation.InvalidationBatch?.Paths?.Items ?? []) : [];
  };

  return {
    async create(paths, callerReference) {
      try {
        const { Invalidation } = await client.send(
          new CreateInvalidationCommand({
            DistributionId,
            InvalidationBatch: {
              CallerReference: callerReference,
              Paths: { Quantity: paths.length, Items: [...paths] },
            },
          }),
        );
        if (Invalidation?.Id === undefined) throw new Error('CloudFront answered without an invalidation id');
        return Invalidation.Id;
      } catch (error) {
        throw isRefusal(error) ? new QuotaExceededError(error) : error;
      }
    },

    /** Looks at the newest 100 invalidations: older ones complete first. */
    async inProgress() {
      const { InvalidationList } = await client.send(new ListInvalidationsCommand({ DistributionId }));
      const unfinished = InvalidationList?.Items?.filter(({ Status }) => Status === IN_PROGRESS) ?? [];
      const busy = { exact: 0, wildcard: 0 };
      // One at a time: CloudFront throttles after a few concurrent requests.
      for (const { Id } of unfinished) {
        for (const path of await pathsInProgress(Id))
          busy[path.endsWith('*') && !isTagPath(path) ? 'wildcard' : 'exact']++;
      }
      return busy;
    },

    async find(id) {
      try {
        const { Invalidation } = await client.send(new GetInvalidationCommand({ DistributionId, Id: id }));
        const { Status: status = '', CreateTime } = Invalidation ?? {};
        return CreateTime && { id, status, createTime: CreateTime.toISOString() };
      } catch (error) {
        if (error instanceof NoSuchInvalidation) return undefined;
        throw error;
      }
    },
  };
}

function isRefusal(error: unknown): boolean {
  return (
    error instanceof TooManyInvalidationsInProgress ||
    (error instanceof CloudFrontServiceException && THROTTLED.has(error.name))
  );
}
