import {
  AwsError,
  type AwsRequest,
  type AwsResponse,
  type AwsService,
  answeringErrors,
} from '../../kernel/aws-api.ts';
import type { ApiGatewayDefinition, ApiKeyDefinition, UsagePlan } from './definition.ts';

/**
 * The read-only half of API Gateway's REST API: keys, APIs, usage plans.
 *
 * @param createdAt milliseconds since the epoch
 */
export function createControlPlane(definition: ApiGatewayDefinition, createdAt: number): AwsService {
  const createdDate = Math.floor(createdAt / 1000);

  const showKey = ({ id, name, value, enabled }: ApiKeyDefinition, withValue: boolean) => ({
    id,
    ...(withValue ? { value } : {}),
    name,
    enabled,
    createdDate,
    lastUpdatedDate: createdDate,
    stageKeys: definition.plans.flatMap(({ keyIds, stages }) => (keyIds.includes(id) ? stages : [])),
  });

  const showPlan = ({ id, name, stages, throttle, requestsPerDay }: UsagePlan) => ({
    id,
    name,
    apiStages: stages.map(each => {
      const [apiId, stage] = each.split('/');
      return { apiId, stage };
    }),
    ...(throttle && { throttle: { rateLimit: throttle.rate, burstLimit: throttle.burst } }),
    ...(requestsPerDay && { quota: { limit: requestsPerDay, offset: 0, period: 'DAY' } }),
  });

  function answer({ method, url }: AwsRequest): unknown {
    const { pathname, searchParams } = new URL(url, 'http://apigateway');
    const [, collection, id, ...more] = pathname.split('/');
    if (method !== 'GET' || more.length > 0)
      throw new AwsError(
        'NotImplemented',
        `The local API Gateway does not emulate ${method} ${pathname}`,
        501,
      );
    const named = searchParams.get('name') ?? searchParams.get('nameQuery') ?? '';
    switch (collection) {
      case 'apikeys': {
        if (id !== undefined)
          return showKey(
            found(definition.keys, id, 'API Key identifier'),
            searchParams.get('includeValue') === 'true',
          );
        const isShown = searchParams.get('includeValues') === 'true';
        return {
          item: definition.keys
            .filter(({ name }) => name.startsWith(named))
            .map(key => showKey(key, isShown)),
        };
      }
      case 'restapis': {
        const show = (api: { id: string; name: string }) => ({
          id: api.id,
          name: api.name,
          createdDate,
          apiKeySource: 'HEADER',
          endpointConfiguration: { types: ['REGIONAL'] },
        });
        return id === undefined
          ? { item: definition.apis.map(show) }
          : show(found(definition.apis, id, 'API identifier'));
      }
      case 'usageplans':
        return id === undefined
          ? { item: definition.plans.map(showPlan) }
          : showPlan(found(definition.plans, id, 'Usage Plan ID'));
      default:
        throw new AwsError('NotImplemented', `The local API Gateway does not emulate GET ${pathname}`, 501);
    }
  }

  return answeringErrors(
    async request => json(200, answer(request)),
    ({ code, message, status }) => json(status, { message }, { 'x-amzn-errortype': code }),
  );
}

function found<T extends { readonly id: string }>(all: readonly T[], id: string, what: string): T {
  const one = all.find(each => each.id === decodeURIComponent(id));
  if (one === undefined) throw new AwsError('NotFoundException', `Invalid ${what} specified`, 404);
  return one;
}

function json(status: number, value: unknown, headers: Record<string, string> = {}): AwsResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(value),
  };
}
