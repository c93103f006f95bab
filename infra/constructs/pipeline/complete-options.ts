import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { USUALLY_IGNORED_METADATA } from '../../../shared/refresh/ignored-metadata.ts';
import type { AutoInvalidationProps, RefreshOptions } from './auto-invalidation-props.ts';
import { NUMBERS } from './numbers.ts';

/** Without such a limit, what it limits is not limited. */
type Limits = 'maxPathsPerMonth' | 'maxNeedlessPurges';

/** Options with their defaults. */
export interface CompleteOptions
  extends Required<Omit<RefreshOptions, Limits>>,
    Readonly<Record<Limits, number | undefined>> {}

/**
 * A whole processor, in MB of memory: planning for a site of millions of objects reads two thousand
 * pages of keys.
 */
export const PLANNING_MEMORY = 1769;

/**
 * What arrives is soon garbage: with room for young objects as V8 chooses it, planning takes twice
 * the memory, and more processor time. The bench `size` shows both.
 */
export const PLANNING_NODE_OPTIONS = '--max-semi-space-size=4';

export const DEFAULTS = {
  keyPrefixes: [],
  excludedKeys: [],
  events: 'notifications',
  ignoredMetadata: USUALLY_IGNORED_METADATA,
  quietPeriod: Duration.seconds(NUMBERS.quietSeconds.default),
  maxLooks: NUMBERS.maxLooks.default,
  batchSize: NUMBERS.batchSize.default,
  batchWindow: Duration.seconds(NUMBERS.batchWindowSeconds.default),
  maxCollectors: NUMBERS.maxCollectors.default,
  pathPriceUsd: NUMBERS.pathPriceUsd.default,
  refetchPriceUsd: NUMBERS.refetchPriceUsd.default,
  freePathsPerMonth: NUMBERS.freePathsPerMonth.default,
  maxListRequests: NUMBERS.maxListRequests.default,
  quotaPatience: Duration.minutes(NUMBERS.quotaPatienceMinutes.default),
  watchInterval: Duration.minutes(NUMBERS.watchMinutes.default),
  memorySize: 512,
  logRetention: RetentionDays.ONE_MONTH,
  removalPolicy: RemovalPolicy.DESTROY,
} as const satisfies Omit<CompleteOptions, Limits>;

/**
 * Not a mere spread: apps without `exactOptionalPropertyTypes` may pass `undefined`, which means
 * the default as well.
 */
export function withDefaults(
  props: AutoInvalidationProps,
): CompleteOptions & { readonly planningMemorySize: number } {
  return {
    keyPrefixes: props.keyPrefixes ?? DEFAULTS.keyPrefixes,
    excludedKeys: props.excludedKeys ?? DEFAULTS.excludedKeys,
    events: props.events ?? DEFAULTS.events,
    ignoredMetadata: props.ignoredMetadata ?? DEFAULTS.ignoredMetadata,
    quietPeriod: props.quietPeriod ?? DEFAULTS.quietPeriod,
    maxLooks: props.maxLooks ?? DEFAULTS.maxLooks,
    batchSize: props.batchSize ?? DEFAULTS.batchSize,
    batchWindow: props.batchWindow ?? DEFAULTS.batchWindow,
    maxCollectors: props.maxCollectors ?? DEFAULTS.maxCollectors,
    ...planningWithDefaults(props),
    watchInterval: props.watchInterval ?? DEFAULTS.watchInterval,
    memorySize: props.memorySize ?? DEFAULTS.memorySize,
    logRetention: props.logRetention ?? DEFAULTS.logRetention,
    removalPolicy: props.removalPolicy ?? DEFAULTS.removalPolicy,
  };
}

function planningWithDefaults(props: AutoInvalidationProps) {
  return {
    pathPriceUsd: props.pathPriceUsd ?? DEFAULTS.pathPriceUsd,
    refetchPriceUsd: props.refetchPriceUsd ?? DEFAULTS.refetchPriceUsd,
    freePathsPerMonth: props.freePathsPerMonth ?? DEFAULTS.freePathsPerMonth,
    maxPathsPerMonth: props.maxPathsPerMonth,
    maxNeedlessPurges: props.maxNeedlessPurges,
    maxListRequests: props.maxListRequests ?? DEFAULTS.maxListRequests,
    quotaPatience: props.quotaPatience ?? DEFAULTS.quotaPatience,
    planningMemorySize: props.memorySize ?? PLANNING_MEMORY,
  };
}
