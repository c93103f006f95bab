import type { CachePolicy, OriginRequestPolicy, ResponseHeadersPolicy, Selection } from './policies.ts';

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

const USE_ORIGIN_CACHE_CONTROL: CachePolicy = {
  ...CACHING_OPTIMIZED,
  minTtlSeconds: 0,
  defaultTtlSeconds: 0,
  headers: only('host', 'origin', 'x-http-method', 'x-http-method-override', 'x-method-override'),
  cookies: ALL,
};

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html */
export const MANAGED_CACHE_POLICIES: ReadonlyMap<string, CachePolicy> = new Map([
  ['658327ea-f89d-4fab-a63d-7e88639e58f6', CACHING_OPTIMIZED],
  ['b2884449-e4de-46a7-ac36-70bc7f1ddd6d', { ...CACHING_OPTIMIZED, gzip: false, brotli: false }],
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
  ['83da9c7e-98b4-4e11-a168-04f0df8e2c65', USE_ORIGIN_CACHE_CONTROL],
  ['4cc15a8a-d715-48a4-82b8-cc0b614638fe', { ...USE_ORIGIN_CACHE_CONTROL, queryStrings: ALL }],
]);

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html */
export const MANAGED_ORIGIN_REQUEST_POLICIES: ReadonlyMap<string, OriginRequestPolicy> = new Map([
  ['216adef6-5c7f-47e4-b989-5492eafa07d3', { queryStrings: ALL, headers: ALL, cookies: ALL }], // AllViewer
  [
    'b689b0a8-53d0-40ab-baf2-68738e2966ac', // AllViewerExceptHostHeader
    { queryStrings: ALL, headers: except('host'), cookies: ALL },
  ],
  [
    '88a5eaf4-2fd4-4709-b370-b4c650ea3fcf', // CORS-S3Origin
    {
      queryStrings: NONE,
      headers: only('origin', 'access-control-request-headers', 'access-control-request-method'),
      cookies: NONE,
    },
  ],
  [
    '59781a5b-3903-41f3-afcb-af62929ccde1', // CORS-CustomOrigin
    { queryStrings: NONE, headers: only('origin'), cookies: NONE },
  ],
  [
    'acba4595-bd28-49b8-b9fe-13317c0390fa', // UserAgentRefererHeaders
    { queryStrings: NONE, headers: only('user-agent', 'referer'), cookies: NONE },
  ],
  [
    'bf0718e1-ba1e-49d1-88b1-f726733018ae', // HostHeaderOnly
    { queryStrings: NONE, headers: only('host'), cookies: NONE },
  ],
]);

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-response-headers-policies.html */
export const MANAGED_RESPONSE_HEADERS_POLICIES: ReadonlyMap<string, ResponseHeadersPolicy> = new Map([
  [
    '67f7725c-6f97-4210-82d7-5512b31e9d03', // SecurityHeadersPolicy
    {
      remove: [],
      set: [
        { name: 'referrer-policy', value: 'strict-origin-when-cross-origin', override: false },
        { name: 'strict-transport-security', value: `max-age=${ONE_YEAR}`, override: false },
        { name: 'x-content-type-options', value: 'nosniff', override: true },
        { name: 'x-frame-options', value: 'SAMEORIGIN', override: false },
        { name: 'x-xss-protection', value: '1; mode=block', override: false },
      ],
    },
  ],
]);
