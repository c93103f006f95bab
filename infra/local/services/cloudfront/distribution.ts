import { LOCAL_ACCOUNT } from '../../kernel/aws-api.ts';
import { parseResource } from '../../template/parse-resource.ts';
import {
  type BehaviourConfig,
  type DistributionConfig,
  type OriginConfig,
  parseDistributionConfig,
} from './distribution-config.ts';
import { createEdgeFunction, type EdgeFunction } from './edge-function.ts';
import { MANAGED_CACHE_POLICIES, MANAGED_ORIGIN_REQUEST_POLICIES } from './managed-policies.ts';
import type { Headers } from './messages.ts';
import { normalisedPath } from './normalised-path.ts';
import {
  type CachePolicy,
  cachePolicySchema,
  type OriginRequestPolicy,
  type ResponseHeadersPolicy,
  responseHeadersPolicySchema,
} from './policies.ts';

export interface DistributionResource {
  readonly id: string;
  readonly domainName: string;
  /** The template's `DistributionConfig`, intrinsics resolved. */
  readonly config: unknown;
}

/** The template's own policies (by id) and functions (by ARN). */
export interface DistributionParts {
  /** Each a `CachePolicyConfig`. */
  readonly cachePolicies: ReadonlyMap<string, unknown>;
  /** Each a `ResponseHeadersPolicyConfig`. */
  readonly responseHeadersPolicies: ReadonlyMap<string, unknown>;
  /** Each the `Properties` of an `AWS::CloudFront::Function`. */
  readonly functions: ReadonlyMap<string, unknown>;
}

export interface Origin {
  readonly id: string;
  readonly domainName: string;
  readonly path: string;
  readonly customHeaders: Headers;
  readonly readTimeoutMs: number;
  readonly signedAs?: string;
}

export interface Behaviour {
  readonly matches: (path: string) => boolean;
  readonly origin: Origin;
  readonly allowedMethods: ReadonlySet<string>;
  readonly cachedMethods: ReadonlySet<string>;
  readonly compress: boolean;
  readonly cachePolicy: CachePolicy;
  readonly originRequestPolicy?: OriginRequestPolicy;
  readonly responseHeadersPolicy?: ResponseHeadersPolicy;
  readonly viewerRequest?: EdgeFunction;
}

export interface ErrorRule {
  readonly ttlSeconds?: number;
  readonly page?: { readonly path: string; readonly status: number };
}

export interface Distribution {
  readonly id: string;
  readonly arn: string;
  readonly domainName: string;
  readonly config: DistributionConfig;
  readonly defaultRootObject: string;
  /** In order of precedence, the default behaviour last. */
  readonly behaviours: readonly Behaviour[];
  readonly errorRules: ReadonlyMap<number, ErrorRule>;
}

/** CloudFront waits 30 s for an origin unless `OriginReadTimeout` says otherwise. */
const DEFAULT_READ_TIMEOUT_SECONDS = 30;

/** @throws Error naming the property, policy or function that is missing or not emulated */
export function openDistribution(resource: DistributionResource, parts: DistributionParts): Distribution {
  const config = parseDistributionConfig(resource.id, resource.config);
  const arn = `arn:aws:cloudfront::${LOCAL_ACCOUNT}:distribution/${resource.id}`;
  const origins = new Map(config.Origins.map(origin => [origin.Id, openOrigin(origin, arn)]));
  const open = (behaviour: BehaviourConfig, pattern: string) =>
    openBehaviour(behaviour, pattern, origins, parts);
  return {
    id: resource.id,
    arn,
    domainName: resource.domainName,
    config,
    defaultRootObject: config.DefaultRootObject,
    behaviours: [
      ...config.CacheBehaviors.map(behaviour => open(behaviour, behaviour.PathPattern)),
      open(config.DefaultCacheBehavior, '*'),
    ],
    errorRules: new Map(
      config.CustomErrorResponses.map(rule => [
        rule.ErrorCode,
        {
          ...(rule.ErrorCachingMinTTL === undefined ? {} : { ttlSeconds: rule.ErrorCachingMinTTL }),
          ...(rule.ResponsePagePath === undefined
            ? {}
            : { page: { path: rule.ResponsePagePath, status: rule.ResponseCode ?? rule.ErrorCode } }),
        },
      ]),
    ),
  };
}

