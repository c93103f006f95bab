import { randomBytes } from 'node:crypto';
import { LOCAL_ACCOUNT } from '../../kernel/aws-api.ts';
import type { ApiKeyDefinition } from './definition.ts';
import { GatewayError } from './gateway-error.ts';
import { type ApiRequest, headerOf } from './messages.ts';
import type { Route } from './routing.ts';

export interface ProxyContext {
  readonly apiId: string;
  readonly domainName: string;
  readonly stage: string;
  readonly deploymentId: string;
  readonly route: Route;
  /** Path and query without the stage. */
  readonly path: string;
  readonly query: string;
  /** The caller's key, if the method requires one. */
  readonly apiKey?: ApiKeyDefinition;
  readonly requestId: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * The event of a Lambda proxy integration, format 1.0.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
 *
 * @throws GatewayError if the path cannot be decoded
 */
export function proxyEvent(request: ApiRequest, context: ProxyContext) {
  const { route, path, query } = context;
  const headers = forwarded(request);
  const parameters = [...new URLSearchParams(query)];
  return {
    resource: route.resource.path,
    path,
    httpMethod: request.method,
    headers: lastOfEach(headers),
    multiValueHeaders: allOfEach(headers),
    queryStringParameters: parameters.length === 0 ? null : lastOfEach(parameters),
    multiValueQueryStringParameters: parameters.length === 0 ? null : allOfEach(parameters),
    pathParameters: Object.keys(route.parameters).length === 0 ? null : decoded(route.parameters),
    stageVariables: null,
    requestContext: requestContext(request, context),
    body: request.body.length === 0 ? null : request.body.toString('utf8'),
    // Without binary media types every body is text.
    isBase64Encoded: false,
  };
}

function requestContext(request: ApiRequest, context: ProxyContext) {
  const { apiKey, now, stage, path } = context;
  return {
    resourceId: context.route.resource.id,
    resourcePath: context.route.resource.path,
    httpMethod: request.method,
    extendedRequestId: randomBytes(11).toString('base64'),
    requestTime: clfTime(now),
    path: `/${stage}${path}`,
    accountId: LOCAL_ACCOUNT,
    protocol: 'HTTP/1.1',
    stage,
    domainPrefix: context.domainName.split('.', 1)[0],
    requestTimeEpoch: now,
    requestId: context.requestId,
    identity: {
      cognitoIdentityPoolId: null,
      accountId: null,
      cognitoIdentityId: null,
      caller: null,
      sourceIp: request.sourceIp,
      principalOrgId: null,
      accessKey: null,
      cognitoAuthenticationType: null,
      cognitoAuthenticationProvider: null,
      userArn: null,
      userAgent: headerOf(request, 'user-agent') ?? null,
      user: null,
      ...(apiKey === undefined ? {} : { apiKey: apiKey.value, apiKeyId: apiKey.id }),
    },
    domainName: context.domainName,
    deploymentId: context.deploymentId,
    apiId: context.apiId,
  };
}

type Pairs = readonly (readonly [name: string, value: string])[];

/** Headers that describe the connection are not passed on. */
const DROPPED = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding']);

function forwarded(request: ApiRequest): Pairs {
  const before = headerOf(request, 'x-forwarded-for');
  const replaced = new Set([...DROPPED, 'x-forwarded-for', 'x-forwarded-port', 'x-forwarded-proto']);
  return [
    ...request.headers.filter(([name]) => !replaced.has(name.toLowerCase())),
    ['X-Forwarded-For', before === undefined ? request.sourceIp : `${before}, ${request.sourceIp}`],
    ['X-Forwarded-Port', '443'],
    ['X-Forwarded-Proto', 'https'],
  ];
}

function lastOfEach(pairs: Pairs): Record<string, string> {
  return Object.fromEntries(pairs);
}

function allOfEach(pairs: Pairs): Record<string, string[]> {
  const groups = Map.groupBy(pairs, ([name]) => name);
  return Object.fromEntries([...groups].map(([name, group]) => [name, group.map(([, value]) => value)]));
}

function decoded(parameters: Readonly<Record<string, string>>): Record<string, string> {
  try {
    return Object.fromEntries(
      Object.entries(parameters).map(([name, value]) => [name, decodeURIComponent(value)]),
    );
  } catch (cause) {
    throw new GatewayError('BAD_REQUEST_PARAMETERS', { cause });
  }
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The Common Log Format's: `09/Apr/2015:12:34:56 +0000`. */
function clfTime(now: number): string {
  const [, year, month, day, time] = /^(\d+)-(\d+)-(\d+)T([\d:]+)/.exec(new Date(now).toISOString()) ?? [];
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time} +0000`;
}
