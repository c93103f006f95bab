import { randomUUID } from 'node:crypto';
import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import { AwsError, type AwsRequest, type AwsResponse, type AwsService } from '../../kernel/aws-api.ts';
import type { Distribution } from './distribution.ts';
import {
  cachePolicyXml,
  distributionConfigXml,
  distributionETag,
  distributionSummaryXml,
  identityXml,
  quantified,
} from './distribution-xml.ts';
import { splitQuery } from './invalidation-paths.ts';
import type { Invalidation, Invalidations } from './invalidations.ts';
import type { CachePolicy } from './policies.ts';

const API_VERSION = '2020-05-31';
const NAMESPACE = `http://cloudfront.amazonaws.com/doc/${API_VERSION}/`;
const DEFAULT_MAX_ITEMS = 100;

export interface ControlPlaneOptions {
  readonly distributions: ReadonlyMap<string, Distribution>;
  readonly invalidations: Invalidations;
  /** AWS's managed ones and the template's own, by id. */
  readonly cachePolicies: ReadonlyMap<string, CachePolicy>;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** The CloudFront REST API, as far as a caller needs it who reads distributions and invalidates paths. */
export function createControlPlane({
  distributions,
  invalidations,
  cachePolicies,
  createdAt,
}: ControlPlaneOptions): AwsService {
  const lastModifiedTime = new Date(createdAt).toISOString();

  const distributionOf = (id: string): Distribution => {
    const distribution = distributions.get(id);
    if (distribution !== undefined) return distribution;
    throw new AwsError('NoSuchDistribution', 'The specified distribution does not exist.', 404);
  };

  /** Operations by method and path below the API version; `*` is one segment. */
  const operations: Readonly<
    Record<string, (request: AwsRequest, id: string, subId: string) => AwsResponse>
  > = {
    'GET distribution': request => {
      const page = pageOf([...distributions.values()], request.url, distribution => distribution.id);
      const summaries = page.items.map(distribution =>
        distributionSummaryXml(distribution, lastModifiedTime),
      );
      return xml(200, 'DistributionList', {
        ...page.frame,
        ...quantified('DistributionSummary', summaries),
      });
    },
    'GET distribution/*': (_, id) => {
      const distribution = distributionOf(id);
      const open = invalidations.list(id).filter(each => each.status === 'InProgress');
      const body = {
        ...identityXml(distribution, lastModifiedTime),
        InProgressInvalidationBatches: open.length,
        ActiveTrustedSigners: { Enabled: false, Quantity: 0 },
        ActiveTrustedKeyGroups: { Enabled: false, Quantity: 0 },
        DistributionConfig: distributionConfigXml(distribution),
      };
      return xml(200, 'Distribution', body, { etag: distributionETag(distribution) });
    },
    'GET distribution/*/config': (_, id) => {
      const distribution = distributionOf(id);
      const headers = { etag: distributionETag(distribution) };
      return xml(200, 'DistributionConfig', distributionConfigXml(distribution), headers);
    },
    'GET cache-policy/*': (_, id) => {
      const policy = cachePolicies.get(id);
      if (policy === undefined) {
        throw new AwsError('NoSuchCachePolicy', 'The specified cache policy does not exist.', 404);
      }
      return xml(200, 'CachePolicy', cachePolicyXml(id, policy, lastModifiedTime));
    },
    'POST distribution/*/invalidation': (request, id) => {
      distributionOf(id);
      const batch = parseBatch(request.body.toString('utf8'));
      const invalidation = invalidations.create(id, batch.callerReference, batch.paths);
      const location = `https://cloudfront.amazonaws.com/${API_VERSION}/distribution/${id}/invalidation/${invalidation.id}`;
      return xml(201, 'Invalidation', invalidationXml(invalidation), { location });
    },
    'GET distribution/*/invalidation': (request, id) => {
      distributionOf(id);
      const page = pageOf(invalidations.list(id), request.url, invalidation => invalidation.id);
      const summaries = page.items.map(({ id: Id, createdAt: at, status: Status }) => ({
        Id,
        CreateTime: new Date(at).toISOString(),
        Status,
      }));
      return xml(200, 'InvalidationList', { ...page.frame, ...quantified('InvalidationSummary', summaries) });
    },
    'GET distribution/*/invalidation/*': (_, id, invalidationId) => {
      distributionOf(id);
      const invalidation = invalidations.get(id, invalidationId);
      if (invalidation === undefined) {
        throw new AwsError('NoSuchInvalidation', 'The specified invalidation does not exist.', 404);
      }
      return xml(200, 'Invalidation', invalidationXml(invalidation));
    },
  };

  return request => {
    try {
      const [path] = splitQuery(request.url);
      const [, version, ...segments] = path.replace(/\/$/, '').split('/');
      const shape = segments.map((segment, i) => (i % 2 === 0 ? segment : '*'));
      const operation = operations[`${request.method} ${shape.join('/')}`];
      if (version !== API_VERSION || operation === undefined) {
        throw new AwsError('NotImplemented', `CloudFront ${request.method} ${path} is not emulated`, 501);
      }
      return Promise.resolve(operation(request, segments[1] ?? '', segments[3] ?? ''));
    } catch (error) {
      return error instanceof AwsError ? Promise.resolve(errorXml(error)) : Promise.reject(error);
    }
  };
}

const batchSchema = z.object({
  InvalidationBatch: z.object({
    CallerReference: z.string().min(1),
    Paths: z.object({
      Quantity: z.coerce.number().int(),
      Items: z.union([z.object({ Path: z.array(z.string()).default([]) }), z.literal('')]).optional(),
    }),
  }),
});

const parser = new XMLParser({
  isArray: name => name === 'Path',
  parseTagValue: false,
  trimValues: false,
  // Every path may hold `&amp;`s; the defaults end at 1,000 of them.
  processEntities: { enabled: true, maxTotalExpansions: 1_000_000, maxExpandedLength: 100_000_000 },
});

function parseBatch(body: string): { callerReference: string; paths: string[] } {
  if (body.trim() === '') throw new AwsError('MissingBody', 'This operation requires a body.');
  const parsed = batchSchema.safeParse(parseXml(body));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new AwsError('MalformedInput', `${issue?.path.join('.')}: ${issue?.message}`);
  }
  const { CallerReference: callerReference, Paths } = parsed.data.InvalidationBatch;
  const paths = Paths.Items === undefined || Paths.Items === '' ? [] : Paths.Items.Path;
  if (Paths.Quantity !== paths.length) {
    throw new AwsError('InconsistentQuantities', 'The value of Quantity and the size of Items do not match.');
  }
  if (paths.length === 0) {
    throw new AwsError('InvalidArgument', 'Your request must contain at least one invalidation path.');
  }
  return { callerReference, paths };
}

