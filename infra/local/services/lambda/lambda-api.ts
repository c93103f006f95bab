import { randomUUID } from 'node:crypto';
import {
  AwsError,
  type AwsRequest,
  type AwsResponse,
  type AwsService,
  answeringErrors,
  LOCAL_ACCOUNT,
  urlOf,
} from '../../kernel/aws-api.ts';
import { functionArn } from './execution-environment.ts';
import type { FunctionDefinition, InvocationResult } from './function-definition.ts';

/** 6 MiB; an asynchronous event may have 1 MiB since October 2025. */
const MAXIMUM_PAYLOAD_BYTES = { RequestResponse: 6_291_456, Event: 1_048_576 };

/** Of an account that is not new: Lambda developer guide, "Lambda quotas". None is enforced. */
const DEFAULT_QUOTAS = {
  TotalCodeSize: 80_530_636_800,
  CodeSizeUnzipped: 262_144_000,
  CodeSizeZipped: 52_428_800,
  ConcurrentExecutions: 1000,
  UnreservedConcurrentExecutions: 1000,
};

type InvocationType = keyof typeof MAXIMUM_PAYLOAD_BYTES;

export interface LambdaApiOptions {
  readonly functions: readonly FunctionDefinition[];
  /** @throws AwsError ResourceNotFoundException */
  readonly find: (reference: string) => FunctionDefinition;
  readonly invoke: (name: string, payload: string) => Promise<InvocationResult>;
  readonly invokeEvent: (name: string, payload: string) => void;
}

/**
 * Lambda's REST API for functions that a template made: Invoke, ListFunctions,
 * GetFunctionConfiguration, GetAccountSettings.
 */
export function createLambdaApi(options: LambdaApiOptions): AwsService {
  const { functions, find } = options;

  async function invoke(request: AwsRequest, definition: FunctionDefinition): Promise<AwsResponse> {
    const type = invocationType(request);
    refuseUnknownFeatures(request);
    const payload = readPayload(request, type);
    if (type === 'Event') {
      options.invokeEvent(definition.name, payload);
      return { status: 202, headers: { 'x-amzn-requestid': randomUUID() } };
    }
    const result = await options.invoke(definition.name, payload);
    return {
      status: 200,
      headers: {
        'content-type': 'application/json',
        'x-amzn-requestid': result.requestId,
        'x-amz-executed-version': '$LATEST',
        ...(result.functionError && { 'x-amz-function-error': result.functionError }),
      },
      body: result.payload,
    };
  }

  async function route(request: AwsRequest): Promise<AwsResponse> {
    const { pathname, searchParams } = urlOf(request);
    const operation = `${request.method} ${pathname}`;
    if (/^GET \/2015-03-31\/functions\/?$/.test(operation))
      return json({ Functions: functions.map(configuration), NextMarker: null });

    if (/^GET \/2016-08-19\/account-settings\/?$/.test(operation))
      return json({
        AccountLimit: DEFAULT_QUOTAS,
        AccountUsage: { TotalCodeSize: 0, FunctionCount: functions.length },
      });

    const described = /^GET \/2015-03-31\/functions\/([^/]+)\/configuration$/.exec(operation)?.[1];
    if (described !== undefined) return json(configuration(find(decodeURIComponent(described))));

    const reference = /^POST \/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(operation)?.[1];
    if (reference === undefined) throw notEmulated(operation);
    const qualifier = searchParams.get('Qualifier');
    const definition = find(decodeURIComponent(reference) + (qualifier === null ? '' : `:${qualifier}`));
    return invoke(request, definition);
  }

  return answeringErrors(route, errorResponse);
}

function invocationType({ headers }: AwsRequest): InvocationType {
  const type = headers['x-amz-invocation-type'] ?? 'RequestResponse';
  if (type === 'RequestResponse' || type === 'Event') return type;
  if (type === 'DryRun') throw notEmulated('Invoke as a dry run');
  throw new AwsError(
    'ValidationException',
    `1 validation error detected: Value '${type}' at 'invocationType' failed to satisfy constraint: ` +
      'Member must satisfy enum value set: [Event, RequestResponse, DryRun]',
  );
}

function refuseUnknownFeatures({ headers }: AwsRequest): void {
  if (headers['x-amz-log-type'] === 'Tail') throw notEmulated('Invoke with LogType Tail');
  if (headers['x-amz-client-context'] !== undefined) throw notEmulated('Invoke with ClientContext');
}

function readPayload({ body }: AwsRequest, type: InvocationType): string {
  const limit = MAXIMUM_PAYLOAD_BYTES[type];
  if (body.length > limit)
    throw new AwsError(
      'RequestEntityTooLargeException',
      `Request must be smaller than ${limit} bytes for the InvokeFunction operation`,
      413,
    );
  // No payload at all is an empty event.
  const payload = body.length === 0 ? '{}' : body.toString('utf8');
  try {
    JSON.parse(payload);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AwsError('InvalidRequestContentException', `Could not parse request body into json: ${reason}`);
  }
  return payload;
}

function configuration(definition: FunctionDefinition) {
  return {
    FunctionName: definition.name,
    FunctionArn: functionArn(definition.name),
    Runtime: 'nodejs24.x',
    Role: `arn:aws:iam::${LOCAL_ACCOUNT}:role/${definition.roleAccessKeyId}`,
    Handler: definition.handler,
    Timeout: definition.timeoutSeconds,
    MemorySize: definition.memoryMb,
    Environment: { Variables: definition.environment },
    Version: '$LATEST',
    PackageType: 'Zip',
    State: 'Active',
    LastUpdateStatus: 'Successful',
  };
}

function json(value: unknown): AwsResponse {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

function errorResponse(error: AwsError): AwsResponse {
  return {
    status: error.status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': error.code },
    body: JSON.stringify({
      Type: error.status < 500 ? 'User' : 'Service',
      [error.code === 'ResourceNotFoundException' ? 'Message' : 'message']: error.message,
    }),
  };
}

function notEmulated(what: string): AwsError {
  return new AwsError('NotImplemented', `${what} is not emulated by the local Lambda service`, 501);
}
