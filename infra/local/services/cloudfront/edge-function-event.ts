import { splitQuery } from './invalidation-paths.ts';
import { type Headers, header, type ViewerRequest } from './messages.ts';

export interface EdgeField {
  readonly value: string;
  readonly multiValue?: readonly { readonly value: string }[] | undefined;
}

/** The `request` of a CloudFront Functions event, version 1.0. */
export interface EdgeFields {
  readonly method: string;
  readonly uri: string;
  readonly querystring: Readonly<Record<string, EdgeField>>;
  readonly headers: Readonly<Record<string, EdgeField>>;
  readonly cookies: Readonly<Record<string, EdgeField>>;
}

/**
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-restrictions.html
 */
const DISALLOWED_HEADERS =
  /^(?:connection|expect|keep-alive|proxy-.*|trailer|upgrade|x-accel-.*|x-amz-cf-.*|x-amzn-(?:auth|cf-.*|errortype|fle-profile|header-.*|lambda-integration-tag|requestid)|x-cache|x-edge-.*|x-forwarded-proto|x-real-ip)$/;

/** What a viewer-request function may read but not change. */
export const READ_ONLY_HEADERS = ['content-length', 'host', 'transfer-encoding', 'via'];

/** @returns the first header name a function may not set: disallowed, or not in lower case */
export function forbiddenHeader(headers: Readonly<Record<string, unknown>>): string | undefined {
  return Object.keys(headers).find(name => name !== name.toLowerCase() || DISALLOWED_HEADERS.test(name));
}

export function requestFields(request: ViewerRequest): EdgeFields {
  const [uri, query = ''] = splitQuery(request.url);
  const visible = Object.entries(request.headers).filter(
    ([name]) => name !== 'cookie' && !DISALLOWED_HEADERS.test(name),
  );
  return {
    method: request.method,
    uri,
    querystring: collect(pairs(query, '&')),
    headers: Object.fromEntries(
      visible.map(([name, value]) => [name, fieldOf(request.repeatedHeaders?.[name] ?? [value])]),
    ),
    cookies: collect(pairs(header(request.headers, 'cookie') ?? '', ';')),
  };
}

/**
 * Turns what the function returned into a request. What it left alone keeps the viewer's spelling.
 */
export function urlAndHeaders(
  changed: EdgeFields,
  given: EdgeFields,
  request: ViewerRequest,
): { url: string; headers: Headers } {
  const [, viewerQuery = ''] = splitQuery(request.url);
  const query = same(changed.querystring, given.querystring)
    ? viewerQuery
    : join(changed.querystring, given.querystring, '&');
  const cookie = same(changed.cookies, given.cookies)
    ? (header(request.headers, 'cookie') ?? '')
    : join(changed.cookies, given.cookies, '; ');
  const hidden = Object.entries(request.headers).filter(([name]) => DISALLOWED_HEADERS.test(name));
  const shown = Object.entries(changed.headers).map(([name, field]) => [
    name,
    values(field, given.headers[name]).join(', '),
  ]);
  return {
    url: changed.uri + (query === '' ? '' : `?${query}`),
    headers: { ...Object.fromEntries([...hidden, ...shown]), ...(cookie === '' ? {} : { cookie }) },
  };
}

function pairs(text: string, separator: string): [string, string][] {
  return text
    .split(separator)
    .map(part => part.trim())
    .filter(part => part !== '')
    .map(part => {
      const equals = part.indexOf('=');
      return equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)];
    });
}

function collect(entries: readonly [string, string][]): Record<string, EdgeField> {
  const grouped = Map.groupBy(entries, ([name]) => name);
  return Object.fromEntries(
    [...grouped].map(([name, group]) => [name, fieldOf(group.map(([, value]) => value))]),
  );
}

function fieldOf(values: readonly string[]): EdgeField {
  const [value = ''] = values;
  return values.length > 1 ? { value, multiValue: values.map(each => ({ value: each })) } : { value };
}

function join(
  fields: Readonly<Record<string, EdgeField>>,
  given: Readonly<Record<string, EdgeField>>,
  separator: string,
): string {
  return Object.entries(fields)
    .flatMap(([name, field]) =>
      values(field, given[name]).map(value => (value === '' ? name : `${name}=${value}`)),
    )
    .join(separator);
}

/** A changed `multiValue` wins; otherwise a changed `value` replaces the first of several. */
function values(field: EdgeField, given: EdgeField | undefined): string[] {
  const all = field.multiValue?.map(each => each.value);
  if (all === undefined) return [field.value];
  return same(field.multiValue, given?.multiValue) ? [field.value, ...all.slice(1)] : all;
}

function same(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
