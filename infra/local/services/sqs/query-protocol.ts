/**
 * SQS's Query protocol, which AWS CLIs and SDKs older than the end of 2023 speak: a request becomes
 * one in JSON, its answer XML. The names are those of the API reference's examples and of the model
 * that botocore had then.
 */
import { fieldsOf } from '../../kernel/api-traits.ts';
import {
  AwsError,
  type AwsRequest,
  type AwsResponse,
  type AwsService,
  answeringErrors,
} from '../../kernel/aws-api.ts';
import { queryParameters, queryResponse } from '../../kernel/query-protocol.ts';
import { xmlErrorResponse } from '../../kernel/xml.ts';
import { queryErrorIn } from './error-codes.ts';

const NAMESPACE = 'http://queue.amazonaws.com/doc/2012-11-05/';

/** Lists of a request: `AttributeName.1=All` and so on. */
const LISTS: Readonly<Record<string, string>> = {
  AttributeName: 'AttributeNames',
  MessageAttributeName: 'MessageAttributeNames',
  MessageSystemAttributeName: 'MessageSystemAttributeNames',
  TagKey: 'TagKeys',
};

/** Maps of requests and answers: `Attribute.1.Name=…&Attribute.1.Value=…` and so on. */
const MAPS: Readonly<Record<string, string>> = {
  Attribute: 'Attributes',
  MessageAttribute: 'MessageAttributes',
  MessageSystemAttribute: 'MessageSystemAttributes',
  Tag: 'Tags',
};

const INTEGERS: ReadonlySet<string> = new Set([
  'DelaySeconds',
  'MaxNumberOfMessages',
  'MaxResults',
  'VisibilityTimeout',
  'WaitTimeSeconds',
]);

/** Actions whose answers have no element for a result, not even an empty one. */
const WITHOUT_RESULT: ReadonlySet<string> = new Set([
  'ChangeMessageVisibility',
  'DeleteMessage',
  'DeleteQueue',
  'PurgeQueue',
  'SetQueueAttributes',
  'TagQueue',
  'UntagQueue',
]);

/** Answers requests in the Query protocol by a service that speaks JSON alone. */
export function answeringQueries(sqs: AwsService): AwsService {
  const answer: AwsService = async request => {
    const action = queryParameters(request).get('Action');
    if (action === null)
      throw new AwsError('MissingAction', 'The request must contain the parameter Action.');
    const response = await sqs(inJson(request, action));
    if (response.status >= 400) return queryError(queryErrorIn(response));
    const result = WITHOUT_RESULT.has(action) ? undefined : elementsOf(fieldsIn(response), action);
    return queryResponse(action, result, NAMESPACE);
  };
  const answerQuery = answeringErrors(answer, queryError);
  return request => (isQuery(request) ? answerQuery : sqs)(request);
}

export function isQuery({ headers }: AwsRequest): boolean {
  return headers['x-amz-target'] === undefined && headers['content-type']?.includes('json') !== true;
}

/** An error as SQS writes it in the Query protocol. */
export function queryError(error: AwsError): AwsResponse {
  return xmlErrorResponse(error, NAMESPACE);
}

/** The queue that a request is about, in either protocol; undefined if it names none. */
export function queueUrlIn(request: AwsRequest): string | undefined {
  return isQuery(request)
    ? queueUrlOf(request, queryParameters(request))
    : fieldsOf<{ QueueUrl: string }>(request.body).QueueUrl;
}

/** A Query request may name its queue by going to its URL instead of to `/`. */
function queueUrlOf({ url }: AwsRequest, parameters: URLSearchParams): string | undefined {
  const path = /^\/\d+\/[\w.-]+/.exec(url)?.[0];
  return parameters.get('QueueUrl') ?? (path === undefined ? undefined : `http://sqs${path}`);
}

