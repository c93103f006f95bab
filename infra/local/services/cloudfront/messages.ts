/**
 * Header names are lower case throughout the local edge. Several headers of one name are one value
 * with commas, except `Set-Cookie`: see `joinedSetCookies`.
 */
export type Headers = Readonly<Record<string, string>>;

export interface ViewerRequest {
  readonly method: string;
  /** Path with query string, as the viewer sent it. */
  readonly url: string;
  readonly headers: Headers;
  /** Headers that the viewer sent several times, value by value. @default none */
  readonly repeatedHeaders?: Readonly<Record<string, readonly string[]>>;
  readonly body: Buffer;
  /** @default '127.0.0.1' */
  readonly ip?: string;
}

export interface ViewerResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

export interface OriginRequest {
  readonly originId: string;
  readonly domainName: string;
  /** Also part of `url`; an origin may want to strip it. */
  readonly originPath: string;
  /** The origin's custom headers; also part of `headers`. */
  readonly customHeaders: Headers;
  readonly method: string;
  /** Origin path, path and query string as sent to the origin. */
  readonly url: string;
  readonly headers: Headers;
  readonly body: Buffer;
  /**
   * Who asks the origin: the distribution's ARN (OAC), or `origin-access-identity/cloudfront/…`
   * (OAI).
   */
  readonly signedAs?: string;
}

export interface OriginResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** Asks an origin as the edge would. */
export type FetchOrigin = (request: OriginRequest) => Promise<OriginResponse>;

/** A header's value, if there is one. */
export function header(headers: Headers, name: string): string | undefined {
  return headers[name];
}

/**
 * Several `Set-Cookie` headers as one, with line breaks between them: cookies contain commas, and
 * no header contains a line break.
 */
export function joinedSetCookies(values: readonly string[]): Headers {
  return values.length === 0 ? {} : { 'set-cookie': values.join('\n') };
}

/** Headers as node:http writes them. */
export function asSent(headers: Headers): Record<string, string | string[]> {
  const cookies = header(headers, 'set-cookie');
  return { ...headers, ...(cookies === undefined ? {} : { 'set-cookie': cookies.split('\n') }) };
}

/** Headers without the named ones. */
export function without(headers: Headers, ...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}

export function lowerCaseNames(headers: Headers): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
