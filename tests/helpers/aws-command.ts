/**
 * Stands in for the AWS CLI where a machine has none: the operations that README.md and RUNBOOK.md
 * ask of it, with `--query` and `--output`. Anything else is an error, so that a document cannot
 * use what nothing here has tried.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { search } from '@aws-lambda-powertools/jmespath';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  CloudFrontClient,
  ListDistributionsCommand,
  ListInvalidationsCommand,
} from '@aws-sdk/client-cloudfront';
import { HeadObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
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

const OPERATIONS: Readonly<Record<string, (call: Call) => Promise<unknown>>> = {
  'apigateway get-api-key': getApiKey,
  'cloudformation describe-stacks': ({ client, input }) =>
    new CloudFormationClient(client).send(new DescribeStacksCommand(input)),
  'cloudfront list-distributions': ({ client, input }) =>
    new CloudFrontClient(client).send(new ListDistributionsCommand(input)),
  'cloudfront list-invalidations': async ({ client, input }) =>
    (await new CloudFrontClient(client).send(new ListInvalidationsCommand(input))).InvalidationList,
  'cloudwatch describe-alarms': describeAlarms,
  's3 ls': listFolder,
  's3 sync': uploadFolder,
  's3api head-object': ({ client, input }) => new S3Client(client).send(new HeadObjectCommand(input)),
  's3api list-objects-v2': ({ client, input }) => new S3Client(client).send(new ListObjectsV2Command(input)),
  'sqs get-queue-attributes': ({ client, input }) =>
    new SQSClient(client).send(new GetQueueAttributesCommand(input)),
  'sqs get-queue-url': ({ client, input }) => new SQSClient(client).send(new GetQueueUrlCommand(input)),
  'sqs receive-message': ({ client, input }) => new SQSClient(client).send(new ReceiveMessageCommand(input)),
  'sqs send-message': ({ client, input }) => new SQSClient(client).send(new SendMessageCommand(input)),
  'stepfunctions describe-execution': ({ client, input }) =>
    new SFNClient(client).send(new DescribeExecutionCommand(input)),
  'stepfunctions list-executions': ({ client, input }) =>
    new SFNClient(client).send(new ListExecutionsCommand(input)),
};

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
  const { bucket, key } = s3Address(operands[0]);
  const { Contents = [] } = await new S3Client(client).send(
    new ListObjectsV2Command({ Bucket: bucket, Prefix: key }),
  );
  return Contents.map(({ Size, Key = '' }) => [Size, Key.slice(key.length)]);
}

async function uploadFolder({ client, operands }: Call): Promise<unknown> {
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

function parameterName(option: string, service: string): string {
  const name = option.slice(2).replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
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
  return { operation: words.slice(0, 2).join(' '), operands: words.slice(2), input, settings };
}

async function answer(args: readonly string[]): Promise<string> {
  const { operation, operands, input, settings } = read(args);
  const perform = OPERATIONS[operation];
  const endpoint = settings.get('--endpoint-url');
  if (perform === undefined) throw new Error(`The stand-in for the AWS CLI does not know aws ${operation}`);
  if (endpoint === undefined)
    throw new Error('The stand-in for the AWS CLI talks to the local cloud only: --endpoint-url is missing');
  const client = { endpoint, region: settings.get('--region') ?? 'us-east-1', forcePathStyle: true } as const;
  const result = await perform({ client, operands, input: input as never });
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
