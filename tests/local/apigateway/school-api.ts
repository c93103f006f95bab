import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { openDurableStore } from '../../../infra/local/kernel/durable-map.ts';
import { createApiGateway } from '../../../infra/local/services/apigateway/api-gateway.ts';
import { apiGatewayOf } from '../../../infra/local/services/apigateway/definition.ts';
import type { RestApiOptions } from '../../../infra/local/services/apigateway/rest-api.ts';
import type { Resource } from '../../../infra/local/template/resource.ts';
import { functionWith, startPool } from '../lambda/fixture-functions.ts';

export const KEY = 'key-of-the-school-0000';
export const SITE = 'https://d1.cloudfront.net';
const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:fixture';

/** GET shows its event, POST answers what its body says. */
const FUNCTION = `
  export const handler = async event =>
    event.httpMethod === 'POST' ? JSON.parse(event.body) : { statusCode: 200, body: JSON.stringify(event) };
`;

type Properties = Readonly<Record<string, unknown>>;

export function apiResource(type: string, ref: string, properties: Properties): Resource {
  const attributes: Readonly<Record<string, string>> = type === 'RestApi' ? { RootResourceId: 'root' } : {};
  return { logicalId: ref, type: `AWS::ApiGateway::${type}`, ref, attributes, properties };
}

export const lambdaIntegration = (changes: Properties = {}) => ({
  Type: 'AWS_PROXY',
  IntegrationHttpMethod: 'POST',
  Uri: `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${FUNCTION_ARN}/invocations`,
  ...changes,
});

const PREFLIGHT = {
  Type: 'MOCK',
  RequestTemplates: { 'application/json': '{ statusCode: 200 }' },
  IntegrationResponses: [
    {
      StatusCode: '204',
      ResponseParameters: { 'method.response.header.Access-Control-Allow-Origin': `'${SITE}'` },
    },
  ],
};

export function method(resourceId: string, httpMethod: string, properties: Properties = {}): Resource {
  return apiResource('Method', `${httpMethod}-${resourceId}`, {
    RestApiId: 'api1',
    ResourceId: resourceId,
    HttpMethod: httpMethod,
    AuthorizationType: 'NONE',
    ApiKeyRequired: true,
    Integration: lambdaIntegration(),
    ...properties,
  });
}

export interface Limits {
  readonly plan?: Properties;
  readonly stage?: Properties;
}

/** One API at stage `prod` with a key, as CDK writes it. */
export function schoolApi({ plan = {}, stage = {} }: Limits = {}): Resource[] {
  const at = { RestApiId: 'api1' };
  const cors = { ResponseParameters: { 'gatewayresponse.header.Access-Control-Allow-Origin': `'${SITE}'` } };
  return [
    apiResource('RestApi', 'api1', { Name: 'student', EndpointConfiguration: { Types: ['REGIONAL'] } }),
    apiResource('Resource', 'students', { ...at, ParentId: 'root', PathPart: 'students' }),
    apiResource('Resource', 'student', { ...at, ParentId: 'students', PathPart: '{studentid}' }),
    apiResource('Resource', 'files', { ...at, ParentId: 'root', PathPart: '{path+}' }),
    method('students', 'GET'),
    method('students', 'POST'),
    method('students', 'OPTIONS', { ApiKeyRequired: false, Integration: PREFLIGHT }),
    method('student', 'GET'),
    method('files', 'ANY', { ApiKeyRequired: false }),
    apiResource('Stage', 'prod', { ...at, StageName: 'prod', DeploymentId: 'dep1', ...stage }),
    apiResource('GatewayResponse', '4xx', { ...at, ...cors, ResponseType: 'DEFAULT_4XX' }),
    apiResource('GatewayResponse', '5xx', { ...at, ...cors, ResponseType: 'DEFAULT_5XX' }),
    apiResource('UsagePlan', 'plan1', {
      UsagePlanName: 'StudentUsagePlan',
      ApiStages: [{ ApiId: 'api1', Stage: 'prod', Throttle: {} }],
      ...plan,
    }),
    apiResource('UsagePlanKey', 'plan1-key1', { KeyId: 'key1', KeyType: 'API_KEY', UsagePlanId: 'plan1' }),
    apiResource('UsagePlanKey', 'plan1-key3', { KeyId: 'key3', KeyType: 'API_KEY', UsagePlanId: 'plan1' }),
    apiResource('ApiKey', 'key1', { Name: 'StudentApiKey', Value: KEY, Enabled: true }),
    apiResource('ApiKey', 'key2', { Name: 'WithoutPlan', Value: 'key-without-any-plan-0', Enabled: true }),
    apiResource('ApiKey', 'key3', { Name: 'Disabled', Value: 'key-that-is-disabled-0', Enabled: false }),
  ];
}

export interface Options extends Partial<Omit<RestApiOptions, 'definition'>> {
  readonly resources?: readonly Resource[];
  readonly source?: string;
}

export interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

export interface Sent {
  /** @default the key */
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
}

/** Serves the API over HTTP until the test ends. */
export async function startApi(options: Options = {}) {
  const { resources = schoolApi(), source = FUNCTION, ...others } = options;
  const { pool } = startPool([functionWith(source)]);
  const gateway = createApiGateway({
    definition: apiGatewayOf(resources),
    invokeFunction: pool.invoke,
    mayInvoke: () => true,
    store: openDurableStore(),
    ...others,
  });
  const server = createServer(gateway.listener('api1'));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { gateway, send: (line: string, sent: Sent = {}) => send(port, line, sent) };
}

/** @param line such as `GET /prod/students` */
function send(port: number, line: string, { headers = { 'x-api-key': KEY }, body }: Sent): Promise<Answer> {
  const [verb, path] = line.split(' ');
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method: verb, path, headers, agent: false } as const;
    const outgoing = httpRequest(options, response => {
      response.toArray().then(chunks => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode, headers: response.headers, text });
      }, reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
