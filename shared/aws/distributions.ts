import {
  AccessDenied,
  type CacheBehavior,
  CloudFrontClient,
  type DistributionConfig,
  GetCachePolicyCommand,
  GetDistributionCommand,
  NoSuchDistribution,
  type OriginGroup,
} from '@aws-sdk/client-cloudfront';
import type { Caching, Distributions, FoundDistribution } from '../deployment/distribution-lookup.ts';

export function createDistributions(client = new CloudFrontClient({})): Distributions {
  /**
   * From a cache policy, AWS's or the account's own, or from the older settings that came before
   * policies.
   */
  async function cachingOf(behaviour: Omit<CacheBehavior, 'PathPattern'>): Promise<Caching> {
    const originId = behaviour.TargetOriginId ?? '';
    const { CachePolicyId: Id = '' } = behaviour;
    if (Id === '') {
      const queryStrings = behaviour.ForwardedValues?.QueryString ?? false;
      return { originId, queryStrings, minTtlSeconds: behaviour.MinTTL ?? 0 };
    }
    const { CachePolicy } = await client.send(new GetCachePolicyCommand({ Id }));
    const { MinTTL = 0, ParametersInCacheKeyAndForwardedToOrigin: key } =
      CachePolicy?.CachePolicyConfig ?? {};
    const queryStrings = key?.QueryStringsConfig?.QueryStringBehavior !== 'none';
    return { originId, queryStrings, minTtlSeconds: MinTTL };
  }

  return {
    async find(Id) {
      try {
        const { Distribution } = await client.send(new GetDistributionCommand({ Id }));
        const config = Distribution?.DistributionConfig;
        const behaviours = [config?.DefaultCacheBehavior ?? [], config?.CacheBehaviors?.Items ?? []].flat();
        return {
          domainName: Distribution?.DomainName ?? '',
          behaviours: await Promise.all(behaviours.map(cachingOf)),
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
  return {
    aliases: Aliases?.Items ?? [],
    rootObject: DefaultRootObject,
    origins: (Origins?.Items ?? []).map(({ Id = '', DomainName = '', OriginPath = '' }) => ({
      ids: [Id, ...groupsWith(Id, OriginGroups?.Items)],
      domainName: DomainName,
      path: OriginPath,
    })),
    errorResponses: (CustomErrorResponses?.Items ?? []).map(
      ({ ErrorCode = 0, ResponseCode = '', ResponsePagePath = '' }) => ({
        errorCode: ErrorCode,
        responseCode: Number(ResponseCode),
        pagePath: ResponsePagePath,
      }),
    ),
  };
}

/** The origin groups that an origin is a member of: a behaviour names an origin or a group. */
function groupsWith(originId: string, groups: readonly OriginGroup[] = []): string[] {
  return groups
    .filter(({ Members }) => Members?.Items?.some(member => member.OriginId === originId))
    .flatMap(({ Id }) => Id ?? []);
}
