import type { Caching } from '../../shared/sites/description.ts';
import type { FoundBehaviour, FoundDistribution } from '../../shared/sites/found-distribution.ts';

/** AWS's policy CachingOptimized. */
export const OPTIMIZED: Caching = {
  minTtlSeconds: 1,
  defaultTtlSeconds: 86_400,
  maxTtlSeconds: 31_536_000,
  queryStrings: false,
};

/** A behaviour as CloudFront describes it: the default one, unless it is given a pattern. */
export function behaviourOf(
  behaviour: Partial<FoundBehaviour> = {},
  caching: Partial<Caching> = {},
): FoundBehaviour {
  return {
    pathPattern: '*',
    originId: 'bucket',
    caching: { ...OPTIMIZED, ...caching },
    responseHeaders: { set: [], removed: [] },
    functions: [],
    isSigned: false,
    fingerprint: 'f1',
    ...behaviour,
  };
}

export const BUCKET = 'site';
const REST = `${BUCKET}.s3.us-east-1.amazonaws.com`;

/** A distribution that shows the bucket `site` at every URL. */
export function distributionOf(found: Partial<FoundDistribution> = {}): FoundDistribution {
  return {
    domainName: 'd1.cloudfront.net',
    aliases: [],
    isMultiTenant: false,
    rootObject: 'index.html',
    origins: [
      { ids: ['bucket'], domainName: REST, path: '' },
      { ids: ['api'], domainName: 'api.example.com', path: '' },
    ],
    behaviours: [behaviourOf()],
    errorResponses: [],
    ...found,
  };
}
