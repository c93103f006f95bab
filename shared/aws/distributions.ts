import {
  AccessDenied,
  CloudFrontClient,
  DescribeFunctionCommand,
  GetCachePolicyCommand,
  GetDistributionCommand,
  GetResponseHeadersPolicyCommand,
  NoSuchDistribution,
} from '@aws-sdk/client-cloudfront';
import { parsed } from '../parsed.ts';
import {
  CachePolicyConfig,
  DistributionConfig,
  type NamedParts,
  partsNamedIn,
  ResponseHeadersPolicyConfig,
} from '../sites/configuration.ts';
import type { DistributionReader } from '../sites/found-distribution.ts';
import { type ConfigurationParts, readConfiguration } from '../sites/read-configuration.ts';

/** Reads distributions, with their policies and functions. */
export function createDistributions(client = new CloudFrontClient({})): DistributionReader {
  return {
    async find(Id) {
      try {
        const { Distribution } = await client.send(new GetDistributionCommand({ Id }));
        const config = parsed(
          DistributionConfig,
          Distribution?.DistributionConfig,
          `The configuration of the distribution ${Id}`,
        );
        const parts = await readParts(partsNamedIn(config), client);
        return readConfiguration(Distribution?.DomainName ?? '', config, parts);
      } catch (error) {
        if (error instanceof NoSuchDistribution) return 'missing';
        if (error instanceof AccessDenied) return 'denied';
        throw error;
      }
    },
  };
}

/** Each is asked for once, however many behaviours have it. */
async function readParts(named: NamedParts, client: CloudFrontClient): Promise<ConfigurationParts> {
  const [cachePolicies, responseHeadersPolicies, functionVersions] = await Promise.all([
    readEach(named.cachePolicies, async Id => {
      const { CachePolicy } = await client.send(new GetCachePolicyCommand({ Id }));
      return parsed(CachePolicyConfig, CachePolicy?.CachePolicyConfig, `The cache policy ${Id}`);
    }),
    readEach(named.responseHeadersPolicies, async Id => {
      const { ResponseHeadersPolicy } = await client.send(new GetResponseHeadersPolicyCommand({ Id }));
      const config = ResponseHeadersPolicy?.ResponseHeadersPolicyConfig;
      return parsed(ResponseHeadersPolicyConfig, config, `The response headers policy ${Id}`);
    }),
    readEach(named.functions, async arn => {
      const Name = arn.slice(arn.indexOf('function/') + 'function/'.length);
      return (await client.send(new DescribeFunctionCommand({ Name, Stage: 'LIVE' }))).ETag ?? '';
    }),
  ]);
  return { cachePolicies, responseHeadersPolicies, functionVersions };
}

async function readEach<Part>(
  ids: readonly string[],
  read: (id: string) => Promise<Part>,
): Promise<Map<string, Part>> {
  return new Map(await Promise.all(ids.map(async id => [id, await read(id)] as const)));
}
