import type { ApiTraits } from './api-traits.ts';
import { type AwsRequest, urlOf } from './aws-api.ts';
import { queryParameters } from './query-protocol.ts';

/**
 * The operation that a request names itself, in the JSON, CBOR or Query protocol; else its method
 * and path.
 */
export function operationOf(request: AwsRequest): string {
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') return target.split('.').at(-1) ?? target;
  const { pathname } = urlOf(request);
  const rpc = /^\/service\/[^/]+\/operation\/(\w+)$/.exec(pathname)?.[1];
  if (rpc !== undefined && 'smithy-protocol' in request.headers) return rpc;
  return queryParameters(request).get('Action') ?? `${request.method} ${pathname}`;
}

/**
 * Names the action of any request as IAM does: `PutObject`, `CreateInvalidation`, `SendMessage` …
 *
 * @param apis by signing name; REST APIs name their actions themselves
 */
export function actionNames(apis: Readonly<Record<string, ApiTraits>>): (request: AwsRequest) => string {
  return request => apis[request.service]?.actionOf?.(request) ?? operationOf(request);
}
