import type { ApiTraits } from '../../kernel/api-traits.ts';
import { arnOf } from '../../kernel/arn.ts';
import { AwsError, type AwsRequest } from '../../kernel/aws-api.ts';
import { denialMessage } from '../../kernel/permissions/refusal.ts';
import { cloudFrontError } from './api-responses.ts';

export const cloudFrontApi: ApiTraits = {
  actionOf,
  requirementsOf({ url }, action) {
    const [, , kind, id] = url.split(/[/?]/);
    if (id === undefined) return undefined;
    return [{ action: `cloudfront:${action}`, resource: arnOf('cloudfront', `${kind}/${id}`, '') }];
  },
  refuse: denial => cloudFrontError(new AwsError('AccessDenied', denialMessage(denial), 403)),
};

function actionOf({ method, url }: AwsRequest): string {
  const [path = ''] = url.split('?');
  const [, , collection = '', id = '', resource, item] = path.split('/');
  if (collection === 'cache-policy' && method === 'GET' && id !== '' && resource === undefined)
    return 'GetCachePolicy';
  if (collection === 'response-headers-policy' && method === 'GET' && id !== '' && resource === undefined)
    return 'GetResponseHeadersPolicy';
  if (collection === 'function' && method === 'GET' && resource === 'describe') return 'DescribeFunction';
  if (collection !== 'distribution') return `${method} ${path}`;
  if (resource === 'invalidation') {
    if (method === 'POST') return 'CreateInvalidation';
    return item === undefined ? 'ListInvalidations' : 'GetInvalidation';
  }
  if (id === '') return 'ListDistributions';
  if (resource === undefined) return 'GetDistribution';
  return method === 'PUT' ? 'UpdateDistribution' : 'GetDistributionConfig';
}
