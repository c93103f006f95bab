/*
 * The CloudFront Function in front of the API. `edge-code.ts` bundles it and says which syntax it
 * may use. An event is described at
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
 */
import crypto from 'node:crypto';
import { isCanonicalPath } from '../../shared/school/session/canonical-path.ts';
import { FLOW_COOKIE } from '../../shared/school/session/flow-cookie.ts';
import { type HeaderField, isFromOwnPage, isRead } from '../../shared/school/session/same-origin.ts';
import {
  SESSION_COOKIE,
  sessionIn,
  USER_HEADER,
  userHeaderOf,
} from '../../shared/school/session/session-cookie.ts';
import type { CookieField, Signing } from '../../shared/school/session/signed-cookie.ts';

interface EdgeRequest {
  readonly method: string;
  /** Path without query string. */
  uri: string;
  /** By their names in lower case. `Cookie` is not among them. */
  readonly headers: Record<string, HeaderField>;
  cookies: Record<string, CookieField | undefined>;
}

interface EdgeAnswer {
  readonly statusCode: number;
  readonly statusDescription: string;
  readonly headers: Readonly<Record<string, HeaderField>>;
  readonly body: string;
}

// The deployment puts the values here: CloudFront Functions have no environment.
const API_KEY = 'API_KEY_PLACEHOLDER';
const SIGNING: Signing = {
  keys: {
    previous: { id: 'PREVIOUS_ID_PLACEHOLDER', secret: 'PREVIOUS_SECRET_PLACEHOLDER' },
    current: { id: 'CURRENT_ID_PLACEHOLDER', secret: 'CURRENT_SECRET_PLACEHOLDER' },
    next: { id: 'NEXT_ID_PLACEHOLDER', secret: 'NEXT_SECRET_PLACEHOLDER' },
  },
  hmac: (secret, text) => crypto.createHmac('sha256', secret).update(text).digest('base64url'),
};

const API_KEY_HEADER = 'x-api-key';

/** For people who have no session yet, or want none any more. The API asks no key for these. */
const OPEN_ROUTES = ['/api/session/start', '/api/session/callback', '/api/session/leave'];

/**
 * Lets requests with a session pass to the API: with the API key, which no browser sees, and with
 * the name of who asks. `/api/students` becomes the API's `/students`.
 *
 * Without a valid session nothing gets the key, whatever its method and path.
 */
export function handler(event: { readonly request: EdgeRequest }): EdgeRequest | EdgeAnswer {
  const request = event.request;
  dropReservedHeaders(request.headers);
  const session = sessionIn(request.cookies[SESSION_COOKIE], Math.floor(Date.now() / 1000), SIGNING);
  const flow = request.cookies[FLOW_COOKIE];
  // The API reads none of them, and a session in its logs could be used by whoever reads these.
  request.cookies = {};

  if (request.method === 'GET' && OPEN_ROUTES.includes(request.uri)) {
    if (flow !== undefined) request.cookies[FLOW_COOKIE] = flow;
    request.uri = withoutApi(request.uri);
    return request;
  }
  if (session === undefined) return refusal(401, 'Unauthorized', 'SignInRequired', 'Sign in first.');
  if (!isCanonicalPath(request.uri) || !request.uri.startsWith('/api/'))
    return refusal(404, 'Not Found', 'NotFound', 'There is nothing at this address.');
  if (!isRead(request.method) && !isFromOwnPage(request.headers))
    return refusal(403, 'Forbidden', 'ForeignPage', 'Another site may change nothing here.');

  // New objects: to set `.value` would leave other values of the viewer's behind it.
  request.headers[API_KEY_HEADER] = { value: API_KEY };
  request.headers[USER_HEADER] = { value: userHeaderOf(session) };
  request.uri = withoutApi(request.uri);
  return request;
}

/** Some servers take `x_user` for `x-user`, so no spelling of a header that we set may pass. */
function dropReservedHeaders(headers: Record<string, HeaderField>): void {
  Object.keys(headers).forEach(name => {
    const spelled = name.toLowerCase().replace(/_/g, '-');
    if (spelled === API_KEY_HEADER || spelled === USER_HEADER) delete headers[name];
  });
}

function withoutApi(uri: string): string {
  return uri.slice('/api'.length);
}

/**
 * AWS does not say whether a response headers policy covers the answers of a function, so it sets
 * every header itself.
 */
function refusal(statusCode: number, statusDescription: string, code: string, message: string): EdgeAnswer {
  return {
    statusCode,
    statusDescription,
    headers: {
      'content-type': { value: 'application/json' },
      'cache-control': { value: 'no-store' },
      'x-content-type-options': { value: 'nosniff' },
    },
    body: JSON.stringify({ error: { code, message } }),
  };
}
