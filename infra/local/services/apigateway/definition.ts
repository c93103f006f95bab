import { z } from 'zod';
import { parseResource } from '../../template/parse-resource.ts';
import type { Resource } from '../../template/resource.ts';

export interface Throttle {
  /** Requests per second in the long run. */
  readonly rate: number;
  /** Requests at the same time. */
  readonly burst: number;
}

export type Integration =
  | { readonly kind: 'lambda'; readonly functionArn: string; readonly timeoutMs: number }
  | { readonly kind: 'mock'; readonly status: number; readonly headers: Readonly<Record<string, string>> };

export interface ApiMethod {
  readonly apiKeyRequired: boolean;
  readonly integration: Integration;
}

export interface ApiResource {
  readonly id: string;
  /** Such as `/students/{studentid}`. */
  readonly path: string;
  /** By HTTP method, or `ANY`. */
  readonly methods: ReadonlyMap<string, ApiMethod>;
}

export interface StageDefinition {
  readonly deploymentId: string;
  readonly throttle?: Throttle;
}

export interface GatewayResponse {
  readonly status?: number;
  readonly headers: Readonly<Record<string, string>>;
}

export interface RestApiDefinition {
  readonly id: string;
  readonly name: string;
  readonly resources: readonly ApiResource[];
  readonly stages: ReadonlyMap<string, StageDefinition>;
  /** By response type, such as `DEFAULT_4XX`. */
  readonly gatewayResponses: ReadonlyMap<string, GatewayResponse>;
}

export interface UsagePlan {
  readonly id: string;
  /** `<api id>/<stage>` */
  readonly stages: readonly string[];
  readonly throttle?: Throttle;
  /** By `<api id>/<stage>/<path>/<method>`, such as `a1/prod/students/POST`. */
  readonly methodThrottles: ReadonlyMap<string, Throttle>;
  readonly requestsPerDay?: number;
  readonly keyIds: readonly string[];
}

export interface ApiKeyDefinition {
  readonly id: string;
  readonly name: string;
  readonly value: string;
  readonly enabled: boolean;
}

export interface ApiGatewayDefinition {
  readonly apis: readonly RestApiDefinition[];
  readonly plans: readonly UsagePlan[];
  readonly keys: readonly ApiKeyDefinition[];
}

/** @throws Error naming the resource and each property that is wrong or not emulated */
export function apiGatewayOf(resources: readonly Resource[]): ApiGatewayDefinition {
  const all: ResourcesOfType = (type, schema) =>
    resources
      .filter(resource => resource.type === `AWS::ApiGateway::${type}`)
      .map(({ ref, attributes, logicalId, properties }) => ({
        id: ref,
        rootResourceId: attributes['RootResourceId'] ?? '',
        ...parseResource(schema, `AWS::ApiGateway::${type} ${logicalId}`, properties),
      }));
  return { apis: restApisOf(all), plans: usagePlansOf(all), keys: apiKeysOf(all) };
}

/** The resources of one type, such as `RestApi`, read by a schema. */
type ResourcesOfType = <T extends object>(
  type: string,
  schema: z.ZodType<T>,
) => (T & { readonly id: string; readonly rootResourceId: string })[];

function restApisOf(all: ResourcesOfType): RestApiDefinition[] {
  const paths = all('Resource', ApiResourceProperties);
  const methods = all('Method', Method);
  const stages = all('Stage', Stage);
  const responses = all('GatewayResponse', GatewayResponseProperties);
  return all('RestApi', RestApi).map(({ id, rootResourceId, Name }) => ({
    id,
    name: Name,
    resources: resourceTree(rootResourceId, paths).map(resource => ({
      ...resource,
      methods: new Map(
        methods
          .filter(({ ResourceId }) => ResourceId === resource.id)
          .map(({ HttpMethod, ApiKeyRequired, Integration }) => [
            HttpMethod,
            { apiKeyRequired: ApiKeyRequired, integration: Integration },
          ]),
      ),
    })),
    stages: new Map(
      stages
        .filter(({ RestApiId }) => RestApiId === id)
        .map(({ StageName, DeploymentId, MethodSettings: [settings] }) => [
          StageName,
          { deploymentId: DeploymentId, ...optional('throttle', settings && throttleOf(settings)) },
        ]),
    ),
    gatewayResponses: new Map(
      responses
        .filter(({ RestApiId }) => RestApiId === id)
        .map(({ ResponseType, StatusCode, ResponseParameters }) => [
          ResponseType,
          { headers: ResponseParameters, ...optional('status', StatusCode) },
        ]),
    ),
  }));
}

function usagePlansOf(all: ResourcesOfType): UsagePlan[] {
  const planKeys = all('UsagePlanKey', UsagePlanKey);
  return all('UsagePlan', UsagePlanProperties).map(({ id, ApiStages, Throttle, Quota }) => ({
    id,
    stages: ApiStages.map(({ ApiId, Stage: stage }) => `${ApiId}/${stage}`),
    ...optional('throttle', Throttle),
    methodThrottles: new Map(
      ApiStages.flatMap(({ ApiId, Stage: stage, Throttle: methods }) =>
        Object.entries(methods).map(([method, throttle]) => [`${ApiId}/${stage}${method}`, throttle]),
      ),
    ),
    ...optional('requestsPerDay', Quota?.Limit),
    keyIds: planKeys.filter(({ UsagePlanId }) => UsagePlanId === id).map(({ KeyId }) => KeyId),
  }));
}

function apiKeysOf(all: ResourcesOfType): ApiKeyDefinition[] {
  return all('ApiKey', ApiKey).map(({ id, Name, Value, Enabled }) => ({
    id,
    name: Name,
    value: Value,
    enabled: Enabled,
  }));
}

