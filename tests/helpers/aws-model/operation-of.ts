import { operationOf } from '../../../infra/local/kernel/action-names.ts';
import type { AwsRequest } from '../../../infra/local/kernel/aws-api.ts';
import type { Model, Operation } from './models.ts';
import type { Structure } from './shapes.ts';

/**
 * The operation of the model that a request asks for; undefined if it is none of AWS's. For REST it
 * is found by the model's own routes, not by what the local cloud makes of the request.
 */
export function findOperation(model: Model, request: AwsRequest): Operation | undefined {
  const routes = routesOf(model);
  if (routes.length === 0) {
    const name = operationOf(request);
    return model.operations.find(each => each.name === name);
  }
  const url = new URL(`http://aws${request.url}`);
  const addressed = { ...request, query: url.searchParams, ...addressOf(model, request.url) };
  return routes.find(route => isTo(route, addressed))?.operation;
}

interface Addressed extends AwsRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  /** Of S3: whether the address names a bucket. */
  readonly hasBucket: boolean | undefined;
}

/** The paths of S3's model begin after the bucket. */
function addressOf({ client }: Model, url: string): Pick<Addressed, 'path' | 'hasBucket'> {
  const [path = '/'] = url.split('?');
  if (client !== 'client-s3') return { path: path.replace(/(?<=.)\/$/, ''), hasBucket: undefined };
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  return { path: `/${key}`, hasBucket: bucket !== '' };
}

interface Route {
  readonly operation: Operation;
  readonly method: string;
  readonly path: RegExp;
  /** Parameters that the route names, with their values. */
  readonly query: readonly (readonly [string, string])[];
  /** Names the operation once more; only some SDKs send it. */
  readonly id: string | undefined;
  readonly needs: Bindings;
}

/** What of a request's required input is in its query and its headers. */
interface Bindings {
  readonly query: readonly string[];
  readonly headers: readonly string[];
  readonly bucket: boolean;
}

const routes = new WeakMap<Model, readonly Route[]>();

/** The most particular ones first. */
function routesOf(model: Model): readonly Route[] {
  const known = routes.get(model) ?? model.operations.flatMap(routeOf).sort((a, b) => weight(b) - weight(a));
  routes.set(model, known);
  return known;
}

function weight({ query, needs, path }: Route): number {
  return (query.length + needs.query.length + needs.headers.length) * 1000 + path.source.length;
}

function routeOf(operation: Operation): Route[] {
  if (operation.http === undefined) return [];
  const { method, uri } = operation.http;
  const [path = '', search = ''] = uri.split('?');
  const query = [...new URLSearchParams(search)];
  return [
    {
      operation,
      method,
      path: patternOf(path),
      query: query.filter(([name]) => name !== 'x-id'),
      id: query.find(([name]) => name === 'x-id')?.[1],
      needs: bindingsOf(operation.input),
    },
  ];
}

/** `{Key+}` stands for any characters, `{Id}` for one segment. */
function patternOf(path: string): RegExp {
  const pattern = path
    .replace(/[.*+?^$()|[\]\\](?!\})/g, '\\$&')
    .replace(/\{\w+(\+?)\}/g, (_, greedy) => (greedy === '' ? '[^/]+' : '.+'));
  return new RegExp(`^${pattern}$`, 's');
}

function bindingsOf(input: Structure): Bindings {
  const required = input.members().filter(({ isRequired }) => isRequired);
  const traits = required.map(each => each.traits);
  return {
    query: traits.flatMap(({ httpQuery }) => httpQuery ?? []),
    headers: traits.flatMap(({ httpHeader }) => httpHeader?.toLowerCase() ?? []),
    bucket: required.some(({ name }) => name === 'Bucket'),
  };
}

function isTo({ operation, method, path, query, id, needs }: Route, request: Addressed): boolean {
  const askedFor = request.query.get('x-id');
  return (
    method === request.method &&
    path.test(request.path) &&
    (askedFor === null || (id ?? operation.name) === askedFor) &&
    query.every(
      ([name, value]) => request.query.has(name) && (value === '' || request.query.get(name) === value),
    ) &&
    needs.query.every(name => request.query.has(name)) &&
    needs.headers.every(name => request.headers[name] !== undefined) &&
    (request.hasBucket ?? needs.bucket) === needs.bucket
  );
}