function openOrigin(origin: OriginConfig, distributionArn: string): Origin {
  const identity = origin.S3OriginConfig?.OriginAccessIdentity ?? '';
  const signedAs = origin.OriginAccessControlId === '' ? identity : distributionArn;
  const settings = origin.CustomOriginConfig ?? origin.S3OriginConfig;
  return {
    id: origin.Id,
    domainName: origin.DomainName,
    path: origin.OriginPath,
    customHeaders: Object.fromEntries(
      origin.OriginCustomHeaders.map(header => [header.HeaderName.toLowerCase(), header.HeaderValue]),
    ),
    readTimeoutMs: (settings?.OriginReadTimeout ?? DEFAULT_READ_TIMEOUT_SECONDS) * 1000,
    ...(signedAs === '' ? {} : { signedAs }),
  };
}

function openBehaviour(
  config: BehaviourConfig,
  pattern: string,
  origins: ReadonlyMap<string, Origin>,
  parts: DistributionParts,
): Behaviour {
  const origin = origins.get(config.TargetOriginId);
  if (origin === undefined)
    throw new Error(`Behaviour ${pattern}: there is no origin ${config.TargetOriginId}`);
  const originRequestPolicy = managedOriginRequestPolicy(config.OriginRequestPolicyId);
  const responseHeadersPolicy = find(
    'ResponseHeadersPolicy',
    config.ResponseHeadersPolicyId,
    parts.responseHeadersPolicies,
    (name, value) => parseResource(responseHeadersPolicySchema, name, value),
  );
  const cachePolicy =
    MANAGED_CACHE_POLICIES.get(config.CachePolicyId) ??
    find('CachePolicy', config.CachePolicyId, parts.cachePolicies, (name, value) =>
      parseResource(cachePolicySchema, name, value),
    );
  const viewerRequest = find(
    'Function',
    config.FunctionAssociations[0]?.FunctionARN,
    parts.functions,
    createEdgeFunction,
  );
  if (cachePolicy === undefined) throw new Error(`Behaviour ${pattern}: CachePolicyId is empty`);
  return {
    matches: pathPatternMatcher(pattern),
    origin,
    allowedMethods: new Set(config.AllowedMethods),
    cachedMethods: new Set(config.CachedMethods),
    compress: config.Compress,
    cachePolicy,
    ...(originRequestPolicy === undefined ? {} : { originRequestPolicy }),
    ...(responseHeadersPolicy === undefined ? {} : { responseHeadersPolicy }),
    ...(viewerRequest === undefined ? {} : { viewerRequest }),
  };
}

/** A template's own origin request policies are not emulated. */
function managedOriginRequestPolicy(id = ''): OriginRequestPolicy | undefined {
  if (id === '') return undefined;
  const managed = MANAGED_ORIGIN_REQUEST_POLICIES.get(id);
  if (managed === undefined) throw new Error(`OriginRequestPolicy ${id} is not an emulated managed policy`);
  return managed;
}

/** A policy or function of the template. */
function find<T>(
  type: string,
  id: string | undefined,
  own: ReadonlyMap<string, unknown>,
  parse: (name: string, value: unknown) => T,
): T | undefined {
  if (id === undefined || id === '') return undefined;
  const name = `AWS::CloudFront::${type} ${id}`;
  if (!own.has(id)) throw new Error(`${name} is neither in the template nor an emulated managed policy`);
  return parse(name, own.get(id));
}

/**
 * `*` is any number of characters, `?` exactly one; a leading slash is optional; case counts. Paths
 * are compared in their normalised form.
 */
export function pathPatternMatcher(pattern: string): (path: string) => boolean {
  const rooted = pattern.startsWith('/') || pattern.startsWith('*') ? pattern : `/${pattern}`;
  const source = rooted
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${source}$`, 's');
  return path => expression.test(normalisedPath(path));
}
