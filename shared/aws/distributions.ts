import {
  AccessDenied,
  CloudFrontClient,
  type CustomErrorResponse,
  type DistributionConfig,
  GetDistributionCommand,
  NoSuchDistribution,
  type OriginGroup,
} from '@aws-sdk/client-cloudfront';
import type { ErrorResponse } from '../sites/description.ts';
import type { DistributionReader, FoundDistribution } from '../sites/found-distribution.ts';
import { behaviourReader } from './behaviours.ts';

/** CloudFront's own default (developer guide, "Error Caching Minimum TTL"). */
const DEFAULT_ERROR_TTL_SECONDS = 10;

/** Reads distributions, with their policies and functions. */
export function createDistributions(client = new CloudFrontClient({})): DistributionReader {
  return {
    async find(Id) {
      try {
        const { Distribution } = await client.send(new GetDistributionCommand({ Id }));
        const config = Distribution?.DistributionConfig;
        const readBehaviour = behaviourReader(client);
        const behaviours = [config?.CacheBehaviors?.Items ?? [], config?.DefaultCacheBehavior ?? []].flat();
        return {
          domainName: Distribution?.DomainName ?? '',
          behaviours: await Promise.all(behaviours.map(readBehaviour)),
          ...shownBy(config),
        };
      } catch (error) {
        if (error instanceof NoSuchDistribution) return 'missing';
        if (error instanceof AccessDenied) return 'denied';
        throw error;
      }
    },
  };
}

function shownBy(
  config: DistributionConfig | undefined,
): Omit<FoundDistribution, 'domainName' | 'behaviours'> {
  const { Aliases, DefaultRootObject = '', Origins, OriginGroups, CustomErrorResponses } = config ?? {};
  const tagHeader = config?.CacheTagConfig?.HeaderName;
  return {
    aliases: Aliases?.Items ?? [],
    isMultiTenant: config?.ConnectionMode === 'tenant-only',
    rootObject: DefaultRootObject,
    origins: (Origins?.Items ?? []).map(({ Id = '', DomainName = '', OriginPath = '' }) => ({
      ids: [Id, ...groupsWith(Id, OriginGroups?.Items)],
      domainName: DomainName,
      path: OriginPath,
    })),
    errorResponses: (CustomErrorResponses?.Items ?? [])
      .map(toErrorResponse)
      .sort((a, b) => a.errorCode - b.errorCode),
    ...(tagHeader === undefined ? {} : { cacheTagHeader: tagHeader }),
  };
}

function toErrorResponse({
  ErrorCode = 0,
  ResponseCode = '',
  ResponsePagePath = '',
  ErrorCachingMinTTL = DEFAULT_ERROR_TTL_SECONDS,
}: CustomErrorResponse): ErrorResponse {
  return {
    errorCode: ErrorCode,
    responseCode: ResponseCode === '' ? ErrorCode : Number(ResponseCode),
    pagePath: ResponsePagePath,
    minTtlSeconds: ErrorCachingMinTTL,
  };
}

/** The origin groups that an origin is a member of: a behaviour names an origin or a group. */
function groupsWith(originId: string, groups: readonly OriginGroup[] = []): string[] {
  return groups
    .filter(({ Members }) => Members?.Items?.some(member => member.OriginId === originId))
    .flatMap(({ Id }) => Id ?? []);
}
