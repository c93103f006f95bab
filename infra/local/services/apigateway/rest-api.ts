import { randomBytes, randomUUID } from 'node:crypto';
import { arnOf } from '../../kernel/arn.ts';
import type { DurableStore } from '../../kernel/durable-map.ts';
import { type Admission, createAdmission } from './admission.ts';
import type { ApiGatewayDefinition, RestApiDefinition, StageDefinition } from './definition.ts';
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
  const apis = new RestApis(options);
  return (apiId, request) => apis.handle(apiId, request);
}

class RestApis {
  readonly #options: RestApiOptions;
  readonly #now: () => number;
  readonly #apis: ReadonlyMap<string, RestApiDefinition>;
  readonly #admission: Admission;

  constructor(options: RestApiOptions) {
    const { definition, store, now = Date.now } = options;
    this.#options = options;
    this.#now = now;
    this.#apis = new Map(definition.apis.map(api => [api.id, api]));
    this.#admission = createAdmission(definition, store, now);
  }

  async handle(apiId: string, request: ApiRequest): Promise<ApiResponse> {
    const api = this.#apis.get(apiId);
    if (api === undefined) throw new Error(`There is no API ${apiId}`);
    const requestId = randomUUID();
    const startedAt = performance.now();
    const response = await this.#answer(api, request, requestId);
    const { stage } = splitUrl(request.url);
    if (api.stages.has(stage)) {
      const milliseconds = Math.round(performance.now() - startedAt);
      this.#options.onAnswered?.({ apiName: api.name, stage, status: response.status, milliseconds });
    }
    const ids = { 'x-amzn-RequestId': requestId, 'x-amz-apigw-id': randomBytes(11).toString('base64') };
    return { ...response, headers: { ...response.headers, ...ids } };
  }

  async #answer(api: RestApiDefinition, request: ApiRequest, requestId: string): Promise<ApiResponse> {
    if (request.body.length > MAX_BODY_BYTES) return BODY_TOO_LARGE;
    const address = splitUrl(request.url);
    const stage = api.stages.get(address.stage);
    if (stage === undefined) return UNKNOWN_STAGE;
    try {
      return await this.#serve(request, { ...address, ...stage, api, requestId });
    } catch (error) {
      if (error instanceof GatewayError) return gatewayResponse(error, api.gatewayResponses);
      throw error;
    }
  }

  /** @throws GatewayError if API Gateway refuses the request, or its function fails */
  async #serve(request: ApiRequest, target: Target): Promise<ApiResponse> {
    const { api, throttle } = target;
    const route = findRoute(api.resources, request.method, target.path);
    if (route === undefined) throw new GatewayError('MISSING_AUTHENTICATION_TOKEN');
    const stage = `${api.id}/${target.stage}`;
    const apiKey = route.method.apiKeyRequired
      ? this.#admission.admit(request, stage, route.resource.path)
      : undefined;
    const method = `${stage}/${request.method}${route.resource.path}`;
    this.#admission.limit(method, throttle);
    const { integration } = route.method;
    if (integration.kind === 'mock') return { ...integration, body: '' };
    const event = proxyEvent(request, {
      ...target,
      apiId: api.id,
      domainName: apiDomain(api.id),
      route,
      ...(apiKey === undefined ? {} : { apiKey }),
      now: this.#now(),
    });
    const sourceArn = arnOf('execute-api', method);
    return await invokeIntegration(integration, JSON.stringify(event), sourceArn, this.#options);
  }
}

/** What a request is for, by its URL. */
interface Target extends StageDefinition, Address {
  readonly api: RestApiDefinition;
  readonly requestId: string;
}

interface Address {
  readonly stage: string;
  /** Without the stage. */
  readonly path: string;
  readonly query: string;
}

/** `/prod/students?limit=1` */
function splitUrl(url: string): Address {
  const [, stage = '', path = '', query = ''] = /^\/([^/?]*)([^?]*)\??(.*)$/s.exec(url) ?? [];
  return { stage, path: path === '' ? '/' : path, query };
}
