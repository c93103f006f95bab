import { Duration } from 'aws-cdk-lib';
import type { RefreshOptions } from './constructs/pipeline/auto-invalidation-props.ts';
import type { RefreshSettings } from './settings.ts';

/** The options of AutoInvalidation that settings name, with their units. */
export function refreshOptions(
  settings: Omit<RefreshSettings, 'mailWhen' | 'extensionlessUrls'>,
): RefreshOptions {
  return {
    quietPeriod: Duration.seconds(settings.quietSeconds),
    maxLooks: settings.maxLooks,
    batchSize: settings.batchSize,
    batchWindow: Duration.seconds(settings.batchWindowSeconds),
    maxCollectors: settings.maxCollectors,
    pathPriceUsd: settings.pathPriceUsd,
    refetchPriceUsd: settings.refetchPriceUsd,
    freePathsPerMonth: settings.freePathsPerMonth,
    maxNeedlessPurges: settings.maxNeedlessPurges,
    quotaPatience: Duration.minutes(settings.quotaPatienceMinutes),
  };
}
