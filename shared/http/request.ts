import type { APIGatewayProxyEvent } from 'aws-lambda';
import { readJsonObject } from './json-body.ts';
import { RequestRefusedError } from './refusal.ts';

/** A request as API Gateway's Lambda proxy integration hands it over. */
export interface ApiRequest {
  readonly query: () => Readonly<Record<string, string>>;
  readonly json: () => Record<string, unknown>;
  /** Revision in `If-Match`; undefined if any will do, an empty one if none can match. */
  readonly expectedRevision: () => string | undefined;
  readonly idempotencyKey: () => string | undefined;
}

/** The part of the event that is read here. API Gateway's test console sends no headers at all. */
type ProxyEvent = Pick<
  APIGatewayProxyEvent,
  'body' | 'isBase64Encoded' | 'queryStringParameters' | 'multiValueQueryStringParameters'
> & { readonly headers: APIGatewayProxyEvent['headers'] | null };

/** Every method throws RequestRefusedError for what it cannot understand. */
export function readRequest(event: ProxyEvent): ApiRequest {
  const header = (name: string) => headerOf(event, name);
  return {
    query: () => queryOf(event),
    json: () =>
      readJsonObject({
        contentType: header('content-type'),
        content: event.body,
        isBase64Encoded: event.isBase64Encoded,
      }),
    expectedRevision: () => revisionIn(header('if-match')),
    idempotencyKey: () => checkedKey(header('idempotency-key')),
  };
}

export function etagOf({ revision }: { readonly revision: string }): string {
  return `"${revision}"`;
}

/** API Gateway passes names on in the case that the client or CloudFront used. */
function headerOf({ headers }: ProxyEvent, name: string): string | undefined {
  return Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
}

function queryOf(event: ProxyEvent): Record<string, string> {
  const repeated = Object.entries(event.multiValueQueryStringParameters ?? {}).find(
    ([, values]) => (values?.length ?? 0) > 1,
  );
  if (repeated !== undefined)
    throw badRequest(`The query parameter "${repeated[0].slice(0, 64)}" is there twice.`);
  const entries = Object.entries(event.queryStringParameters ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [name, value ?? '']));
}

/** One entity tag or `*` (RFC 9110 §13.1.1). A weak tag matches nothing. */
function revisionIn(ifMatch: string | undefined): string | undefined {
  const text = ifMatch?.trim();
  if (text === undefined || text === '*') return;
  if (!/^(W\/)?"[\x21\x23-\x7e]*"$/.test(text)) {
    throw badRequest('If-Match must be one ETag in quotes, as it was read, or *.');
  }
  return text.startsWith('"') ? text.slice(1, -1) : '';
}

function checkedKey(key: string | undefined): string | undefined {
  if (key === undefined || /^[\x20-\x7e]{1,128}$/.test(key)) return key;
  throw badRequest('Idempotency-Key must be 1 to 128 printable ASCII characters.');
}

function badRequest(message: string): RequestRefusedError {
  return new RequestRefusedError('BadRequest', message);
}