function inJson(request: AwsRequest, action: string): AwsRequest {
  const parameters = queryParameters(request);
  const { Action: _, Version: __, ...input } = inputOf(treeOf(parameters), action);
  const QueueUrl = queueUrlOf(request, parameters);
  return {
    ...request,
    method: 'POST',
    url: '/',
    headers: {
      ...request.headers,
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `AmazonSQS.${action}`,
    },
    body: Buffer.from(JSON.stringify({ ...input, QueueUrl })),
  };
}

/** Parameters by the parts of their names: `Attribute.1.Name` is three levels deep. */
type Tree = Map<string, Tree | string>;

function treeOf(parameters: URLSearchParams): Tree {
  const root: Tree = new Map();
  for (const [name, value] of parameters) {
    const parts = name.split('.');
    let branch = root;
    for (const part of parts.slice(0, -1)) {
      const known = branch.get(part);
      const next: Tree = known instanceof Map ? known : new Map();
      branch.set(part, next);
      branch = next;
    }
    branch.set(parts.at(-1) ?? '', value);
  }
  return root;
}

/** @throws AwsError InvalidParameterValue for an integer that is none */
function inputOf(tree: Tree, action: string): Record<string, unknown> {
  const field = (name: string, value: Tree | string): [string, unknown] => {
    const list = LISTS[name];
    const map = MAPS[name];
    if (list !== undefined) return [list, membersOf(value)];
    // CreateQueue alone writes its tags in lower case.
    if (map !== undefined) return [action === 'CreateQueue' && map === 'Tags' ? 'tags' : map, mapOf(value)];
    if (name === `${action}RequestEntry`)
      return ['Entries', membersOf(value).map(entry => entry instanceof Map && inputOf(entry, action))];
    if (value instanceof Map) return [name, Object.fromEntries(value)];
    return [name, INTEGERS.has(name) ? integerOf(name, value) : value];
  };
  return Object.fromEntries([...tree].map(([name, value]) => field(name, value)));
}

/** In the order of their numbers. A single member may come without one. */
function membersOf(value: Tree | string): (Tree | string)[] {
  if (!(value instanceof Map) || ![...value.keys()].every(key => /^\d+$/.test(key))) return [value];
  return [...value].sort(([a], [b]) => Number(a) - Number(b)).map(([, member]) => member);
}

function mapOf(value: Tree | string): Record<string, unknown> {
  const entries = membersOf(value).map(member => {
    const entry: Tree = member instanceof Map ? member : new Map();
    const content = entry.get('Value') ?? '';
    return [
      String(entry.get('Name') ?? entry.get('Key')),
      content instanceof Map ? Object.fromEntries(content) : content,
    ] as const;
  });
  return Object.fromEntries(entries);
}

function integerOf(name: string, value: string): number {
  if (/^-?\d+$/.test(value)) return Number(value);
  throw new AwsError(
    'InvalidParameterValue',
    `Value ${value} for parameter ${name} is invalid. Reason: Must be an integer.`,
  );
}

function fieldsIn({ body = '' }: AwsResponse): Record<string, unknown> {
  return fieldsOf<Record<string, unknown>>(Buffer.from(body));
}

/** The elements of a result. Lists are flattened; maps are elements with `Name` and `Value`. */
function elementsOf(fields: Record<string, unknown>, action: string): object {
  const element = (name: string, value: unknown): [string, unknown] => {
    if (name === 'Successful') return [`${action}ResultEntry`, value];
    if (name === 'Failed') return ['BatchResultErrorEntry', value];
    // Messages, QueueUrls, Attributes, MessageAttributes, Tags.
    const singular = name.replace(/s$/, '');
    if (Array.isArray(value))
      return [singular, value.map(each => (Object(each) === each ? elementsOf(each, action) : each))];
    if (MAPS[singular] !== name) return [name, value];
    const key = singular === 'Tag' ? 'Key' : 'Name';
    return [singular, Object.entries(Object(value)).map(([each, Value]) => ({ [key]: each, Value }))];
  };
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => element(name, value)));
}
