import {
  AwsError,
  type AwsRequest,
  type AwsResponse,
  type AwsService,
  answeringErrors,
} from '../../kernel/aws-api.ts';
import { API_VERSION, cloudFrontError, cloudFrontResponse, pageOf } from './api-responses.ts';
import type { Distribution, DistributionParts } from './distribution.ts';
import {
  cachePolicyXml,
  distributionConfigXml,
  distributionETag,
  distributionSummaryXml,
  identityXml,
  quantified,
} from './distribution-xml.ts';
import { createInvalidation, getInvalidation, listInvalidations } from './invalidation-api.ts';
import { splitQuery } from './invalidation-paths.ts';
import type { Invalidations } from './invalidations.ts';
import { functionName, functionSummary, responseHeadersPolicyXml } from './parts-xml.ts';
import type { CachePolicy } from './policies.ts';
import { readUpdate } from './update-distribution.ts';

export interface ControlPlaneOptions {
  readonly distributions: ReadonlyMap<string, Distribution>;
  readonly invalidations: Invalidations;
  /** AWS's managed ones and the template's own, by id. */
  readonly cachePolicies: ReadonlyMap<string, CachePolicy>;
  /** The template's own. */
  readonly parts: Pick<DistributionParts, 'responseHeadersPolicies' | 'functions'>;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /**
   * Gives a distribution another configuration, as the template would have it.
   *
   * @throws Error naming what is wrong or not emulated
   */
  readonly update: (distributionId: string, config: unknown) => Distribution;
}

type Operation = (request: AwsRequest, id: string, subId: string) => AwsResponse;

/** The CloudFront REST API for callers that read distributions and invalidate paths. */
export function createControlPlane(options: ControlPlaneOptions): AwsService {
  const operations = createOperations(options);
  return answeringErrors(async request => {
    const [path] = splitQuery(request.url);
    const [, version, ...segments] = path.replace(/\/$/, '').split('/');
    const shape = segments.map((segment, i) => (i % 2 === 0 ? segment : '*'));
    const operation = operations[`${request.method} ${shape.join('/')}`];
    if (version !== API_VERSION || operation === undefined)
      throw new AwsError('NotImplemented', `CloudFront ${request.method} ${path} is not emulated`, 501);
    return operation(request, segments[1] ?? '', segments[3] ?? '');
  }, cloudFrontError);
}

/** By method and path below the API version; `*` is one segment. */
function createOperations(options: ControlPlaneOptions): Readonly<Record<string, Operation>> {
  const { distributions, invalidations } = options;
  const lastModifiedTime = new Date(options.createdAt).toISOString();

  const distributionOf = (id: string): Distribution => {
    const distribution = distributions.get(id);
    if (distribution !== undefined) return distribution;
    throw noSuchDistribution();
  };

  /** One that serves tenants has none, and CloudFront denies that it is there. */
  const invalidatedAt = (id: string): string => {
    const { config } = distributionOf(id);
    if (config.ConnectionMode === 'direct') return id;
    throw noSuchDistribution();
  };

  const answerWith = (distribution: Distribution): AwsResponse => {
    const open = invalidations.list(distribution.id).filter(each => each.status === 'InProgress');
    const body = {
      ...identityXml(distribution, lastModifiedTime),
      InProgressInvalidationBatches: open.length,
      ActiveTrustedSigners: { Enabled: false, Quantity: 0 },
      ActiveTrustedKeyGroups: { Enabled: false, Quantity: 0 },
      DistributionConfig: distributionConfigXml(distribution),
    };
    return cloudFrontResponse(200, 'Distribution', body, { etag: distributionETag(distribution) });
  };

  return {
    'GET distribution': ({ url }) => {
      const { items, frame } = pageOf([...distributions.values()], url, ({ id }) => id);
      const summaries = items.map(each => distributionSummaryXml(each, lastModifiedTime));
      return cloudFrontResponse(200, 'DistributionList', {
        ...frame,
        ...quantified('DistributionSummary', summaries),
      });
    },
    'GET distribution/*': (_, id) => answerWith(distributionOf(id)),
    'PUT distribution/*/config': (request, id) =>
      answerWith(options.update(id, readUpdate(request, distributionOf(id)))),
    'GET distribution/*/config': (_, id) => {
      const distribution = distributionOf(id);
      const headers = { etag: distributionETag(distribution) };
      return cloudFrontResponse(200, 'DistributionConfig', distributionConfigXml(distribution), headers);
    },
    ...partOperations(options, lastModifiedTime),
    'POST distribution/*/invalidation': (request, id) =>
      createInvalidation(invalidations, request, invalidatedAt(id)),
    'GET distribution/*/invalidation': (request, id) =>
      listInvalidations(invalidations, request, distributionOf(id).id),
    'GET distribution/*/invalidation/*': (_, id, invalidationId) =>
      getInvalidation(invalidations, distributionOf(id).id, invalidationId),
  };
}

const noSuchDistribution = () =>
  new AwsError('NoSuchDistribution', 'The specified distribution does not exist.', 404);

/** Of the policies and functions that distributions have. */
function partOperations(
  { cachePolicies, parts }: ControlPlaneOptions,
  lastModifiedTime: string,
): Readonly<Record<string, Operation>> {
  return {
    'GET cache-policy/*': (_, id) => {
      const policy = cachePolicies.get(id);
      if (policy === undefined)
        throw new AwsError('NoSuchCachePolicy', 'The specified cache policy does not exist.', 404);
      return cloudFrontResponse(200, 'CachePolicy', cachePolicyXml(id, policy, lastModifiedTime));
    },
    'GET response-headers-policy/*': (_, id) => {
      const config = parts.responseHeadersPolicies.get(id);
      if (config === undefined)
        throw new AwsError(
          'NoSuchResponseHeadersPolicy',
          'The specified response headers policy does not exist.',
          404,
        );
      const body = responseHeadersPolicyXml(id, config, lastModifiedTime);
      return cloudFrontResponse(200, 'ResponseHeadersPolicy', body);
    },
    'GET function/*/describe': ({ url }, name) => {
      const [arn, properties] = [...parts.functions].find(([each]) => functionName(each) === name) ?? [];
      if (arn === undefined || !url.includes('Stage=LIVE'))
        throw new AwsError('NoSuchFunctionExists', 'The specified function does not exist.', 404);
      const { etag, xml } = functionSummary(arn, properties, lastModifiedTime);
      return cloudFrontResponse(200, 'FunctionSummary', xml, { etag });
    },
  };
}
