import {
  AccessDenied,
  CloudFrontClient,
  DescribeFunctionCommand,
  GetCachePolicyCommand,
  GetResponseHeadersPolicyCommand,
  NoSuchDistribution,
} from '@aws-sdk/client-cloudfront';
import { describe, expect, it, vi } from 'vitest';
import { createDistributions } from '../../../shared/aws/distributions.ts';

const FUNCTION = 'arn:aws:cloudfront::111122223333:function/rewrite';
const LAMBDA = 'arn:aws:lambda:us-east-1:111122223333:function:pages:3';

const CONFIG = {
  DefaultRootObject: 'home.html',
  Origins: {
    Items: [{ Id: 'bucket', DomainName: 'site.s3.amazonaws.com', OriginPath: '/app' }, { Id: 'api' }],
  },
  OriginGroups: {
    Items: [{ Id: 'both', Members: { Items: [{ OriginId: 'bucket' }, { OriginId: 'spare' }] } }],
  },
  DefaultCacheBehavior: {
    TargetOriginId: 'both',
    CachePolicyId: 'P1',
    ResponseHeadersPolicyId: 'H1',
    FunctionAssociations: { Items: [{ FunctionARN: FUNCTION, EventType: 'viewer-request' }] },
  },
  CacheBehaviors: {
    Items: [
      {
        PathPattern: '/old/*',
        TargetOriginId: 'bucket',
        ForwardedValues: { QueryString: true },
        MinTTL: 60,
        TrustedKeyGroups: { Enabled: true },
        LambdaFunctionAssociations: { Items: [{ LambdaFunctionARN: LAMBDA, EventType: 'origin-request' }] },
      },
    ],
  },
  CustomErrorResponses: { Items: [{ ErrorCode: 404, ResponseCode: '200', ResponsePagePath: '/home.html' }] },
};
const POLICY = {
  MinTTL: 1,
  DefaultTTL: 86_400,
  MaxTTL: 31_536_000,
  ParametersInCacheKeyAndForwardedToOrigin: { QueryStringsConfig: { QueryStringBehavior: 'none' } },
};
const HEADERS = {
  CustomHeadersConfig: {
    Items: [
      { Header: 'Cache-Control', Value: 'max-age=60', Override: true },
      { Header: 'X-Robots-Tag', Value: 'noindex', Override: true },
    ],
  },
  RemoveHeadersConfig: { Items: [{ Header: 'ETag' }, { Header: 'Server' }] },
};

/** Answers like CloudFront, and counts the requests by their kind. */
function clientOf(config: object = CONFIG) {
  const client = new CloudFrontClient({ region: 'us-east-1' });
  const answers = (command: unknown) => {
    if (command instanceof GetCachePolicyCommand) return { CachePolicy: { CachePolicyConfig: POLICY } };
    if (command instanceof GetResponseHeadersPolicyCommand)
      return { ResponseHeadersPolicy: { ResponseHeadersPolicyConfig: HEADERS } };
    if (command instanceof DescribeFunctionCommand) return { ETag: 'ETAG1' };
    return { Distribution: { DomainName: 'd1.cloudfront.net', DistributionConfig: config } };
  };
  const send = vi.spyOn(client, 'send').mockImplementation(command => Promise.resolve(answers(command)));
  return { client, send };
}

it('A distribution is read with its policies and functions, or the older settings, of each behaviour', async () => {
  expect(await createDistributions(clientOf().client).find('E1')).toEqual({
    domainName: 'd1.cloudfront.net',
    aliases: [],
    isMultiTenant: false,
    rootObject: 'home.html',
    origins: [
      { ids: ['bucket', 'both'], domainName: 'site.s3.amazonaws.com', path: '/app' },
      { ids: ['api'], domainName: '', path: '' },
    ],
    behaviours: [
      {
        pathPattern: '/old/*',
        originId: 'bucket',
        caching: {
          queryStrings: true,
          minTtlSeconds: 60,
          defaultTtlSeconds: 86_400,
          maxTtlSeconds: 31_536_000,
        },
        responseHeaders: { set: [], removed: [] },
        functions: [{ arn: LAMBDA, event: 'origin-request', version: '' }],
        isSigned: true,
        fingerprint: expect.any(String),
      },
      {
        pathPattern: '*',
        originId: 'both',
        caching: {
          queryStrings: false,
          minTtlSeconds: 1,
          defaultTtlSeconds: 86_400,
          maxTtlSeconds: 31_536_000,
        },
        responseHeaders: {
          set: [{ name: 'cache-control', value: 'max-age=60', override: true }],
          removed: ['etag'],
        },
        functions: [{ arn: FUNCTION, event: 'viewer-request', version: 'ETAG1' }],
        isSigned: false,
        fingerprint: expect.any(String),
      },
    ],
    errorResponses: [{ errorCode: 404, responseCode: 200, pagePath: '/home.html', minTtlSeconds: 10 }],
  });
});

it('A policy is asked for once, however many behaviours have it', async () => {
  const behaviour = { TargetOriginId: 'bucket', CachePolicyId: 'P1' };
  const Items = ['/a/*', '/b/*'].map(PathPattern => ({ ...behaviour, PathPattern }));
  const { client, send } = clientOf({ DefaultCacheBehavior: behaviour, CacheBehaviors: { Items } });
  await createDistributions(client).find('E1');
  expect(send).toHaveBeenCalledTimes(2);
});

it('A distribution for tenants is told apart', async () => {
  const { client } = clientOf({ ConnectionMode: 'tenant-only', DefaultCacheBehavior: {} });
  expect(await createDistributions(client).find('E1')).toMatchObject({ isMultiTenant: true });
});

describe("A behaviour's fingerprint", () => {
  const fingerprintOf = async (behaviour: object) => {
    const { client } = clientOf({ DefaultCacheBehavior: { CachePolicyId: 'P1', ...behaviour } });
    const found = await createDistributions(client).find('E1');
    return typeof found === 'string' ? found : found.behaviours[0]?.fingerprint;
  };

  it.each([
    ['compresses', { Compress: true }],
    ['has a response headers policy', { ResponseHeadersPolicyId: 'H1' }],
    ['forwards something else to the origin', { OriginRequestPolicyId: 'R1' }],
  ])('is another one if it %s', async (_, behaviour) => {
    expect(await fingerprintOf(behaviour)).not.toBe(await fingerprintOf({}));
  });

  it.each([
    ['redirects to HTTPS', { ViewerProtocolPolicy: 'redirect-to-https' }],
    ['logs', { RealtimeLogConfigArn: 'arn' }],
  ])('stays the same if it %s', async (_, behaviour) => {
    expect(await fingerprintOf(behaviour)).toBe(await fingerprintOf({}));
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
