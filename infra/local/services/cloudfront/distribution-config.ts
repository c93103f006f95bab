import { z } from 'zod';
import { parseResource } from '../../template/parse-resource.ts';

const seconds = z.coerce.number().int();
const methods = z.array(z.enum(['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE']));

const behaviourFields = {
  TargetOriginId: z.string(),
  ViewerProtocolPolicy: z.enum(['allow-all', 'https-only', 'redirect-to-https']),
  AllowedMethods: methods.default(['GET', 'HEAD']),
  CachedMethods: methods.default(['GET', 'HEAD']),
  Compress: z.boolean().default(false),
  CachePolicyId: z.string(),
  OriginRequestPolicyId: z.string().optional(),
  ResponseHeadersPolicyId: z.string().optional(),
  SmoothStreaming: z.literal(false).optional(),
  FunctionAssociations: z
    .array(
      z.strictObject({
        EventType: z.literal('viewer-request', 'only viewer-request functions are emulated'),
        FunctionARN: z.string(),
      }),
    )
    .default([]),
};

const originSchema = z.strictObject({
  Id: z.string(),
  DomainName: z.string(),
  OriginPath: z.string().default(''),
  OriginCustomHeaders: z
    .array(z.strictObject({ HeaderName: z.string(), HeaderValue: z.string() }))
    .default([]),
  OriginAccessControlId: z.string().default(''),
  S3OriginConfig: z
    .strictObject({
      OriginAccessIdentity: z.string().default(''),
      OriginReadTimeout: seconds.optional(),
    })
    .optional(),
  CustomOriginConfig: z
    .strictObject({
      OriginProtocolPolicy: z.enum(['http-only', 'https-only', 'match-viewer']),
      OriginSSLProtocols: z.array(z.string()).optional(),
      HTTPPort: z.coerce.number().optional(),
      HTTPSPort: z.coerce.number().optional(),
      OriginReadTimeout: seconds.optional(),
      OriginKeepaliveTimeout: seconds.optional(),
    })
    .optional(),
  ConnectionAttempts: z.coerce.number().optional(),
  ConnectionTimeout: seconds.optional(),
  OriginShield: z.strictObject({ Enabled: z.literal(false) }).optional(),
});

const errorRuleSchema = z.strictObject({
  ErrorCode: z.coerce.number().int(),
  ErrorCachingMinTTL: seconds.optional(),
  ResponseCode: z.coerce.number().int().optional(),
  ResponsePagePath: z.string().optional(),
});

const configSchema = z.strictObject({
  Enabled: z.literal(true, 'a disabled distribution is not emulated'),
  Comment: z.string().default(''),
  DefaultRootObject: z.string().default(''),
  Origins: z.array(originSchema).min(1),
  DefaultCacheBehavior: z.strictObject(behaviourFields),
  CacheBehaviors: z.array(z.strictObject({ PathPattern: z.string(), ...behaviourFields })).default([]),
  CustomErrorResponses: z.array(errorRuleSchema).default([]),
  CacheTagConfig: z.strictObject({ HeaderName: z.string().min(1) }).optional(),
  Aliases: z.array(z.string()).default([]),
  /** The distributions of tenants, who share this one's settings, are not emulated. */
  ConnectionMode: z.enum(['direct', 'tenant-only']).default('direct'),
  HttpVersion: z.string().default('http1.1'),
  IPV6Enabled: z.boolean().default(false),
  PriceClass: z.string().default('PriceClass_All'),
  WebACLId: z.literal('').optional(),
  Logging: z
    .strictObject({
      Bucket: z.string(),
      Prefix: z.string().optional(),
      IncludeCookies: z.boolean().optional(),
    })
    .optional(),
  ViewerCertificate: z.looseObject({}).optional(),
  Restrictions: z
    .strictObject({ GeoRestriction: z.strictObject({ RestrictionType: z.literal('none') }) })
    .optional(),
});

export type DistributionConfig = z.output<typeof configSchema>;
export type BehaviourConfig = DistributionConfig['DefaultCacheBehavior'];
export type OriginConfig = DistributionConfig['Origins'][number];

/** @throws Error naming each property that is wrong or not emulated */
export function parseDistributionConfig(id: string, config: unknown): DistributionConfig {
  return parseResource(configSchema, `AWS::CloudFront::Distribution ${id}`, config);
}
