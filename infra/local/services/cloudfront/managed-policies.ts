import type { CachePolicy, OriginRequestPolicy, Selection } from './policies.ts';

const NONE: Selection = { kind: 'none', names: new Set() };
const ALL: Selection = { kind: 'all', names: new Set() };
const only = (...names: string[]): Selection => ({ kind: 'only', names: new Set(names) });
const except = (...names: string[]): Selection => ({ kind: 'except', names: new Set(names) });

const ONE_DAY = 86_400;
const ONE_YEAR = 31_536_000;

const CACHING_OPTIMIZED: CachePolicy = {
  minTtlSeconds: 1,
  defaultTtlSeconds: ONE_DAY,
  maxTtlSeconds: ONE_YEAR,
  gzip: true,
  brotli: true,
  queryStrings: NONE,
  headers: NONE,
  cookies: NONE,
};

/**
 * Those that the templates and the tests use.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
 */
export const MANAGED_CACHE_POLICIES: ReadonlyMap<string, CachePolicy> = new Map([
  ['658327ea-f89d-4fab-a63d-7e88639e58f6', CACHING_OPTIMIZED],
  [
    '4135ea2d-6df8-44a3-9df3-4b5a84be39ad', // CachingDisabled
    {
      ...CACHING_OPTIMIZED,
      minTtlSeconds: 0,
      defaultTtlSeconds: 0,
      maxTtlSeconds: 0,
      gzip: false,
      brotli: false,
    },
  ],
  [
    '4cc15a8a-d715-48a4-82b8-cc0b614638fe', // UseOriginCacheControlHeaders-QueryStrings
    {
      ...CACHING_OPTIMIZED,
      minTtlSeconds: 0,
      defaultTtlSeconds: 0,
      headers: only('host', 'origin', 'x-http-method', 'x-http-method-override', 'x-method-override'),
      cookies: ALL,
      queryStrings: ALL,
    },
  ],
]);

/**
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
 */
export const MANAGED_ORIGIN_REQUEST_POLICIES: ReadonlyMap<string, OriginRequestPolicy> = new Map([
  [
    'b689b0a8-53d0-40ab-baf2-68738e2966ac', // AllViewerExceptHostHeader
    { queryStrings: ALL, headers: except('host'), cookies: ALL },
  ],
]);
