import { AwsError, type AwsResponse, type AwsService, answeringErrors, urlOf } from '../../kernel/aws-api.ts';
import type { ApiGatewayDefinition } from './definition.ts';

/**
 * API Gateway's own API, as far as keys go: GetApiKey.
 *
 * @param createdAt milliseconds since the epoch
 */
export function createControlPlane(definition: ApiGatewayDefinition, createdAt: number): AwsService {
  const createdDate = Math.floor(createdAt / 1000);

  function getApiKey(id: string, withValue: boolean): object {
    const key = definition.keys.find(each => each.id === id);
    if (key === undefined)
      throw new AwsError('NotFoundException', 'Invalid API Key identifier specified', 404);
    return {
      id,
      ...(withValue ? { value: key.value } : {}),
      name: key.name,
      enabled: key.enabled,
      createdDate,
      lastUpdatedDate: createdDate,
      stageKeys: definition.plans.flatMap(({ keyIds, stages }) => (keyIds.includes(id) ? stages : [])),
    };
  }

  return answeringErrors(
    async ({ method, url }) => {
      const { pathname, searchParams } = urlOf({ url });
      const id = /^GET \/apikeys\/([^/]+)$/.exec(`${method} ${pathname}`)?.[1];
      if (id === undefined) {
        const what = `The local API Gateway does not emulate ${method} ${pathname}`;
        throw new AwsError('NotImplemented', what, 501);
      }
      return json(200, getApiKey(decodeURIComponent(id), searchParams.get('includeValue') === 'true'));
    },
    ({ code, message, status }) => json(status, { message }, { 'x-amzn-errortype': code }),
  );
}

function json(status: number, value: unknown, headers: Record<string, string> = {}): AwsResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(value),
  };
}
