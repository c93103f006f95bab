import { z } from 'zod';

/** Which names (headers, cookies, query strings) a policy picks from a viewer request. */
export interface Selection {
  readonly kind: 'none' | 'all' | 'only' | 'except';
  readonly names: ReadonlySet<string>;
}

export interface CachePolicy {
  readonly minTtlSeconds: number;
  readonly defaultTtlSeconds: number;
  readonly maxTtlSeconds: number;
  readonly gzip: boolean;
  readonly brotli: boolean;
  readonly queryStrings: Selection;
  readonly headers: Selection;
  readonly cookies: Selection;
}

export type OriginRequestPolicy = Pick<CachePolicy, 'queryStrings' | 'headers' | 'cookies'>;

export interface ResponseHeadersPolicy {
  readonly remove: readonly string[];
  readonly set: readonly { readonly name: string; readonly value: string; readonly override: boolean }[];
}

export function selects(selection: Selection, name: string): boolean {
  switch (selection.kind) {
    case 'none':
      return false;
    case 'all':
      return true;
    case 'only':
      return selection.names.has(name);
    case 'except':
      return !selection.names.has(name);
  }
}

const KINDS = { none: 'none', all: 'all', allViewer: 'all', whitelist: 'only', allExcept: 'except' } as const;
const names = z.array(z.string()).default([]);

const queryStrings = z
  .strictObject({
    QueryStringBehavior: z.enum(['none', 'whitelist', 'allExcept', 'all']),
    QueryStrings: names,
  })
  .transform(config => selection(config.QueryStringBehavior, config.QueryStrings));

const cookies = z
  .strictObject({ CookieBehavior: z.enum(['none', 'whitelist', 'allExcept', 'all']), Cookies: names })
  .transform(config => selection(config.CookieBehavior, config.Cookies));

const headerNames = names.refine(
  list => !list.some(name => /^cloudfront-/i.test(name)),
  'CloudFront-* headers are not emulated',
);

function headers<const Behaviour extends keyof typeof KINDS>(behaviours: readonly Behaviour[]) {
  return z.strictObject({ HeaderBehavior: z.enum(behaviours), Headers: headerNames }).transform(config =>
    selection(
      config.HeaderBehavior,
      config.Headers.map(name => name.toLowerCase()),
    ),
  );
}

function selection(behaviour: keyof typeof KINDS, chosen: readonly string[]): Selection {
  return { kind: KINDS[behaviour], names: new Set(chosen) };
}

const seconds = z.coerce.number().int().min(0);

/** `AWS::CloudFront::CachePolicy`, its `CachePolicyConfig`. */
export const cachePolicySchema = z
  .strictObject({
    Name: z.string(),
    Comment: z.string().optional(),
    MinTTL: seconds,
    DefaultTTL: seconds,
    MaxTTL: seconds,
    ParametersInCacheKeyAndForwardedToOrigin: z.strictObject({
      EnableAcceptEncodingGzip: z.boolean(),
      EnableAcceptEncodingBrotli: z.boolean().default(false),
      QueryStringsConfig: queryStrings,
      HeadersConfig: headers(['none', 'whitelist']),
      CookiesConfig: cookies,
    }),
  })
  .transform(
    ({ ParametersInCacheKeyAndForwardedToOrigin: key, ...config }): CachePolicy => ({
      minTtlSeconds: config.MinTTL,
      defaultTtlSeconds: config.DefaultTTL,
      maxTtlSeconds: config.MaxTTL,
      gzip: key.EnableAcceptEncodingGzip,
      brotli: key.EnableAcceptEncodingBrotli,
      queryStrings: key.QueryStringsConfig,
      headers: key.HeadersConfig,
      cookies: key.CookiesConfig,
    }),
  );

const Override = z.boolean();
const securityHeaders = z.strictObject({
  ContentSecurityPolicy: z.strictObject({ ContentSecurityPolicy: z.string(), Override }).optional(),
  ContentTypeOptions: z.strictObject({ Override }).optional(),
  FrameOptions: z.strictObject({ FrameOption: z.enum(['DENY', 'SAMEORIGIN']), Override }).optional(),
  ReferrerPolicy: z.strictObject({ ReferrerPolicy: z.string(), Override }).optional(),
  StrictTransportSecurity: z
    .strictObject({
      AccessControlMaxAgeSec: seconds,
      IncludeSubdomains: z.boolean().default(false),
      Preload: z.boolean().default(false),
      Override,
    })
    .optional(),
  XSSProtection: z
    .strictObject({
      Protection: z.boolean(),
      ModeBlock: z.boolean().default(false),
      ReportUri: z.string().optional(),
      Override,
    })
    .optional(),
});

/** `AWS::CloudFront::ResponseHeadersPolicy`, its `ResponseHeadersPolicyConfig`. */
export const responseHeadersPolicySchema = z
  .strictObject({
    Name: z.string(),
    Comment: z.string().optional(),
    SecurityHeadersConfig: securityHeaders.default({}),
    CustomHeadersConfig: z
      .strictObject({ Items: z.array(z.strictObject({ Header: z.string(), Value: z.string(), Override })) })
      .default({ Items: [] }),
    RemoveHeadersConfig: z
      .strictObject({ Items: z.array(z.strictObject({ Header: z.string() })) })
      .default({ Items: [] }),
  })
  .transform(
    (config): ResponseHeadersPolicy => ({
      remove: config.RemoveHeadersConfig.Items.map(item => item.Header.toLowerCase()),
      set: [
        ...securityHeaderValues(config.SecurityHeadersConfig),
        ...config.CustomHeadersConfig.Items.map(item => ({
          name: item.Header.toLowerCase(),
          value: item.Value,
          override: item.Override,
        })),
      ],
    }),
  );

function securityHeaderValues(config: z.output<typeof securityHeaders>): ResponseHeadersPolicy['set'] {
  const { StrictTransportSecurity: hsts, XSSProtection: xss } = config;
  const values: readonly [string, { readonly Override: boolean } | undefined, string | undefined][] = [
    [
      'content-security-policy',
      config.ContentSecurityPolicy,
      config.ContentSecurityPolicy?.ContentSecurityPolicy,
    ],
    ['x-content-type-options', config.ContentTypeOptions, 'nosniff'],
    ['x-frame-options', config.FrameOptions, config.FrameOptions?.FrameOption],
    ['referrer-policy', config.ReferrerPolicy, config.ReferrerPolicy?.ReferrerPolicy],
    [
      'strict-transport-security',
      hsts,
      [
        `max-age=${hsts?.AccessControlMaxAgeSec}`,
        ...(hsts?.IncludeSubdomains ? ['includeSubDomains'] : []),
        ...(hsts?.Preload ? ['preload'] : []),
      ].join('; '),
    ],
    [
      'x-xss-protection',
      xss,
      [
        xss?.Protection ? '1' : '0',
        ...(xss?.ModeBlock ? ['mode=block'] : []),
        ...(xss?.ReportUri === undefined ? [] : [`report=${xss.ReportUri}`]),
      ].join('; '),
    ],
  ];
  return values.flatMap(([name, setting, value]) =>
    setting === undefined || value === undefined ? [] : [{ name, value, override: setting.Override }],
  );
}
