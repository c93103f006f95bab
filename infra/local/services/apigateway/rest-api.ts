import { randomBytes, randomUUID } from 'node:crypto';
import { arnOf } from '../../kernel/arn.ts';
import { AwsError } from '../../kernel/aws-api.ts';
import type { DurableStore } from '../../kernel/durable-map.ts';
import type { InvocationResult } from '../lambda/function-definition.ts';
import type {
  ApiGatewayDefinition,
  ApiKeyDefinition,
  Integration,
  RestApiDefinition,
  Throttle,
} from './definition.ts';
import {
  BODY_TOO_LARGE,
  GatewayError,
  gatewayResponse,
  MAX_BODY_BYTES,
  UNKNOWN_STAGE,
} from './gateway-error.ts';
import { createDailyQuotas, createTokenBuckets, type Usage } from './limits.ts';
import { type ApiRequest, type ApiResponse, headerOf } from './messages.ts';
import { proxyAnswer } from './proxy-answer.ts';
import { proxyEvent } from './proxy-event.ts';
import { findRoute } from './routing.ts';
import { apiDomain } from './types.ts';

/**
 * Whether API Gateway may invoke a function, by the function's own policy.
 *
 * @param sourceArn of API, stage, method and resource
 */
export type MayInvoke = (functionArn: string, sourceArn: string) => boolean | Promise<boolean>;

export interface RestApiOptions {
  readonly definition: ApiGatewayDefinition;
  /**
   * @param onStart to be called when the function has its process
   * @throws AwsError when Lambda refuses the call
   */
  readonly invokeFunction: (name: string, payload: string, onStart: () => void) => Promise<InvocationResult>;
  readonly mayInvoke: MayInvoke;
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

/** Lambda's limit for one synchronous event. */
const MAX_EVENT_BYTES = 6_291_456;

/** Answers requests to the template's REST APIs as API Gateway does, refusals included. */
export function createRestApis(
  options: RestApiOptions,
): (apiId: string, request: ApiRequest) => Promise<ApiResponse> {
  const { definition, now = Date.now } = options;
  const apis = new Map(definition.apis.map(api => [api.id, api]));
  const buckets = createTokenBuckets(now);
  const takeFromQuota = createDailyQuotas(options.store.map<Usage>('api-usage'), now);

  function limit(bucket: string, throttle: Throttle | undefined): void {
    if (throttle !== undefined && !buckets.take(bucket, throttle)) throw new GatewayError('THROTTLED');
  }

  /** @throws GatewayError when the key is missing, unknown, not in a plan of this stage, or used up */
  function admit(request: ApiRequest, stage: string, resourcePath: string): ApiKeyDefinition {
    const value = headerOf(request, 'x-api-key');
    const key = definition.keys.find(each => each.enabled && each.value === value);
    const plan = definition.plans.find(
      ({ keyIds, stages }) => key !== undefined && keyIds.includes(key.id) && stages.includes(stage),
    );
    if (key === undefined || plan === undefined) throw new GatewayError('INVALID_API_KEY');
    const user = `${plan.id}/${key.id}/${stage}`;
    // Whether a method's limit stands in for the plan's own is not documented: here both hold.
    const method = `${stage}${resourcePath}/${request.method}`;
    limit(`${user} ${method}`, plan.methodThrottles.get(method));
    limit(user, plan.throttle);
    if (plan.requestsPerDay !== undefined && !takeFromQuota(`${plan.id}/${key.id}`, plan.requestsPerDay))
      throw new GatewayError('QUOTA_EXCEEDED');
    return key;
  }

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
      return await invoke(integration, JSON.stringify(event), arnOf('execute-api', place));
    } catch (error) {
      if (error instanceof GatewayError) return gatewayResponse(error, api.gatewayResponses);
      throw error;
    }
  }

  /** @throws GatewayError when the function may not be called, fails, is late, or answers nonsense */
  async function invoke(
    { functionArn, timeoutMs }: Extract<Integration, { kind: 'lambda' }>,
    event: string,
    source: string,
  ): Promise<ApiResponse> {
    if (!(await options.mayInvoke(functionArn, source))) throw new GatewayError('API_CONFIGURATION_ERROR');
    if (Buffer.byteLength(event) > MAX_EVENT_BYTES) throw new GatewayError('REQUEST_TOO_LARGE');
    const late = Promise.withResolvers<never>();
    let timer: NodeJS.Timeout | undefined;
    const startTimer = () => {
      timer = setTimeout(() => late.reject(new GatewayError('INTEGRATION_TIMEOUT')), timeoutMs);
    };
    try {
      const result = await Promise.race([
        options.invokeFunction(functionArn, event, startTimer),
        late.promise,
      ]);
      if (result.functionError !== undefined) throw new GatewayError('INTEGRATION_FAILURE');
      return proxyAnswer(result.payload);
    } catch (cause) {
      throw cause instanceof AwsError ? new GatewayError('API_CONFIGURATION_ERROR', { cause }) : cause;
    } finally {
      clearTimeout(timer);
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
