/**
 * Stands in for the AWS CLI where a machine has none: the operations that README.md and RUNBOOK.md
 * ask of it, with `--query` and `--output`. Anything else is an error, so that a document cannot
 * use what nothing here has tried.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { search } from '@aws-lambda-powertools/jmespath';
import { filesIn } from '../../infra/files-in.ts';
import { authorizationOf } from '../../infra/local/kernel/aws-api.ts';

interface Call {
  readonly client: { readonly endpoint: string; readonly region: string; readonly forcePathStyle: true };
  /** What follows the operation without a name. */
  readonly operands: readonly string[];
  /** The parameters by name, whatever they are: the service refuses what it does not know. */
  readonly input: never;
}

/** Parameters whose values are lists, though one value is given. */
const LISTS: ReadonlySet<string> = new Set(['AttributeNames']);
/** Parameters without a value. */
const FLAGS: ReadonlySet<string> = new Set(['IncludeValue']);

/**
 * What the SDK does as it stands, by the CLI's names. Each client is loaded when it is asked for:
 * all of them take a second.
 */
const SDK: Readonly<Record<string, SdkService>> = {
  cloudformation: {
    load: () => import('@aws-sdk/client-cloudformation'),
    client: 'CloudFormationClient',
    operations: ['describe-stacks'],
  },
  cloudfront: {
    load: () => import('@aws-sdk/client-cloudfront'),
    client: 'CloudFrontClient',
    operations: ['list-distributions', 'list-invalidations'],
  },
  s3api: {
    load: () => import('@aws-sdk/client-s3'),
    client: 'S3Client',
    operations: ['head-object', 'list-objects-v2'],
  },
  sqs: {
    load: () => import('@aws-sdk/client-sqs'),
    client: 'SQSClient',
    operations: ['get-queue-attributes', 'get-queue-url', 'receive-message', 'send-message'],
  },
  stepfunctions: {
    load: () => import('@aws-sdk/client-sfn'),
    client: 'SFNClient',
    operations: ['describe-execution', 'list-executions'],
  },
};

interface SdkService {
  readonly load: () => Promise<object>;
  readonly client: string;
  readonly operations: readonly string[];
}

/** What takes more than one call, or a service whose client this repository does not have. */
const OTHERS: Readonly<Record<string, (call: Call) => Promise<unknown>>> = {
  'apigateway get-api-key': getApiKey,
  'cloudwatch describe-alarms': describeAlarms,
  's3 ls': listFolder,
  's3 sync': uploadFolder,
};

async function perform(service: string, operation: string, call: Call): Promise<unknown> {
  const other = OTHERS[`${service} ${operation}`];
  if (other !== undefined) return await other(call);
  const { load, client, operations } = SDK[service] ?? {};
  if (load === undefined || client === undefined || !operations?.includes(operation))
    throw new Error(`The stand-in for the AWS CLI does not know aws ${service} ${operation}`);
  const module = new Map(Object.entries(await load()));
  const Client = module.get(client);
  const Command = module.get(`${pascalCase(operation)}Command`);
  const result = await new Client(call.client).send(new Command(call.input));
  return result.InvalidationList ?? result;
}

async function getApiKey({ client, input }: Call): Promise<unknown> {
  const { ApiKey, IncludeValue = false } = Object(input);
  const url = `${client.endpoint}/apikeys/${ApiKey}?includeValue=${IncludeValue}`;
  return await (
    await fetch(url, { headers: { authorization: authorizationOf('local', 'apigateway') } })
  ).json();
}

async function describeAlarms({ client, input }: Call): Promise<unknown> {
  const response = await fetch(client.endpoint, {
    method: 'POST',
    headers: {
      authorization: authorizationOf('local', 'monitoring'),
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'GraniteServiceVersion20100801.DescribeAlarms',
    },
    body: JSON.stringify(input),
  });
  if (!response.ok) throw new Error(await response.text());
  return await response.json();
}

