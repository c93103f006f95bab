import { createHash } from 'node:crypto';
import {
  type CacheBehavior,
  type CachePolicyConfig,
  type CloudFrontClient,
  DescribeFunctionCommand,
  GetCachePolicyCommand,
  GetResponseHeadersPolicyCommand,
  type ResponseHeadersPolicyConfig,
} from '@aws-sdk/client-cloudfront';
import { isServedHeader } from '../refresh/served.ts';
import type { Behaviour, Caching } from '../sites/description.ts';
import type { FoundBehaviour } from '../sites/found-distribution.ts';

type Configured = Omit<CacheBehavior, 'PathPattern'> & Pick<Partial<CacheBehavior>, 'PathPattern'>;

/** Where nothing is said (API reference, CachePolicyConfig and CacheBehavior). */
const DEFAULT_TTL_SECONDS = 86_400;
const MAX_TTL_SECONDS = 31_536_000;

/**
 * Reads behaviours with their policies and functions. Each policy is asked for once, however many
 * behaviours have it.
 */
export function behaviourReader(client: CloudFrontClient) {
  const cachePolicyOf = once(async (Id: string) => {
    const { CachePolicy } = await client.send(new GetCachePolicyCommand({ Id }));
    return CachePolicy?.CachePolicyConfig;
  });
  const headersPolicyOf = once(async (Id: string) => {
    const { ResponseHeadersPolicy } = await client.send(new GetResponseHeadersPolicyCommand({ Id }));
    return ResponseHeadersPolicy?.ResponseHeadersPolicyConfig;
  });
  /** The ETag of the code that viewers meet. */
  const versionOf = once(async (arn: string) => {
    const Name = arn.slice(arn.indexOf('function/') + 'function/'.length);
    return (await client.send(new DescribeFunctionCommand({ Name, Stage: 'LIVE' }))).ETag ?? '';
  });

  return async (behaviour: Configured): Promise<FoundBehaviour> => {
    const [cachePolicy, headersPolicy, functions] = await Promise.all([
      ifNamed(behaviour.CachePolicyId, cachePolicyOf),
      ifNamed(behaviour.ResponseHeadersPolicyId, headersPolicyOf),
      functionsOf(behaviour, versionOf),
    ]);
    return {
      pathPattern: behaviour.PathPattern ?? '*',
      originId: behaviour.TargetOriginId ?? '',
      caching:
        cachePolicy === undefined
          ? { ...ttlsOf(behaviour), queryStrings: behaviour.ForwardedValues?.QueryString ?? false }
          : { ...ttlsOf(cachePolicy), queryStrings: keepsQueryStrings(cachePolicy) },
      responseHeaders: responseHeadersOf(headersPolicy),
      functions,
      isSigned: (behaviour.TrustedKeyGroups?.Enabled || behaviour.TrustedSigners?.Enabled) ?? false,
      fingerprint: fingerprintOf(behaviour, cachePolicy, headersPolicy),
    };
  };
}

async function ifNamed<T>(id: string | undefined, read: (id: string) => Promise<T>): Promise<T | undefined> {
  return id === undefined || id === '' ? undefined : read(id);
}

/** Calls a function once for each argument. */
function once<T>(read: (id: string) => Promise<T>): (id: string) => Promise<T> {
  const answers = new Map<string, Promise<T>>();
  return id => {
    const answer = answers.get(id) ?? read(id);
    answers.set(id, answer);
    return answer;
  };
}

/** Of a cache policy, or of the settings that came before cache policies. */
function ttlsOf({
  MinTTL = 0,
  DefaultTTL = DEFAULT_TTL_SECONDS,
  MaxTTL = MAX_TTL_SECONDS,
}: Pick<CachePolicyConfig, 'DefaultTTL' | 'MaxTTL'> & {
  readonly MinTTL?: number | undefined;
}): Omit<Caching, 'queryStrings'> {
  return { minTtlSeconds: MinTTL, defaultTtlSeconds: DefaultTTL, maxTtlSeconds: MaxTTL };
}

function keepsQueryStrings({ ParametersInCacheKeyAndForwardedToOrigin: key }: CachePolicyConfig): boolean {
  return key?.QueryStringsConfig?.QueryStringBehavior !== 'none';
}

function responseHeadersOf(policy: ResponseHeadersPolicyConfig | undefined): Behaviour['responseHeaders'] {
  const set = (policy?.CustomHeadersConfig?.Items ?? []).map(
    ({ Header = '', Value: value = '', Override: override = false }) => ({
      name: Header.toLowerCase(),
      value,
      override,
    }),
  );
  const removed = (policy?.RemoveHeadersConfig?.Items ?? []).flatMap(
    ({ Header }) => Header?.toLowerCase() ?? [],
  );
  return { set: set.filter(({ name }) => isServedHeader(name)), removed: removed.filter(isServedHeader) };
}

async function functionsOf(
  { FunctionAssociations, LambdaFunctionAssociations }: Configured,
  versionOf: (arn: string) => Promise<string>,
): Promise<Behaviour['functions']> {
  const ofCloudFront = (FunctionAssociations?.Items ?? []).map(
    async ({ FunctionARN: arn = '', EventType: event = 'viewer-request' }) => ({
      arn,
      event,
      version: await versionOf(arn),
    }),
  );
  const ofLambda = (LambdaFunctionAssociations?.Items ?? []).map(
    ({ LambdaFunctionARN: arn = '', EventType: event = 'origin-request' }) => ({ arn, event, version: '' }),
  );
  return [...(await Promise.all(ofCloudFront)), ...ofLambda];
}

/** Whatever decides what viewers get and is not described by itself; no names and no comments. */
function fingerprintOf(
  { Compress, ForwardedValues, OriginRequestPolicyId }: Configured,
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
