import * as z from 'zod/mini';

/*
 * A distribution's configuration, its policies and their members as CloudFront's API names them:
 * what the SDK returns and what the AWS CLI prints. Only members that decide what viewers get are
 * read.
 */

/** One of the API's lists. An empty one has no `Items`. */
const listOf = <Item extends z.core.$ZodType>(item: Item) =>
  z._default(z.object({ Items: z._default(z.array(item), []) }), { Items: [] });

const Text = z._default(z.string(), '');
const Switch = z.optional(z.object({ Enabled: z.optional(z.boolean()) }));

const FunctionEvent = z.enum(['viewer-request', 'viewer-response', 'origin-request', 'origin-response']);

export const BehaviourConfig = z.object({
  PathPattern: z._default(z.string(), '*'),
  TargetOriginId: Text,
  CachePolicyId: Text,
  ResponseHeadersPolicyId: Text,
  OriginRequestPolicyId: z.optional(z.string()),
  Compress: z.optional(z.boolean()),
  /** What came before cache policies, with TTLs of the behaviour's own. */
  ForwardedValues: z.optional(z.looseObject({ QueryString: z.optional(z.boolean()) })),
  MinTTL: z.optional(z.number()),
  DefaultTTL: z.optional(z.number()),
  MaxTTL: z.optional(z.number()),
  TrustedKeyGroups: Switch,
  TrustedSigners: Switch,
  FunctionAssociations: listOf(z.object({ FunctionARN: z.string(), EventType: FunctionEvent })),
  LambdaFunctionAssociations: listOf(z.object({ LambdaFunctionARN: z.string(), EventType: FunctionEvent })),
});
export type BehaviourConfig = z.infer<typeof BehaviourConfig>;

export const OriginConfig = z.object({ Id: z.string(), DomainName: Text, OriginPath: Text });

export const OriginGroupConfig = z.object({
  Id: Text,
  Members: listOf(z.object({ OriginId: z.string() })),
});
export type OriginGroupConfig = z.infer<typeof OriginGroupConfig>;

export const ErrorResponseConfig = z.object({
  ErrorCode: z.number(),
  ResponseCode: Text,
  ResponsePagePath: Text,
  ErrorCachingMinTTL: z.optional(z.number()),
});
export type ErrorResponseConfig = z.infer<typeof ErrorResponseConfig>;

export const DistributionConfig = z.object({
  Aliases: listOf(z.string()),
  ConnectionMode: z.optional(z.string()),
  DefaultRootObject: Text,
  Origins: listOf(OriginConfig),
  OriginGroups: listOf(OriginGroupConfig),
  DefaultCacheBehavior: BehaviourConfig,
  CacheBehaviors: listOf(BehaviourConfig),
  CustomErrorResponses: listOf(ErrorResponseConfig),
  /** The header that names an object's cache tags. */
  CacheTagConfig: z.optional(z.object({ HeaderName: z.optional(z.string()) })),
});
export type DistributionConfig = z.infer<typeof DistributionConfig>;

export const CachePolicyConfig = z.object({
  MinTTL: z._default(z.number(), 0),
  DefaultTTL: z.optional(z.number()),
  MaxTTL: z.optional(z.number()),
  ParametersInCacheKeyAndForwardedToOrigin: z.optional(
    z.looseObject({
      QueryStringsConfig: z.optional(z.looseObject({ QueryStringBehavior: z.optional(z.string()) })),
    }),
  ),
});
export type CachePolicyConfig = z.infer<typeof CachePolicyConfig>;

export const ResponseHeadersPolicyConfig = z.looseObject({
  CustomHeadersConfig: z.optional(
    z.looseObject({
      Items: z.optional(
        z.array(z.looseObject({ Header: Text, Value: Text, Override: z._default(z.boolean(), false) })),
      ),
    }),
  ),
  RemoveHeadersConfig: z.optional(
    z.looseObject({ Items: z.optional(z.array(z.looseObject({ Header: Text }))) }),
  ),
});
export type ResponseHeadersPolicyConfig = z.infer<typeof ResponseHeadersPolicyConfig>;

/** Every behaviour in order of precedence, the default one last. */
export function behavioursIn({
  CacheBehaviors,
  DefaultCacheBehavior,
}: DistributionConfig): BehaviourConfig[] {
  return [...CacheBehaviors.Items, DefaultCacheBehavior];
}

/** What a configuration names but does not contain. */
export interface NamedParts {
  /** Ids, each once. */
  readonly cachePolicies: readonly string[];
  readonly responseHeadersPolicies: readonly string[];
  /** ARNs of CloudFront functions, each once. */
  readonly functions: readonly string[];
}

export function partsNamedIn(config: DistributionConfig): NamedParts {
  const behaviours = behavioursIn(config);
  const named = (idsOf: (behaviour: BehaviourConfig) => string[]) =>
    [...new Set(behaviours.flatMap(idsOf))].filter(id => id !== '');
  return {
    cachePolicies: named(({ CachePolicyId }) => [CachePolicyId]),
    responseHeadersPolicies: named(({ ResponseHeadersPolicyId }) => [ResponseHeadersPolicyId]),
    functions: named(({ FunctionAssociations }) =>
      FunctionAssociations.Items.map(({ FunctionARN }) => FunctionARN),
    ),
  };
}
