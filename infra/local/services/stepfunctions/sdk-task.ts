import * as cloudfront from '@aws-sdk/client-cloudfront';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import { LOCAL_REGION } from '../../kernel/aws-api.ts';
import { isRecord } from './definition.ts';
import { exceptionName, StateFailure } from './state-failure.ts';

interface ClientOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly maxAttempts: number;
}

interface Integration {
  /** First part of the error names. */
  readonly prefix: string;
  /** Second part for errors that the service's model does not know. */
  readonly unmodelled: string;
  /** As causes name the service. */
  readonly service: string;
  readonly module: object;
  readonly connect: (options: ClientOptions) => { destroy(): void };
  readonly baseError: { readonly prototype: object };
  /** @default every action of the service */
  readonly actions?: readonly string[];
}

/** By service in the resource's ARN: those that the template uses. */
const INTEGRATIONS: Readonly<Record<string, Integration>> = {
  'aws-sdk:cloudfront': {
    prefix: 'CloudFront',
    unmodelled: 'CloudFrontException',
    service: 'CloudFront',
    module: cloudfront,
    connect: options => new cloudfront.CloudFront(options),
    baseError: cloudfront.CloudFrontServiceException,
  },
  // Older than `aws-sdk`, with error names from the SDK of that time.
  dynamodb: {
    prefix: 'DynamoDB',
    unmodelled: 'AmazonDynamoDBException',
    service: 'DynamoDb',
    module: dynamodb,
    connect: options => new dynamodb.DynamoDB(options),
    baseError: dynamodb.DynamoDBServiceException,
    actions: ['getItem'],
  },
};

type SdkTask = (
  parameters: unknown,
  context: { readonly endpoint: string; readonly caller: string; readonly signal: AbortSignal },
) => Promise<unknown>;

/**
 * A task that calls an AWS API. It fails as Step Functions names the service's error.
 *
 * @param action in camelCase, as in the resource's ARN
 * @param template the state's `Parameters`
 * @throws Error naming a service, action or parameter that is not emulated
 */
export function sdkTask(service: string, action: string, template: unknown): SdkTask {
  const integration = INTEGRATIONS[service];
  if (integration === undefined) throw new Error(`service ${service} is not emulated`);
  const members = inputMembers(integration, action);
  if (members === undefined) throw new Error(`action ${service}:${action} does not exist`);
  const unknownField = Object.keys(isRecord(template) ? template : {})
    .map(key => key.replace(/\.\$$/, ''))
    .find(key => !members.includes(key));
  if (unknownField !== undefined)
    throw new Error(`the field "${unknownField}" is not supported by ${service}:${action}`);

  return async (parameters, { endpoint, caller, signal }) => {
    const client = integration.connect({
      endpoint,
      region: LOCAL_REGION,
      credentials: { accessKeyId: caller, secretAccessKey: 'local' },
      // Retrying is up to the state machine.
      maxAttempts: 1,
    });
    try {
      const perform = Reflect.get(client, action);
      const output: unknown = await Reflect.apply(perform, client, [parameters, { abortSignal: signal }]);
      const { $metadata: _, ...result } = isRecord(output) ? output : {};
      return plainJson(result);
    } catch (error) {
      throw stateFailure(error, integration);
    } finally {
      client.destroy();
    }
  };
}

/**
 * Names as Step Functions has them: PascalCase. Undefined for an action that the service does not
 * have.
 */
function inputMembers({ module, actions }: Integration, action: string): string[] | undefined {
  if (actions?.includes(action) === false) return undefined;
  // The clients carry their service's model: an operation is [kind, namespace, name, traits, input,
  // output].
  const operation: unknown = Reflect.get(module, `${upperFirst(action)}$`);
  if (!Array.isArray(operation) || operation[0] !== 9 || action !== lowerFirst(action)) return undefined;
  const input: unknown = typeof operation[4] === 'function' ? operation[4]() : operation[4];
  const members: unknown = Array.isArray(input) ? input[4] : [];
  return Array.isArray(members) ? members.map(String) : [];
}

/** Dates become ISO strings, bytes base64. */
function plainJson(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(plainJson);
  if (!isRecord(value)) return value;
  const known = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(known.map(([key, field]) => [key, plainJson(field)]));
}

function stateFailure(error: unknown, integration: Integration): StateFailure {
  const { prefix, unmodelled, service, baseError } = integration;
  if (!(error instanceof Error)) return new StateFailure(`${prefix}.SdkClientException`, String(error));
  if (!Object.prototype.isPrototypeOf.call(baseError.prototype, error))
    return new StateFailure(`${prefix}.SdkClientException`, error.message);
  const metadata: unknown = Reflect.get(error, '$metadata');
  const { httpStatusCode, requestId } = isRecord(metadata) ? metadata : {};
  const origin = `(Service: ${service}, Status Code: ${httpStatusCode}, Request ID: ${requestId})`;
  // Errors that the service's model lacks arrive as the base class; only their text names them.
  const isModelled = Object.getPrototypeOf(error) !== baseError.prototype;
  return isModelled
    ? new StateFailure(`${prefix}.${exceptionName(error.name)}`, `${error.message} ${origin}`)
    : new StateFailure(`${prefix}.${unmodelled}`, `${error.name}: ${error.message} ${origin}`);
}

const lowerFirst = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);
const upperFirst = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);