async function listFolder({ client, operands }: Call): Promise<unknown> {
  const { ListObjectsV2Command, S3Client } = await import('@aws-sdk/client-s3');
  const { bucket, key } = s3Address(operands[0]);
  const { Contents = [] } = await new S3Client(client).send(
    new ListObjectsV2Command({ Bucket: bucket, Prefix: key }),
  );
  return Contents.map(({ Size, Key = '' }) => [Size, Key.slice(key.length)]);
}

async function uploadFolder({ client, operands }: Call): Promise<unknown> {
  const { PutObjectCommand, S3Client } = await import('@aws-sdk/client-s3');
  const [folder = '', destination] = operands;
  const { bucket, key } = s3Address(destination);
  const s3 = new S3Client(client);
  for (const file of filesIn(folder)) {
    const Body = await readFile(join(folder, file));
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: `${key}/${file}`, Body }));
  }
  return undefined;
}

function s3Address(address = ''): { bucket: string; key: string } {
  const [, bucket, key = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(address) ?? [];
  if (bucket === undefined) throw new Error(`${address} is no address in S3`);
  return { bucket, key };
}

const pascalCase = (name: string) =>
  name.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());

function parameterName(option: string, service: string): string {
  const name = pascalCase(option.slice(2));
  return service === 'stepfunctions' ? name.charAt(0).toLowerCase() + name.slice(1) : name;
}

function parameterValue(name: string, text: string): unknown {
  if (LISTS.has(name)) return [text];
  return /^\d+$/.test(text) ? Number(text) : text;
}

/**
 * Lists of lists are lines of columns, as in the AWS CLI; objects, which it tells apart by their
 * names, are not known here.
 */
function asText(value: unknown): string {
  const rows = Array.isArray(value) ? value : [value];
  if (!rows.some(Array.isArray)) return rows.map(cell => asCell(cell)).join('\t');
  return rows.map(asText).join('\n');
}

function asCell(value: unknown): string {
  if (typeof value === 'object' && value !== null) throw new Error('--output text takes no objects here');
  return value === null || value === undefined ? 'None' : String(value);
}

const SETTINGS: ReadonlySet<string> = new Set(['--endpoint-url', '--region', '--query', '--output']);

interface CommandLine {
  readonly service: string;
  readonly operation: string;
  readonly operands: readonly string[];
  readonly input: Readonly<Record<string, unknown>>;
  readonly settings: ReadonlyMap<string, string>;
}

function read(args: readonly string[]): CommandLine {
  const settings = new Map<string, string>();
  const input: Record<string, unknown> = {};
  const words: string[] = [];
  const remaining = args.values();
  for (const argument of remaining) {
    const name = parameterName(argument, words[0] ?? '');
    const value = () => remaining.next().value ?? '';
    if (!argument.startsWith('--')) words.push(argument);
    else if (SETTINGS.has(argument)) settings.set(argument, value());
    else input[name] = FLAGS.has(name) || parameterValue(name, value());
  }
  const [service = '', operation = '', ...operands] = words;
  return { service, operation, operands, input, settings };
}

async function answer(args: readonly string[]): Promise<string> {
  const { service, operation, operands, input, settings } = read(args);
  const endpoint = settings.get('--endpoint-url');
  if (endpoint === undefined)
    throw new Error('The stand-in for the AWS CLI talks to the local cloud only: --endpoint-url is missing');
  const client = { endpoint, region: settings.get('--region') ?? 'us-east-1', forcePathStyle: true } as const;
  const result = await perform(service, operation, { client, operands, input: input as never });
  if (result === undefined) return '';
  const query = settings.get('--query');
  // Dates and the like become what JSON has for them; what the SDK adds is left out.
  const json = JSON.stringify(result, (name, value) => (name === '$metadata' ? undefined : value));
  const found = query === undefined ? JSON.parse(json) : search(query, JSON.parse(json));
  return `${settings.get('--output') === 'text' ? asText(found) : JSON.stringify(found, undefined, 4)}\n`;
}

answer(process.argv.slice(2)).then(
  text => process.stdout.write(text),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 255;
  },
);