function parseXml(body: string): unknown {
  try {
    return parser.parse(body, true);
  } catch (error) {
    throw new AwsError('MalformedInput', error instanceof Error ? error.message : 'The body is not XML');
  }
}

function invalidationXml(invalidation: Invalidation): Record<string, unknown> {
  return {
    Id: invalidation.id,
    Status: invalidation.status,
    CreateTime: new Date(invalidation.createdAt).toISOString(),
    InvalidationBatch: {
      Paths: quantified('Path', invalidation.paths),
      CallerReference: invalidation.callerReference,
    },
  };
}

/** One page of a list: what follows `Marker`, `MaxItems` of it. */
function pageOf<T>(all: readonly T[], url: string, idOf: (item: T) => string) {
  const query = new URLSearchParams(splitQuery(url)[1]);
  const marker = query.get('Marker') ?? '';
  const maxItems = Number(query.get('MaxItems') ?? DEFAULT_MAX_ITEMS);
  const start = marker === '' ? 0 : all.findIndex(item => idOf(item) === marker) + 1;
  if (!Number.isInteger(maxItems) || maxItems < 1 || (marker !== '' && start === 0)) {
    throw new AwsError('InvalidArgument', 'The parameter Marker or MaxItems is invalid.');
  }
  const items = all.slice(start, start + maxItems);
  const last = items.at(-1);
  const isTruncated = start + maxItems < all.length;
  return {
    items,
    frame: {
      Marker: marker,
      ...(isTruncated && last !== undefined ? { NextMarker: idOf(last) } : {}),
      MaxItems: maxItems,
      IsTruncated: isTruncated,
    },
  };
}

const builder = new XMLBuilder({ ignoreAttributes: false });

function xml(
  status: number,
  element: string,
  content: Record<string, unknown>,
  headers: Record<string, string> = {},
): AwsResponse {
  const document = builder.build({ [element]: { '@_xmlns': NAMESPACE, ...content } });
  return {
    status,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': randomUUID(), ...headers },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${document}`,
  };
}

function errorXml(error: AwsError): AwsResponse {
  return xml(error.status, 'ErrorResponse', {
    Error: {
      Type: error.status < 500 ? 'Sender' : 'Receiver',
      Code: error.code,
      Message: error.message,
    },
    RequestId: randomUUID(),
  });
}
