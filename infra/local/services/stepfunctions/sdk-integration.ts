import * as cloudfront from '@aws-sdk/client-cloudfront';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as s3 from '@aws-sdk/client-s3';
import * as sesv2 from '@aws-sdk/client-sesv2';
import * as sfn from '@aws-sdk/client-sfn';
import * as sqs from '@aws-sdk/client-sqs';
import { LOCAL_REGION } from '../../kernel/aws-api.ts';
import { isRecord } from './definition.ts';
import { StateFailure } from './state-failure.ts';

interface ClientOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly maxAttempts: number;
}

interface Integration {
  /** First part of the error names. */
  readonly prefix: string;
  readonly module: object;
  readonly connect: (options: ClientOptions) => { destroy(): void };
  readonly baseError: { readonly prototype: object };
  /** Members of the API are camelCase; in a state machine they are PascalCase all the same. */
  readonly camelCase?: true;
}

const INTEGRATIONS: Readonly<Record<string, Integration>> = {
  cloudfront: {
    prefix: 'CloudFront',
    module: cloudfront,
    connect: options => new cloudfront.CloudFront(options),
    baseError: cloudfront.CloudFrontServiceException,
  },
  dynamodb: {
    prefix: 'DynamoDb',
    module: dynamodb,
    connect: options => new dynamodb.DynamoDB(options),
    baseError: dynamodb.DynamoDBServiceException,
  },
  s3: {
    prefix: 'S3',
    module: s3,
    connect: options => new s3.S3({ ...options, forcePathStyle: true }),
    baseError: s3.S3ServiceException,
  },
  sesv2: {
    prefix: 'SesV2',
    module: sesv2,
    connect: options => new sesv2.SESv2(options),
    baseError: sesv2.SESv2ServiceException,
  },
  sfn: {
    prefix: 'Sfn',
    module: sfn,
    connect: options => new sfn.SFN(options),
    baseError: sfn.SFNServiceException,
    camelCase: true,
  },
  sqs: {
    prefix: 'Sqs',
    module: sqs,
    connect: options => new sqs.SQS(options),
    baseError: sqs.SQSServiceException,
  },
};

export interface SdkCall {
  readonly service: string;
  /** camelCase, as in the resource ARN. */
  readonly action: string;
  /** @throws StateFailure named as Step Functions names the service's error */
  send(
    parameters: unknown,
    caller: { readonly endpoint: string; readonly accessKeyId: string; readonly signal: AbortSignal },
  ): Promise<unknown>;
}

/**
 * @param names prefix of the error names, and the name of errors that the service's model does not know;
 *   by default those of the `aws-sdk` integrations
 * @throws Error naming a service, action or parameter that is not emulated
 */
export function sdkCall(
  service: string,
  action: string,
  template: unknown,
  names: { readonly prefix?: string; readonly unmodelled?: string } = {},
): SdkCall {
  const integration = INTEGRATIONS[service];
  if (integration === undefined) throw new Error(`service ${service} is not emulated`);
  const members = inputMembers(integration, action);
  if (members === undefined) throw new Error(`action ${service}:${action} does not exist`);
  const unknownField = Object.keys(isRecord(template) ? template : {})
    .map(key => key.replace(/\.\$$/, ''))
    .find(key => !members.includes(key));
  if (unknownField !== undefined)
    throw new Error(`the field "${unknownField}" is not supported by ${service}:${action}`);

  const prefix = names.prefix ?? integration.prefix;
  const unmodelled = names.unmodelled ?? `${prefix}Exception`;
  return {
    service,
    action,
    async send(parameters, { endpoint, accessKeyId, signal }) {
      const client = integration.connect({
        endpoint,
        region: LOCAL_REGION,
        credentials: { accessKeyId, secretAccessKey: 'local' },
        maxAttempts: 1,
      });
      const input = withJsonBodies(integration.camelCase ? renameKeys(parameters, lowerFirst) : parameters);
      try {
        const output: unknown = await Reflect.apply(Reflect.get(client, action), client, [
          input,
          { abortSignal: signal },
        ]);
        const { $metadata: _, ...result } = isRecord(output) ? output : {};
        const plain = await plainJson(result);
        return integration.camelCase ? renameKeys(plain, upperFirst) : plain;
      } catch (error) {
        throw stateFailure(error, integration, prefix, unmodelled);
      } finally {
        client.destroy();
      }
    },
  };
}

/** Names as Step Functions has them: PascalCase. Undefined for an action that the service does not have. */
function inputMembers(integration: Integration, action: string): string[] | undefined {
  // The clients carry their service's model: an operation is [kind, namespace, name, traits, input, output].
  const operation: unknown = Reflect.get(integration.module, `${upperFirst(action)}$`);
  if (!Array.isArray(operation) || operation[0] !== 9 || action !== lowerFirst(action)) return undefined;
  const input: unknown = typeof operation[4] === 'function' ? operation[4]() : operation[4];
  const members: unknown = Array.isArray(input) ? input[4] : [];
  return Array.isArray(members) ? members.map(member => upperFirst(String(member))) : [];
}

/** `MessageBody` and `Body` may be written as an object; the service gets it as JSON text. */
function withJsonBodies(parameters: unknown): Record<string, unknown> {
  if (!isRecord(parameters)) return {};
  return Object.fromEntries(
    Object.entries(parameters).map(([key, value]) => [
      key,
      (key === 'MessageBody' || key === 'Body') && typeof value !== 'string' ? JSON.stringify(value) : value,
    ]),
  );
}

async function plainJson(value: unknown): Promise<unknown> {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Set) return plainJson([...value]);
  if (Array.isArray(value)) return await Promise.all(value.map(plainJson));
  if (typeof value !== 'object' || value === null) return value;
  const read: unknown = Reflect.get(value, 'transformToString');
  if (typeof read === 'function') return await Reflect.apply(read, value, []);
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(
    await Promise.all(entries.map(async ([key, field]) => [key, await plainJson(field)])),
  );
}

function stateFailure(
  error: unknown,
  integration: Integration,
  prefix: string,
  unmodelled: string,
): StateFailure {
  if (!(error instanceof Error)) return new StateFailure(`${prefix}.SdkClientException`, String(error));
  if (!Object.prototype.isPrototypeOf.call(integration.baseError.prototype, error))
    return new StateFailure(`${prefix}.SdkClientException`, error.message);
  const metadata: unknown = Reflect.get(error, '$metadata');
  const { httpStatusCode, requestId } = isRecord(metadata) ? metadata : {};
  const origin = `(Service: ${integration.prefix}, Status Code: ${httpStatusCode}, Request ID: ${requestId})`;
  // Errors that the service's model lacks arrive as the base class itself; only their text tells which one it was.
  const isModelled = Object.getPrototypeOf(error) !== integration.baseError.prototype;
  return isModelled
    ? new StateFailure(`${prefix}.${exceptionName(error.name)}`, `${error.message} ${origin}`)
    : new StateFailure(`${prefix}.${unmodelled}`, `${error.name}: ${error.message} ${origin}`);
}

/** Step Functions always appends `Exception`, once. */
export function exceptionName(code: string): string {
  return code.endsWith('Exception') ? code : `${code}Exception`;
}

function renameKeys(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map(item => renameKeys(item, rename));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [rename(key), renameKeys(field, rename)]),
  );
}

const lowerFirst = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);
const upperFirst = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);
