import { CloudFrontClient, GetDistributionCommand, NoSuchDistribution } from '@aws-sdk/client-cloudfront';
import type { Distributions } from '../deployment/distribution-lookup.ts';

export function createDistributions(client = new CloudFrontClient({})): Distributions {
  return {
    async find(Id) {
      try {
        const { Distribution } = await client.send(new GetDistributionCommand({ Id }));
        const { Aliases, Origins, CustomErrorResponses } = Distribution?.DistributionConfig ?? {};
        return {
          domainName: Distribution?.DomainName ?? '',
          aliases: Aliases?.Items ?? [],
          origins: (Origins?.Items ?? []).map(({ DomainName = '', OriginPath = '' }) => ({
            domainName: DomainName,
            path: OriginPath,
          })),
          errorResponses: (CustomErrorResponses?.Items ?? []).map(
            ({ ErrorCode = 0, ResponseCode = '', ResponsePagePath = '' }) => ({
              errorCode: ErrorCode,
              responseCode: Number(ResponseCode),
              pagePath: ResponsePagePath,
            }),
          ),
        };
      } catch (error) {
        if (error instanceof NoSuchDistribution) return undefined;
        throw error;
      }
    },
  };
}
