import { type IResolvable, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Distribution } from '../../../shared/refresh/distribution.ts';
import type { SiteDistribution } from './auto-invalidation-props.ts';

/**
 * Distributions as JSON for a function's environment. Only the deployment knows their ids and
 * domains.
 */
export function describedFor(user: IConstruct, distributions: readonly SiteDistribution[]): string {
  return Stack.of(user).toJsonString(distributions.map(described));
}

/** A single one, as JSON. */
export function describedAlone(user: IConstruct, distribution: SiteDistribution): string {
  return Stack.of(user).toJsonString(described(distribution));
}

function described({
  distribution,
  ...site
}: SiteDistribution): Partial<Record<keyof Distribution, unknown>> {
  return {
    id: distribution.distributionId,
    url: site.url ?? `https://${distribution.distributionDomainName}`,
    urls: {
      originPath: site.originPath ?? '',
      extensionless: site.extensionlessUrls ?? false,
      rootObject: site.rootObject ?? 'index.html',
      cachesQueryStrings: flag(site.cachesQueryStrings ?? false),
    },
    honoursNoStore: flag(site.honoursNoStore ?? true),
    errorPages: [...(site.errorPages ?? [])],
  };
}

/**
 * CloudFormation serialises a boolean that it found out as a string, so every boolean here is one.
 */
function flag(value: boolean | IResolvable): string | IResolvable {
  return typeof value === 'boolean' ? String(value) : value;
}
