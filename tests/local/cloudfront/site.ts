import { openDurableStore } from '../../../infra/local/kernel/durable-map.ts';
import { createJournal } from '../../../infra/local/kernel/journal.ts';
import {
  type CloudFrontOptions,
  createCloudFront,
} from '../../../infra/local/services/cloudfront/cloudfront.ts';
import {
  header,
  type OriginRequest,
  type OriginResponse,
  type ViewerRequest,
} from '../../../infra/local/services/cloudfront/messages.ts';

export const CACHING_OPTIMIZED = '658327ea-f89d-4fab-a63d-7e88639e58f6';
export const CACHING_DISABLED = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
export const ALL_VIEWER_EXCEPT_HOST = 'b689b0a8-53d0-40ab-baf2-68738e2966ac';
export const FUNCTION_ARN = 'arn:aws:cloudfront::000000000000:function/api-key';

export interface StoredFile {
  readonly body: string | Buffer;
  readonly status?: number;
  readonly headers?: Record<string, string>;
}

/**
 * What the scripted origin serves, by path as the origin is asked for it, and what it was asked.
 */
export interface ScriptedOrigin {
  readonly files: Map<string, StoredFile>;
  readonly asked: OriginRequest[];
  /** Awaited by the origin after it has read the file and before it answers. */
  hold?: Promise<void>;
  fails?: Error;
}

export function behaviour(settings: Record<string, unknown> = {}) {
  return {
    TargetOriginId: 'bucket',
    ViewerProtocolPolicy: 'redirect-to-https',
    CachePolicyId: CACHING_OPTIMIZED,
    ...settings,
  };
}

export const API_BEHAVIOUR = behaviour({
  PathPattern: '/api/*',
  TargetOriginId: 'api',
  AllowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'],
  CachePolicyId: CACHING_DISABLED,
  OriginRequestPolicyId: ALL_VIEWER_EXCEPT_HOST,
  FunctionAssociations: [{ EventType: 'viewer-request', FunctionARN: FUNCTION_ARN }],
});

export function distributionConfig(changes: Record<string, unknown> = {}) {
  return {
    Enabled: true,
    Comment: 'StudentWebsiteDistribution',
    DefaultRootObject: 'index.html',
    HttpVersion: 'http2',
    IPV6Enabled: true,
    Origins: [
      {
        Id: 'bucket',
        DomainName: 'site.s3.us-east-1.amazonaws.com',
        OriginAccessControlId: 'EOAC',
        S3OriginConfig: { OriginAccessIdentity: '' },
      },
      {
        Id: 'api',
        DomainName: 'x.execute-api.us-east-1.amazonaws.com',
        OriginPath: '/prod',
        OriginCustomHeaders: [{ HeaderName: 'X-Origin-Token', HeaderValue: 't' }],
        CustomOriginConfig: { OriginProtocolPolicy: 'https-only', OriginSSLProtocols: ['TLSv1.2'] },
      },
    ],
    DefaultCacheBehavior: behaviour(),
    CacheBehaviors: [API_BEHAVIOUR],
    ...changes,
  };
}

const EDGE_FUNCTION = {
  Name: 'api-key',
  AutoPublish: true,
  FunctionCode: `function handler(event) {
    const request = event.request;
    request.uri = request.uri.slice('/api'.length);
    request.headers['x-api-key'] = { value: 'secret' };
    return request;
  }`,
  FunctionConfig: { Comment: '', Runtime: 'cloudfront-js-2.0' },
};

/**
 * One distribution `E1` with a bucket and an API behind it, a clock that stands still, and requests
 * in one line.
 */
export function openSite(changes: Record<string, unknown> = {}, options: Partial<CloudFrontOptions> = {}) {
  const origin: ScriptedOrigin = { files: new Map(), asked: [] };
  const clock = { now: Date.parse('2026-01-01T00:00:00Z') };
  const journal = options.journal ?? createJournal();
  const failures: unknown[] = [];
  const cloudFront = createCloudFront({
    distributions: [{ id: 'E1', domainName: 'd1.cloudfront.net', config: distributionConfig(changes) }],
    cachePolicies: new Map(),
    responseHeadersPolicies: new Map(),
    functions: new Map([[FUNCTION_ARN, EDGE_FUNCTION]]),
    fetchOrigin: request => askOrigin(origin, request),
    store: openDurableStore(),
    journal,
    now: () => clock.now,
    invalidationDelayMs: 0,
    onFailure: error => failures.push(error),
    ...options,
  });
  return {
    cloudFront,
    origin,
    clock,
    journal,
    failures,
    async get(
      url: string,
      headers: Record<string, string> = {},
      request: Partial<ViewerRequest> & { pop?: string } = {},
    ) {
      const { pop, ...rest } = request;
      const viewer = { method: 'GET', url, headers, body: Buffer.alloc(0), ...rest };
      const { body, ...answer } = await cloudFront.handleViewer('E1', viewer, pop);
      return {
        ...answer,
        bytes: body,
        text: body.toString(),
        xCache: header(answer.headers, 'x-cache')?.replace(' from cloudfront', ''),
      };
    },
    async invalidate(paths: readonly string[], callerReference = crypto.randomUUID()) {
      const items = paths.map(path => `<Path>${path.replaceAll('&', '&amp;')}</Path>`).join('');
      const body = `<InvalidationBatch><Paths><Quantity>${paths.length}</Quantity><Items>${items}</Items></Paths><CallerReference>${callerReference}</CallerReference></InvalidationBatch>`;
      return await cloudFront.api({
        service: 'cloudfront',
        caller: 'root',
        method: 'POST',
        url: '/2020-05-31/distribution/E1/invalidation',
        headers: {},
        body: Buffer.from(body),
      });
    },
  };
}

async function askOrigin(origin: ScriptedOrigin, request: OriginRequest): Promise<OriginResponse> {
  origin.asked.push(request);
  if (origin.fails !== undefined) throw origin.fails;
  const [path = ''] = request.url.split('?');
  const file = origin.files.get(path);
  await origin.hold;
  if (file === undefined) return { status: 404, headers: {}, body: Buffer.from('no such key') };
  const headers = { 'content-type': 'text/html', ...file.headers };
  if (file.headers?.['etag'] !== undefined && request.headers['if-none-match'] === file.headers['etag']) {
    return { status: 304, headers, body: Buffer.alloc(0) };
  }
  return { status: file.status ?? 200, headers, body: Buffer.from(file.body) };
}
