import type { ApiTraits } from '../../kernel/api-traits.ts';
import { capability } from '../../kernel/capability.ts';
import type { Service } from '../../kernel/service.ts';
import type { OriginRequest, OriginResponse } from '../cloudfront/messages.ts';
import { invocationOf } from '../lambda/permissions.ts';
import { invokeFunction } from '../lambda/service.ts';
import { createApiGateway } from './api-gateway.ts';
import { type ApiGatewayDefinition, apiGatewayOf } from './definition.ts';
import { apiGatewayTypes } from './types.ts';

export interface ApiGatewayOptions {
  readonly ports?: { readonly api?: number };
}

/** The answer to a request of CloudFront's; undefined if its origin is no API of the template. */
export const apiOrigin = capability<[OriginRequest], Promise<OriginResponse> | undefined>(
  'apigateway.apiOrigin',
);

const api: ApiTraits = {
  actionOf({ method, url }) {
    const [path = ''] = url.split('?');
    return method === 'GET' && /^\/apikeys\/[^/]+$/.test(path) ? 'GetApiKey' : `${method} ${path}`;
  },
};

export const apigateway: Service<ApiGatewayDefinition, ApiGatewayOptions> = {
  name: 'apigateway',
  types: apiGatewayTypes,
  apis: { apigateway: api },
  needs: [invokeFunction],
  parse: account => apiGatewayOf(account.resources),
  start(definition, { permissions, store, journal, use }) {
    const apiGateway = createApiGateway({
      definition,
      invokeFunction: use(invokeFunction),
      mayInvoke: (functionArn, sourceArn) =>
        permissions.mayService('apigateway.amazonaws.com', sourceArn, invocationOf(functionArn)),
      store,
      onAnswered: answered => journal.record({ kind: 'request', ...answered }),
    });
    return {
      apis: { apigateway: apiGateway.api },
      offers: [apiOrigin.offer(apiGateway.fetchOrigin)],
      serves: { 'AWS::ApiGateway::RestApi': apiGateway.listener },
    };
  },
};