function optional<Name extends string, T>(name: Name, value: T | undefined): { [key in Name]?: T } {
  return value === undefined ? {} : ({ [name]: value } as { [key in Name]?: T });
}

function resourceTree(
  rootId: string,
  paths: readonly { readonly id: string; readonly ParentId: string; readonly PathPart: string }[],
): { id: string; path: string }[] {
  const below = (parentId: string, parentPath: string): { id: string; path: string }[] =>
    paths
      .filter(({ ParentId }) => ParentId === parentId)
      .flatMap(({ id, PathPart }) => {
        const path = `${parentPath}/${PathPart}`;
        return [{ id, path }, ...below(id, path)];
      });
  return [{ id: rootId, path: '/' }, ...below(rootId, '')];
}

function throttleOf(settings: z.output<typeof MethodSettings>): Throttle | undefined {
  const { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst } = settings;
  return rate === undefined || burst === undefined ? undefined : { rate, burst };
}

const RestApi = z.object({
  Name: z.string(),
  EndpointConfiguration: z.strictObject({ Types: z.tuple([z.literal('REGIONAL')]) }),
});

const ApiResourceProperties = z.object({ ParentId: z.string(), PathPart: z.string() });

/** A value in single quotes: one that does not come from the request. */
const fixedText = z
  .string()
  .regex(/^'.*'$/, 'only fixed values, in single quotes, are emulated')
  .transform(text => text.slice(1, -1));

/** Header names to fixed values. @param prefix of the mapping expressions */
const fixedHeaders = (prefix: string) =>
  z
    .record(z.string().startsWith(prefix), fixedText)
    .default({})
    .transform(headers =>
      Object.fromEntries(Object.entries(headers).map(([name, text]) => [name.slice(prefix.length), text])),
    );

/** API Gateway's limit, unless an account has asked for more. */
const LONGEST_WAIT_MS = 29_000;

const LambdaIntegration = z
  .strictObject({
    Type: z.literal('AWS_PROXY'),
    IntegrationHttpMethod: z.literal('POST'),
    TimeoutInMillis: z.number().min(50).max(LONGEST_WAIT_MS).default(LONGEST_WAIT_MS),
    Uri: z
      .string()
      .regex(/^arn:[\w-]+:apigateway:[\w-]+:lambda:path\/2015-03-31\/functions\/.+\/invocations$/)
      .transform(uri => uri.replace(/^.*\/functions\/(.+)\/invocations$/, '$1')),
  })
  .transform(({ Uri, TimeoutInMillis }) => ({
    kind: 'lambda' as const,
    functionArn: Uri,
    timeoutMs: TimeoutInMillis,
  }));

const MockIntegration = z
  .strictObject({
    Type: z.literal('MOCK'),
    // A template's status code chooses among several responses; here is only the default one.
    RequestTemplates: z.strictObject({
      'application/json': z
        .string()
        .regex(/^\{\s*"?statusCode"?:\s*\d{3}\s*\}$/, 'no other template is emulated'),
    }),
    IntegrationResponses: z.tuple([
      z.strictObject({
        StatusCode: z.coerce.number(),
        ResponseParameters: fixedHeaders('method.response.header.'),
      }),
    ]),
  })
  .transform(({ IntegrationResponses: [{ StatusCode, ResponseParameters }] }) => ({
    kind: 'mock' as const,
    status: StatusCode,
    headers: ResponseParameters,
  }));

const Method = z.object({
  ResourceId: z.string(),
  HttpMethod: z.string(),
  ApiKeyRequired: z.boolean().default(false),
  AuthorizationType: z.literal('NONE'),
  Integration: z.union([LambdaIntegration, MockIntegration]),
});

const MethodSettings = z.strictObject({
  ResourcePath: z.literal('/*'),
  HttpMethod: z.literal('*'),
  ThrottlingRateLimit: z.number().optional(),
  ThrottlingBurstLimit: z.number().optional(),
  DataTraceEnabled: z.boolean().optional(),
  LoggingLevel: z.string().optional(),
  MetricsEnabled: z.boolean().optional(),
});

const Stage = z.object({
  RestApiId: z.string(),
  StageName: z.string(),
  DeploymentId: z.string(),
  MethodSettings: z.array(MethodSettings).max(1, 'settings of single methods').default([]),
});

const GatewayResponseProperties = z.object({
  RestApiId: z.string(),
  ResponseType: z.string(),
  StatusCode: z.coerce.number().optional(),
  ResponseParameters: fixedHeaders('gatewayresponse.header.'),
});

const PlanThrottle = z
  .strictObject({ RateLimit: z.number(), BurstLimit: z.number() })
  .transform(({ RateLimit, BurstLimit }): Throttle => ({ rate: RateLimit, burst: BurstLimit }));

const UsagePlanProperties = z.object({
  ApiStages: z
    .array(
      z.strictObject({
        ApiId: z.string(),
        Stage: z.string(),
        Throttle: z.record(z.string().startsWith('/'), PlanThrottle).default({}),
      }),
    )
    .default([]),
  Throttle: PlanThrottle.optional(),
  Quota: z.strictObject({ Limit: z.number(), Period: z.literal('DAY') }).optional(),
});

const UsagePlanKey = z.object({
  KeyId: z.string(),
  KeyType: z.literal('API_KEY'),
  UsagePlanId: z.string(),
});

const ApiKey = z.object({
  Name: z.string(),
  Value: z.string().min(20).max(128),
  Enabled: z.boolean().default(false),
});
