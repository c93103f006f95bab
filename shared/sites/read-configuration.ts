import { createHash } from 'node:crypto';
import { isServedHeader } from '../refresh/served.ts';
import {
  type BehaviourConfig,
  behavioursIn,
  type CachePolicyConfig,
  type DistributionConfig,
  type ErrorResponseConfig,
  type OriginGroupConfig,
  type ResponseHeadersPolicyConfig,
} from './configuration.ts';
import {
  type Behaviour,
  type Caching,
  DEFAULT_ERROR_TTL_SECONDS,
  type ErrorResponse,
} from './description.ts';
import type { FoundBehaviour, FoundDistribution } from './found-distribution.ts';

/** Where nothing is said (API reference, CachePolicyConfig and CacheBehavior). */
const DEFAULT_TTL_SECONDS = 86_400;
const MAX_TTL_SECONDS = 31_536_000;

/** What a configuration names, by id and ARN. */
export interface ConfigurationParts {
  readonly cachePolicies: ReadonlyMap<string, CachePolicyConfig>;
  readonly responseHeadersPolicies: ReadonlyMap<string, ResponseHeadersPolicyConfig>;
  /** Of CloudFront functions: another one for other code that viewers meet. */
  readonly functionVersions: ReadonlyMap<string, string>;
}

/** A distribution as its configuration describes it, with what that names. */
export function readConfiguration(
  domainName: string,
  config: DistributionConfig,
  parts: ConfigurationParts,
): FoundDistribution {
  const tagHeader = config.CacheTagConfig?.HeaderName;
  return {
    domainName,
    aliases: config.Aliases.Items,
    isMultiTenant: config.ConnectionMode === 'tenant-only',
    rootObject: config.DefaultRootObject,
    origins: config.Origins.Items.map(({ Id, DomainName, OriginPath }) => ({
      ids: [Id, ...groupsWith(Id, config.OriginGroups.Items)],
      domainName: DomainName,
      path: OriginPath,
    })),
    behaviours: behavioursIn(config).map(behaviour => readBehaviour(behaviour, parts)),
    errorResponses: config.CustomErrorResponses.Items.map(readErrorResponse).sort(
      (a, b) => a.errorCode - b.errorCode,
    ),
    ...(tagHeader === undefined ? {} : { cacheTagHeader: tagHeader }),
  };
}

/** The origin groups that an origin is a member of: a behaviour names an origin or a group. */
function groupsWith(originId: string, groups: readonly OriginGroupConfig[]): string[] {
  return groups
    .filter(({ Members }) => Members.Items.some(member => member.OriginId === originId))
    .map(({ Id }) => Id);
}

function readErrorResponse({
  ErrorCode,
  ResponseCode,
  ResponsePagePath,
  ErrorCachingMinTTL = DEFAULT_ERROR_TTL_SECONDS,
}: ErrorResponseConfig): ErrorResponse {
  return {
    errorCode: ErrorCode,
    responseCode: ResponseCode === '' ? ErrorCode : Number(ResponseCode),
    pagePath: ResponsePagePath,
    minTtlSeconds: ErrorCachingMinTTL,
  };
}

function readBehaviour(behaviour: BehaviourConfig, parts: ConfigurationParts): FoundBehaviour {
  const cachePolicy = parts.cachePolicies.get(behaviour.CachePolicyId);
  const headersPolicy = parts.responseHeadersPolicies.get(behaviour.ResponseHeadersPolicyId);
  return {
    pathPattern: behaviour.PathPattern,
    originId: behaviour.TargetOriginId,
    caching:
      cachePolicy === undefined
        ? { ...ttlsOf(behaviour), queryStrings: behaviour.ForwardedValues?.QueryString ?? false }
        : { ...ttlsOf(cachePolicy), queryStrings: keepsQueryStrings(cachePolicy) },
    responseHeaders: responseHeadersOf(headersPolicy),
    functions: functionsOf(behaviour, parts.functionVersions),
    isSigned: (behaviour.TrustedKeyGroups?.Enabled || behaviour.TrustedSigners?.Enabled) ?? false,
    fingerprint: fingerprintOf(behaviour, cachePolicy, headersPolicy),
  };
}

/** Of a cache policy, or of the settings that came before cache policies. */
function ttlsOf({
  MinTTL = 0,
  DefaultTTL = DEFAULT_TTL_SECONDS,
  MaxTTL = MAX_TTL_SECONDS,
}: Pick<BehaviourConfig, 'MinTTL' | 'DefaultTTL' | 'MaxTTL'>): Omit<Caching, 'queryStrings'> {
  return { minTtlSeconds: MinTTL, defaultTtlSeconds: DefaultTTL, maxTtlSeconds: MaxTTL };
}

function keepsQueryStrings({ ParametersInCacheKeyAndForwardedToOrigin: key }: CachePolicyConfig): boolean {
  return key?.QueryStringsConfig?.QueryStringBehavior !== 'none';
}

function responseHeadersOf(policy: ResponseHeadersPolicyConfig | undefined): Behaviour['responseHeaders'] {
  const set = (policy?.CustomHeadersConfig?.Items ?? []).map(({ Header, Value, Override }) => ({
    name: Header.toLowerCase(),
    value: Value,
    override: Override,
  }));
  const removed = (policy?.RemoveHeadersConfig?.Items ?? []).map(({ Header }) => Header.toLowerCase());
  return { set: set.filter(({ name }) => isServedHeader(name)), removed: removed.filter(isServedHeader) };
}

function functionsOf(
  { FunctionAssociations, LambdaFunctionAssociations }: BehaviourConfig,
  versions: ReadonlyMap<string, string>,
): Behaviour['functions'] {
  return [
    ...FunctionAssociations.Items.map(({ FunctionARN: arn, EventType: event }) => ({
      arn,
      event,
      version: versions.get(arn) ?? '',
    })),
    ...LambdaFunctionAssociations.Items.map(({ LambdaFunctionARN: arn, EventType: event }) => ({
      arn,
      event,
      version: '',
    })),
  ];
}

/** Whatever decides what viewers get and is not described by itself; no names and no comments. */
function fingerprintOf(
  { Compress, ForwardedValues, OriginRequestPolicyId }: BehaviourConfig,
  cachePolicy: CachePolicyConfig | undefined,
  headersPolicy: ResponseHeadersPolicyConfig | undefined,
): string {
  const { ParametersInCacheKeyAndForwardedToOrigin: cacheKey } = cachePolicy ?? {};
  const { Name: _name, Comment: _comment, ...headers } = headersPolicy ?? {};
  const decisive = { Compress, ForwardedValues, OriginRequestPolicyId, cacheKey, headers };
  return createHash('sha256')
    .update(JSON.stringify(sorted(decisive)))
    .digest('base64url')
    .slice(0, 16);
}

/** The same JSON whatever the order of members and of lists, which CloudFront does not promise. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(
    members.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, sorted(member)]),
  );
}
