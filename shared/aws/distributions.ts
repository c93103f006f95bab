import { CloudFrontClient, GetDistributionCommand, NoSuchDistribution } from '@aws-sdk/client-cloudfront';
import type { Distributions } from '../deployment/distribution-lookup.ts';

export function createDistributions(client = new CloudFrontClient({})): Distributions {
  return {
    async find(Id) {
      try {
        const { Distribution } = await client.send(new GetDistributionCommand({ Id }));
        return {
          domainName: Distribution?.DomainName ?? '',
          aliases: Distribution?.DistributionConfig?.Aliases?.Items ?? [],
          origins: (Distribution?.DistributionConfig?.Origins?.Items ?? []).map(
            ({ DomainName = '', OriginPath = '' }) => ({ domainName: DomainName, path: OriginPath }),
          ),
        };
      } catch (error) {
        if (error instanceof NoSuchDistribution) return undefined;
        throw error;
      }
    },
  };
}
