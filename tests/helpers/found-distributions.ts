import { UndescribedDistributionError } from '../../shared/errors.ts';
import { describe } from '../../shared/sites/describe.ts';
import type { Caching } from '../../shared/sites/description.ts';
import type { FoundBehaviour, FoundDistribution } from '../../shared/sites/found-distribution.ts';
import type { KnownDistribution, KnownDistributions } from '../../shared/sites/known-distribution.ts';
import { Told } from '../../shared/sites/told.ts';

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

/** What is known of a distribution that the deployment has just found, and nobody told more of. */
export function knownOf(found: FoundDistribution, bucket = BUCKET): KnownDistribution {
  return {
    told: Told.parse({}),
    description: describe(found, bucket),
    version: 1,
    pending: [],
    asked: { day: '2026-11-30', count: 0 },
  };
}

/** What is known of distributions, in a map. */
export function knownIn(known: Map<string, KnownDistribution>): KnownDistributions {
  return {
    find: async id => known.get(id),
    get: async id => known.get(id) ?? Promise.reject(new UndescribedDistributionError(id)),
    put: async (id, next) => {
      const isNext = next.version === (known.get(id)?.version ?? 0) + 1;
      if (isNext) known.set(id, next);
      return isNext;
    },
  };
}
