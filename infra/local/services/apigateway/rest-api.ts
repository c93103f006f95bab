import { randomBytes, randomUUID } from 'node:crypto';
import { arnOf } from '../../kernel/arn.ts';
import type { DurableStore } from '../../kernel/durable-map.ts';
import { createAdmission } from './admission.ts';
import type { ApiGatewayDefinition, RestApiDefinition } from './definition.ts';
import {
  BODY_TOO_LARGE,
  GatewayError,
  gatewayResponse,
  MAX_BODY_BYTES,
  UNKNOWN_STAGE,
} from './gateway-error.ts';
import { invokeIntegration, type LambdaIntegrationOptions } from './lambda-integration.ts';
import type { ApiRequest, ApiResponse } from './messages.ts';
import { proxyEvent } from './proxy-event.ts';
import { findRoute } from './routing.ts';
import { apiDomain } from './types.ts';

export interface RestApiOptions extends LambdaIntegrationOptions {
  readonly definition: ApiGatewayDefinition;
  /** Keeps how much of each quota is used. */
  readonly store: DurableStore;
  /** Milliseconds since the epoch. @default Date.now */
  readonly now?: () => number;
  /** Called with every answer that a stage gave. */
  readonly onAnswered?: (answered: Answered) => void;
}

export interface Answered {
  readonly apiName: string;
  readonly stage: string;
  readonly status: number;
  readonly milliseconds: number;
}

/** Answers requests to the template's REST APIs as API Gateway does, refusals included. */
export function createRestApis(
  options: RestApiOptions,
): (apiId: string, request: ApiRequest) => Promise<ApiResponse> {
  const { definition, now = Date.now } = options;
  const apis = new Map(definition.apis.map(api => [api.id, api]));
  const { limit, admit } = createAdmission(definition, options.store, now);

  async function answer(
    api: RestApiDefinition,
    request: ApiRequest,
    requestId: string,
  ): Promise<ApiResponse> {
    const address = splitUrl(request.url);
    const stage = api.stages.get(address.stage);
    if (stage === undefined) return UNKNOWN_STAGE;
    try {
      const route = findRoute(api.resources, request.method, address.path);
      if (route === undefined) throw new GatewayError('MISSING_AUTHENTICATION_TOKEN');
      const { integration, apiKeyRequired } = route.method;
      const apiKey = apiKeyRequired
        ? admit(request, `${api.id}/${address.stage}`, route.resource.path)
        : undefined;
      const place = `${api.id}/${address.stage}/${request.method}${route.resource.path}`;
      limit(place, stage.throttle);
      if (integration.kind === 'mock') return { ...integration, body: '' };
      const event = proxyEvent(request, {
        ...address,
        apiId: api.id,
        domainName: apiDomain(api.id),
        deploymentId: stage.deploymentId,
        route,
        ...(apiKey === undefined ? {} : { apiKey }),
        requestId,
        now: now(),
      });
      return await invokeIntegration(
        integration,
        JSON.stringify(event),
        arnOf('execute-api', place),
        options,
      );
    } catch (error) {
      if (error instanceof GatewayError) return gatewayResponse(error, api.gatewayResponses);
      throw error;
    }
  }

  return async (apiId, request) => {
    const api = apis.get(apiId);
    if (api === undefined) throw new Error(`There is no API ${apiId}`);
    const requestId = randomUUID();
    const startedAt = performance.now();
    const response =
      request.body.length > MAX_BODY_BYTES ? BODY_TOO_LARGE : await answer(api, request, requestId);
    const { stage } = splitUrl(request.url);
    if (api.stages.has(stage)) {
      const milliseconds = Math.round(performance.now() - startedAt);
      options.onAnswered?.({ apiName: api.name, stage, status: response.status, milliseconds });
    }
    const ids = { 'x-amzn-RequestId': requestId, 'x-amz-apigw-id': randomBytes(11).toString('base64') };
    return { ...response, headers: { ...response.headers, ...ids } };
  };
}

/** `/prod/students?limit=1` */
function splitUrl(url: string): { stage: string; path: string; query: string } {
  const [, stage = '', path = '', query = ''] = /^\/([^/?]*)([^?]*)\??(.*)$/s.exec(url) ?? [];
  return { stage, path: path === '' ? '/' : path, query };
}
