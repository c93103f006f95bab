import { createHash } from 'node:crypto';
import type { Distribution } from './distribution.ts';
import type { BehaviourConfig, DistributionConfig, OriginConfig } from './distribution-config.ts';
import type { CachePolicy, Selection } from './policies.ts';

/** The API's lists: `<Quantity>` beside `<Items>` of named elements. */
export function quantified(element: string, items: readonly unknown[]): Record<string, unknown> {
  return { Quantity: items.length, ...(items.length === 0 ? {} : { Items: { [element]: items } }) };
}

export function distributionETag(distribution: Distribution): string {
  const hash = createHash('sha256').update(JSON.stringify(distribution.config)).digest('hex');
  return `E${hash.slice(0, 13).toUpperCase()}`;
}

/** The API's `DistributionConfig`, made of CloudFormation's, whose names differ slightly. */
export function distributionConfigXml(distribution: Distribution): Record<string, unknown> {
  const { config } = distribution;
  return {
    CallerReference: distribution.id,
    ...sharedXml(config),
    DefaultRootObject: config.DefaultRootObject,
    ...(config.CacheTagConfig === undefined ? {} : { CacheTagConfig: config.CacheTagConfig }),
    Logging: {
      Enabled: config.Logging !== undefined,
      IncludeCookies: config.Logging?.IncludeCookies ?? false,
      Bucket: config.Logging?.Bucket ?? '',
      Prefix: config.Logging?.Prefix ?? '',
    },
  };
}

export function distributionSummaryXml(
  distribution: Distribution,
  lastModifiedTime: string,
): Record<string, unknown> {
  return { ...identityXml(distribution, lastModifiedTime), ...sharedXml(distribution.config) };
}

export function identityXml(distribution: Distribution, lastModifiedTime: string): Record<string, unknown> {
  return {
    Id: distribution.id,
    ARN: distribution.arn,
    Status: 'Deployed',
    LastModifiedTime: lastModifiedTime,
    DomainName: distribution.domainName,
  };
}

function sharedXml(config: DistributionConfig): Record<string, unknown> {
  return {
    Aliases: quantified('CNAME', config.Aliases),
    Origins: quantified('Origin', config.Origins.map(originXml)),
    OriginGroups: quantified('OriginGroup', []),
    DefaultCacheBehavior: behaviourXml(config.DefaultCacheBehavior),
    CacheBehaviors: quantified(
      'CacheBehavior',
      config.CacheBehaviors.map(behaviour => ({
        PathPattern: behaviour.PathPattern,
        ...behaviourXml(behaviour),
      })),
    ),
    CustomErrorResponses: quantified('CustomErrorResponse', config.CustomErrorResponses),
    Comment: config.Comment,
    PriceClass: config.PriceClass,
    Enabled: config.Enabled,
    ViewerCertificate: config.ViewerCertificate ?? { CloudFrontDefaultCertificate: true },
    Restrictions: { GeoRestriction: { RestrictionType: 'none', Quantity: 0 } },
    WebACLId: '',
    HttpVersion: config.HttpVersion,
    IsIPV6Enabled: config.IPV6Enabled,
    Staging: false,
    ConnectionMode: config.ConnectionMode,
  };
}

function originXml(origin: OriginConfig): Record<string, unknown> {
  const custom = origin.CustomOriginConfig;
  return {
    Id: origin.Id,
    DomainName: origin.DomainName,
    OriginPath: origin.OriginPath,
    CustomHeaders: quantified('OriginCustomHeader', origin.OriginCustomHeaders),
    ...(origin.S3OriginConfig === undefined ? {} : { S3OriginConfig: origin.S3OriginConfig }),
    ...(custom === undefined
      ? {}
      : {
          CustomOriginConfig: {
            HTTPPort: custom.HTTPPort ?? 80,
            HTTPSPort: custom.HTTPSPort ?? 443,
            OriginProtocolPolicy: custom.OriginProtocolPolicy,
            OriginSslProtocols: quantified('SslProtocol', custom.OriginSSLProtocols ?? []),
            OriginReadTimeout: custom.OriginReadTimeout ?? 30,
            OriginKeepaliveTimeout: custom.OriginKeepaliveTimeout ?? 5,
          },
        }),
    ConnectionAttempts: origin.ConnectionAttempts ?? 3,
    ConnectionTimeout: origin.ConnectionTimeout ?? 10,
    OriginShield: { Enabled: false },
    OriginAccessControlId: origin.OriginAccessControlId,
  };
}

function behaviourXml(behaviour: BehaviourConfig): Record<string, unknown> {
  return {
    TargetOriginId: behaviour.TargetOriginId,
    ViewerProtocolPolicy: behaviour.ViewerProtocolPolicy,
    AllowedMethods: {
      ...quantified('Method', behaviour.AllowedMethods),
      CachedMethods: quantified('Method', behaviour.CachedMethods),
    },
    SmoothStreaming: false,
    Compress: behaviour.Compress,
    FunctionAssociations: quantified('FunctionAssociation', behaviour.FunctionAssociations),
    CachePolicyId: behaviour.CachePolicyId,
    ...optional('OriginRequestPolicyId', behaviour.OriginRequestPolicyId),
    ...optional('ResponseHeadersPolicyId', behaviour.ResponseHeadersPolicyId),
  };
}

function optional(name: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: value };
}

/** The API's `CachePolicy`. Names are not kept; the id replaces them. */
export function cachePolicyXml(
  id: string,
  policy: CachePolicy,
  lastModifiedTime: string,
): Record<string, unknown> {
  const { queryStrings, headers, cookies } = policy;
  return {
    Id: id,
    LastModifiedTime: lastModifiedTime,
    CachePolicyConfig: {
      Name: id,
      DefaultTTL: policy.defaultTtlSeconds,
      MaxTTL: policy.maxTtlSeconds,
      MinTTL: policy.minTtlSeconds,
      ParametersInCacheKeyAndForwardedToOrigin: {
        EnableAcceptEncodingGzip: policy.gzip,
        EnableAcceptEncodingBrotli: policy.brotli,
        HeadersConfig: { HeaderBehavior: BEHAVIOURS[headers.kind], Headers: namesXml(headers) },
        CookiesConfig: { CookieBehavior: BEHAVIOURS[cookies.kind], Cookies: namesXml(cookies) },
        QueryStringsConfig: {
          QueryStringBehavior: BEHAVIOURS[queryStrings.kind],
          QueryStrings: namesXml(queryStrings),
        },
      },
    },
  };
}

const BEHAVIOURS = { none: 'none', all: 'all', only: 'whitelist', except: 'allExcept' } as const;
const namesXml = ({ names }: Selection) => quantified('Name', [...names]);
