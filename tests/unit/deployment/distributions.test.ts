import {
  AccessDenied,
  CloudFrontClient,
  GetCachePolicyCommand,
  NoSuchDistribution,
} from '@aws-sdk/client-cloudfront';
import { expect, it, vi } from 'vitest';
import { createDistributions } from '../../../shared/aws/distributions.ts';

const CONFIG = {
  DefaultRootObject: 'home.html',
  Origins: {
    Items: [{ Id: 'bucket', DomainName: 'site.s3.amazonaws.com', OriginPath: '/app' }, { Id: 'api' }],
  },
  OriginGroups: {
    Items: [{ Id: 'both', Members: { Items: [{ OriginId: 'bucket' }, { OriginId: 'spare' }] } }],
  },
  DefaultCacheBehavior: { TargetOriginId: 'both', CachePolicyId: 'P1' },
  CacheBehaviors: {
    Items: [{ TargetOriginId: 'bucket', ForwardedValues: { QueryString: true }, MinTTL: 60 }],
  },
  CustomErrorResponses: { Items: [{ ErrorCode: 404, ResponseCode: '200', ResponsePagePath: '/home.html' }] },
};
const POLICY = {
  MinTTL: 1,
  ParametersInCacheKeyAndForwardedToOrigin: { QueryStringsConfig: { QueryStringBehavior: 'none' } },
};

it('A distribution is described with the caching of each behaviour, from its cache policy or the older settings', async () => {
  const client = new CloudFrontClient({ region: 'us-east-1' });
  vi.spyOn(client, 'send').mockImplementation((command: unknown) =>
    Promise.resolve(
      command instanceof GetCachePolicyCommand
        ? { CachePolicy: { CachePolicyConfig: POLICY } }
        : { Distribution: { DomainName: 'd1.cloudfront.net', DistributionConfig: CONFIG } },
    ),
  );
  expect(await createDistributions(client).find('E1')).toEqual({
    domainName: 'd1.cloudfront.net',
    aliases: [],
    rootObject: 'home.html',
    origins: [
      { ids: ['bucket', 'both'], domainName: 'site.s3.amazonaws.com', path: '/app' },
      { ids: ['api'], domainName: '', path: '' },
    ],
    behaviours: [
      { originId: 'both', queryStrings: false, minTtlSeconds: 1 },
      { originId: 'bucket', queryStrings: true, minTtlSeconds: 60 },
    ],
    errorResponses: [{ errorCode: 404, responseCode: 200, pagePath: '/home.html' }],
  });
});

it.each([
  [new NoSuchDistribution({ message: 'No.', $metadata: {} }), 'missing'],
  [new AccessDenied({ message: 'No.', $metadata: {} }), 'denied'],
])('A distribution that CloudFront answers with %s is %s', async (error, found) => {
  const client = new CloudFrontClient({ region: 'us-east-1' });
  vi.spyOn(client, 'send').mockImplementation(() => Promise.reject(error));
  expect(await createDistributions(client).find('E1')).toBe(found);
});
