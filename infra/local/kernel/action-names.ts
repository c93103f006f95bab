import type { AwsRequest } from './aws-api.ts';

/** The IAM-style name of the action that a request asks for: `PutObject`, `CreateInvalidation`, `SendMessage` … */
export function actionOf(request: AwsRequest): string {
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') return target.split('.').at(-1) ?? target;
  const { pathname, searchParams } = new URL(request.url, 'http://aws');
  const rpc = /^\/service\/[^/]+\/operation\/(\w+)$/.exec(pathname)?.[1];
  if (rpc !== undefined && 'smithy-protocol' in request.headers) return rpc;
  const rest = REST_ACTIONS[request.service];
  if (rest !== undefined) return rest(request, pathname, searchParams);
  const form = request.method === 'POST' ? new URLSearchParams(request.body.toString()) : searchParams;
  return form.get('Action') ?? `${request.method} ${pathname}`;
}

type RestAction = (request: AwsRequest, path: string, query: URLSearchParams) => string;

const REST_ACTIONS: Readonly<Record<string, RestAction>> = {
  // Not of the parsed URL, which resolves `/../` in a key.
  s3: (request, _, query) => s3Action(request, request.url.split('?', 1)[0] ?? '', query),
  cloudfront: ({ method }, path) => {
    const [, , collection = '', id, resource, item] = path.split('/');
    if (collection === 'cache-policy' && method === 'GET' && id && resource === undefined) {
      return 'GetCachePolicy';
    }
    if (collection !== 'distribution') return `${method} ${path}`;
    if (resource === 'invalidation') {
      if (method === 'POST') return 'CreateInvalidation';
      return item === undefined ? 'ListInvalidations' : 'GetInvalidation';
    }
    if (id === undefined || id === '') return 'ListDistributions';
    return resource === 'config' ? 'GetDistributionConfig' : 'GetDistribution';
  },
  apigateway: ({ method }, path) => {
    const [, collection = '', id, ...more] = path.split('/');
    const name = API_GATEWAY_COLLECTIONS[collection];
    if (method !== 'GET' || name === undefined || more.length > 0) return `${method} ${path}`;
    return id === undefined ? `Get${name}s` : `Get${name}`;
  },
  ses: ({ method }, path) => (path === '/v2/email/outbound-emails' ? 'SendEmail' : `${method} ${path}`),
  lambda: ({ method }, path) => (path.endsWith('/invocations') ? 'InvokeFunction' : `${method} ${path}`),
};

const API_GATEWAY_COLLECTIONS: Readonly<Record<string, string>> = {
  apikeys: 'ApiKey',
  restapis: 'RestApi',
  usageplans: 'UsagePlan',
};

function s3Action({ method, headers }: AwsRequest, path: string, query: URLSearchParams): string {
  const isObject = path.split('/').slice(2).join('/') !== '';
  if (!isObject) return s3BucketAction(method, path, query);
  const parts = query.has('uploadId');
  switch (method) {
    case 'PUT':
      if (parts) return 'UploadPart';
      return headers['x-amz-copy-source'] === undefined ? 'PutObject' : 'CopyObject';
    case 'POST':
      return parts ? 'CompleteMultipartUpload' : 'CreateMultipartUpload';
    case 'DELETE':
      return parts ? 'AbortMultipartUpload' : 'DeleteObject';
    default:
      return method === 'HEAD' ? 'HeadObject' : 'GetObject';
  }
}

function s3BucketAction(method: string, path: string, query: URLSearchParams): string {
  if (path === '/') return 'ListBuckets';
  if (method === 'POST' && query.has('delete')) return 'DeleteObjects';
  if (query.has('notification')) return `${method === 'PUT' ? 'Put' : 'Get'}BucketNotificationConfiguration`;
  const actions: Readonly<Record<string, string>> = {
    GET: query.get('list-type') === '2' ? 'ListObjectsV2' : 'ListObjects',
    HEAD: 'HeadBucket',
    PUT: 'CreateBucket',
    DELETE: 'DeleteBucket',
  };
  return actions[method] ?? `${method} ${path}`;
}
