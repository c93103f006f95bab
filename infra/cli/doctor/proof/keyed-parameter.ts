import {
  type CloudFrontClient,
  GetCachePolicyCommand,
  GetDistributionCommand,
} from '@aws-sdk/client-cloudfront';

/** A query string's parameter that nobody else uses. */
const OWN = 'doctor';

/**
 * A parameter of query strings that is part of the cache key, by the default behaviour of a
 * distribution; undefined if none is.
 */
export async function keyedParameter(client: CloudFrontClient, Id: string): Promise<string | undefined> {
  const { Distribution } = await client.send(new GetDistributionCommand({ Id }));
  const { CachePolicyId = '', ForwardedValues } =
    Distribution?.DistributionConfig?.DefaultCacheBehavior ?? {};
  if (CachePolicyId === '') {
    if (!ForwardedValues?.QueryString) return undefined;
    return ForwardedValues.QueryStringCacheKeys?.Items?.[0] ?? OWN;
  }
  const { CachePolicy } = await client.send(new GetCachePolicyCommand({ Id: CachePolicyId }));
  const { QueryStringBehavior: kind = 'none', QueryStrings } =
    CachePolicy?.CachePolicyConfig?.ParametersInCacheKeyAndForwardedToOrigin?.QueryStringsConfig ?? {};
  if (kind === 'none') return undefined;
  return kind === 'whitelist' ? QueryStrings?.Items?.[0] : OWN;
}
