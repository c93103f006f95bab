import type { CachePolicyConfig } from './configuration.ts';

const ONE_DAY = 86_400;
const ONE_YEAR = 31_536_000;

function policy(
  [MinTTL, DefaultTTL, MaxTTL]: readonly [min: number, default_: number, max: number],
  QueryStringBehavior: 'none' | 'whitelist' | 'all',
): CachePolicyConfig {
  return {
    MinTTL,
    DefaultTTL,
    MaxTTL,
    ParametersInCacheKeyAndForwardedToOrigin: { QueryStringsConfig: { QueryStringBehavior } },
  };
}

/**
 * AWS's own cache policies, by id: how long they keep, and whether by query strings.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
 */
export const MANAGED_CACHE_POLICIES: ReadonlyMap<string, CachePolicyConfig> = new Map([
  // Amplify
  ['2e54312d-136d-493c-8eb9-b001f22f67d2', policy([2, 2, 600], 'all')],
  // CachingDisabled
  ['4135ea2d-6df8-44a3-9df3-4b5a84be39ad', policy([0, 0, 0], 'none')],
  // CachingOptimized
  ['658327ea-f89d-4fab-a63d-7e88639e58f6', policy([1, ONE_DAY, ONE_YEAR], 'none')],
  // CachingOptimizedForUncompressedObjects
  ['b2884449-e4de-46a7-ac36-70bc7f1ddd6d', policy([1, ONE_DAY, ONE_YEAR], 'none')],
  // Elemental-MediaPackage
  ['08627262-05a9-4f76-9ded-b50ca2e3a84f', policy([0, ONE_DAY, ONE_YEAR], 'whitelist')],
  // UseOriginCacheControlHeaders
  ['83da9c7e-98b4-4e11-a168-04f0df8e2c65', policy([0, 0, ONE_YEAR], 'none')],
  // UseOriginCacheControlHeaders-QueryStrings
  ['4cc15a8a-d715-48a4-82b8-cc0b614638fe', policy([0, 0, ONE_YEAR], 'all')],
]);

/**
 * Ids of AWS's own response headers policies. They add headers for CORS and security. No object is
 * stored with any of these.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-response-headers-policies.html
 */
export const MANAGED_RESPONSE_HEADERS_POLICIES: ReadonlySet<string> = new Set([
  '60669652-455b-4ae9-85a4-c4c02393f86c', // SimpleCORS
  '5cc3b908-e619-4b99-88e5-2cf7f45965bd', // CORS-With-Preflight
  '67f7725c-6f97-4210-82d7-5512b31e9d03', // SecurityHeadersPolicy
  'e61eb60c-9c35-4d20-a928-2b84e02af89c', // CORS-and-SecurityHeadersPolicy
  'eaab4381-ed33-4a86-88ca-d9558dc6cd63', // CORS-with-preflight-and-SecurityHeadersPolicy
]);
