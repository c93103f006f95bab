import { capability } from '../../kernel/capability.ts';
import type { Service } from '../../kernel/service.ts';
import type { Account } from '../../template/account.ts';
import { apiOrigin } from '../apigateway/service.ts';
import { cloudFrontApi } from './api.ts';
import { createCloudFront } from './cloudfront.ts';
import type { DistributionParts, DistributionResource } from './distribution.ts';
import type { CompletionDelay } from './invalidations.ts';
import type { ViewerRequest, ViewerResponse } from './messages.ts';
import type { EdgeTraits } from './points-of-presence.ts';
import { createS3Origin } from './s3-origin.ts';
import { cloudFrontTypes } from './types.ts';

export interface CloudFrontServiceOptions extends EdgeTraits {
  readonly ports?: { readonly site?: number };
  /**
   * Real time from CreateInvalidation to `Completed`; null: never; a promise: when it resolves.
   *
   * @default 3,000 ms × timeScale
   */
  readonly invalidationDelayMs?: number | (() => CompletionDelay);
  /** Each has a cache of its own. @default one */
  readonly pointsOfPresence?: readonly string[];
}

/** A viewer's request through one point of presence. */
export const viewDistribution = capability<
  [distributionId: string, request: ViewerRequest, pop?: string],
  Promise<ViewerResponse>
>('cloudfront.viewDistribution');

interface Definitions extends DistributionParts {
  readonly distributions: readonly DistributionResource[];
}

export const cloudfront: Service<Definitions, CloudFrontServiceOptions> = {
  name: 'cloudfront',
  types: cloudFrontTypes,
  apis: { cloudfront: cloudFrontApi },
  needs: [apiOrigin],
  access: account => ({
    canonicalUsers: account
      .all('AWS::CloudFront::CloudFrontOriginAccessIdentity')
      .map(({ ref, attributes }) => [ref, attributes['S3CanonicalUserId'] ?? '']),
  }),
  parse,
  start(definitions, { options, callAws, store, journal, timeScale, use }) {
    const fetchBucket = createS3Origin(callAws);
    const fetchApi = use(apiOrigin);
    const { pointsOfPresence, invalidationDelayMs = 3000 * timeScale } = options;
    const { keepsHeadApart, blocks, survivesPurge, alters } = options;
    const cloudFront = createCloudFront({
      ...definitions,
      fetchOrigin: request => fetchApi(request) ?? fetchBucket(request),
      store,
      journal,
      invalidationDelayMs,
      keepsHeadApart,
      blocks,
      survivesPurge,
      alters,
      ...(pointsOfPresence === undefined ? {} : { pointsOfPresence }),
    });
    return {
      apis: { cloudfront: cloudFront.api },
      offers: [viewDistribution.offer(cloudFront.handleViewer)],
      serves: { 'AWS::CloudFront::Distribution': cloudFront.listener },
      notEmulated: cloudFront.notEmulated,
      stop: cloudFront.stop,
    };
  },
};

function parse(account: Account): Definitions {
  const configs = (type: string, property: string) =>
    new Map(account.all(type).map(({ ref, properties }) => [ref, properties[property]] as const));
  return {
    distributions: account.all('AWS::CloudFront::Distribution').map(({ ref, attributes, properties }) => ({
      id: ref,
      domainName: attributes['DomainName'] ?? '',
      config: properties['DistributionConfig'],
    })),
    cachePolicies: configs('AWS::CloudFront::CachePolicy', 'CachePolicyConfig'),
    responseHeadersPolicies: configs('AWS::CloudFront::ResponseHeadersPolicy', 'ResponseHeadersPolicyConfig'),
    functions: new Map(
      account.all('AWS::CloudFront::Function').map(({ ref, properties }) => [ref, properties]),
    ),
  };
}
