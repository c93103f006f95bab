import { sessionRequestCode } from '../../infra/edge/edge-code.ts';
import type { ViewerRequest } from '../../infra/local/services/cloudfront/messages.ts';
import { EIGHT_HOURS, flowFrom, KEYS, OFFICE, sessionFrom } from './session-cookies.ts';

export const EDGE_KEY = 'edge-key-$&-$$-$`';
const SCRIPTS_KEY = 'key-of-the-scripts';
const HOST = 'd1.cloudfront.net';

/** The function in front of the API as it deploys, with the keys of these examples. */
export const sessionRequest = (): string => sessionRequestCode({ apiKey: EDGE_KEY, keys: KEYS });

export const viewing = (
  url: string,
  headers: ViewerRequest['headers'] = {},
  rest: Partial<ViewerRequest> = {},
): ViewerRequest => ({
  method: 'GET',
  url,
  headers: { host: HOST, ...headers },
  body: Buffer.alloc(0),
  ...rest,
});

export interface SessionExample {
  readonly what: string;
  readonly request: ViewerRequest;
  /** The status of the function's own answer, or what the API is asked. */
  readonly becomes: 401 | 403 | 404 | Pick<ViewerRequest, 'url' | 'headers'>;
}

/**
 * What the function makes of requests.
 *
 * @param now seconds since 1970, for the function's clock
 */
export function sessionExamples(now: number): SessionExample[] {
  const cookie = `__Host-session=${sessionFrom(now)}`;
  return [...openRoutes(now, cookie), ...withoutSession(now, cookie), ...withSession(now, cookie)];
}

function openRoutes(now: number, cookie: string): SessionExample[] {
  const flow = `__Host-flow=${flowFrom(now)}`;
  const opened = (url: string, headers: ViewerRequest['headers'] = {}) => ({
    url: url.replace('/api', ''),
    headers: { host: HOST, ...headers },
  });
  const callback = '/api/session/callback?code=c%2F1&state=s';
  const reserved = { 'x-api-key': SCRIPTS_KEY, 'x-user': 'x', x_user: 'x', 'X-User': 'x', 'x-api_key': 'x' };
  return [
    ...['start', 'callback', 'leave'].map(route => ({
      what: `anybody asks for ${route}`,
      request: viewing(`/api/session/${route}`),
      becomes: opened(`/api/session/${route}`),
    })),
    {
      what: 'a callback keeps its query string and its flow, and loses other cookies',
      request: viewing(callback, { cookie: `a=1; ${flow}; ${cookie}` }),
      becomes: opened(callback, { cookie: flow }),
    },
    {
      what: 'an open route loses what would name somebody',
      request: viewing('/api/session/start', { ...reserved, accept: '*/*', cookie }),
      becomes: opened('/api/session/start', { accept: '*/*' }),
    },
    ...['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'].map(method => ({
      what: `${method} of an open route`,
      request: viewing('/api/session/start', {}, { method }),
      becomes: 401 as const,
    })),
    ...[
      '/api/session/../students',
      '/api/session/start/',
      '/api/session/start/../../students',
      '/api/session/start%2f..%2f..%2fstudents',
      '/api/session/start;x',
      '/api/session/Start',
      '/api/session/%73tart',
      '/api//session/start',
      '/api/students/../session/start',
      '/api/session',
      '/api/session/',
      '/api/session/end',
      '/session/start',
      '/x/../api/session/start',
    ].map(url => ({ what: `open route spelled ${url}`, request: viewing(url), becomes: 401 as const })),
  ];
}

function withoutSession(now: number, cookie: string): SessionExample[] {
  const value = cookie.slice('__Host-session='.length);
  const refused = (what: string, headers: ViewerRequest['headers'], rest: Partial<ViewerRequest> = {}) => ({
    what,
    request: viewing('/api/students', headers, rest),
    becomes: 401 as const,
  });
  return [
    ...['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'].map(method =>
      refused(`anonymous ${method}`, {}, { method }),
    ),
    ...[
      '/api',
      '/api/',
      '/api/students/SV001',
      '/api//students',
      '/api/%2e%2e/students',
      '/%61pi/students',
    ].map(url => ({ what: `anonymous ${url}`, request: viewing(url), becomes: 401 as const })),
    refused("the edge's own key", { 'x-api-key': EDGE_KEY }),
    refused("the scripts' key", { 'x-api-key': SCRIPTS_KEY }),
    refused('a name', { 'x-user': `${OFFICE.sub}.e.${now}` }),
    refused('an expired session', { cookie: `__Host-session=${sessionFrom(now - EIGHT_HOURS)}` }),
    refused('a session of the future', { cookie: `__Host-session=${sessionFrom(now + 3600)}` }),
    refused('a changed session', { cookie: cookie.replace(/.$/, last => (last === 'A' ? 'B' : 'A')) }),
    refused('the key __proto__', { cookie: cookie.replace(`v1.${KEYS.current.id}.`, 'v1.__proto__.') }),
    refused('a flow as session', { cookie: `__Host-session=${flowFrom(now)}` }),
    refused('two sessions', { cookie: `${cookie}; ${cookie}` }),
    refused('a session and an empty one', { cookie: `${cookie}; __Host-session=` }),
    refused('a session in quotes', { cookie: `__Host-session="${value}"` }),
    refused('a session of another name', { cookie: `session=${value}; __host-session=${value}` }),
    refused('an overlong session', { cookie: `${cookie}${'A'.repeat(1024)}` }),
    refused('a session as a header', { '__host-session': value, authorization: value }),
  ];
}

function withSession(now: number, cookie: string): SessionExample[] {
  const user = `${OFFICE.sub}.${Buffer.from(OFFICE.email).toString('base64url')}.${now}`;
  const passed = (url: string, headers: ViewerRequest['headers'] = {}) => ({
    url,
    headers: { host: HOST, ...headers, 'x-api-key': EDGE_KEY, 'x-user': user },
  });
  const write = (what: string, headers: ViewerRequest['headers'], isOurs: boolean, method = 'POST') => ({
    what: `${method} ${what}`,
    request: viewing('/api/students', { cookie, ...headers }, { method }),
    becomes: isOurs ? passed('/students', headers) : (403 as const),
  });
  const replaced = { 'x-api-key': SCRIPTS_KEY, 'x-user': 'x', x_user: 'x', 'X-User': 'x', 'X-API-Key': 'x' };
  return [
    ...[
      '/api/students',
      '/api/students/',
      '/api/students/SV001',
      '/api/students?limit=2&next=a%2Fb&limit=3',
      '/api/session/end',
    ].map(url => ({ what: url, request: viewing(url, { cookie }), becomes: passed(url.slice(4)) })),
    {
      what: 'other headers stay, cookies go, and reserved headers are replaced',
      request: viewing('/api/students', { ...replaced, 'if-match': '"1"', cookie: `a=1; ${cookie}; b=2` }),
      becomes: passed('/students', { 'if-match': '"1"' }),
    },
    {
      what: 'reserved headers that were sent twice',
      request: viewing(
        '/api/students',
        { 'x-api-key': 'a, b', 'x-user': 'c, d', cookie },
        { repeatedHeaders: { 'x-api-key': ['a', 'b'], 'x-user': ['c', 'd'] } },
      ),
      becomes: passed('/students'),
    },
    ...[
      ...['/api//students', '/api/./students', '/api/session/../students', '/api/session/%2e%2e/students'],
      ...['/api/students%2f', '/api/students;a', '/api/students\\', '/api', '/%61pi/students', '/students'],
      ...['/API/students', '/apis/students', '//api/students', '/api/stu%64ents'],
    ].map(url => ({ what: `a session at ${url}`, request: viewing(url, { cookie }), becomes: 404 as const })),
    ...['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].flatMap(method => [
      write('from our page', { 'sec-fetch-site': 'same-origin' }, true, method),
      write('from who knows where', {}, false, method),
    ]),
    ...['same-site', 'cross-site', 'none'].map(site =>
      write(`from ${site}, with our Origin`, { 'sec-fetch-site': site, origin: `https://${HOST}` }, false),
    ),
    write('with our Origin', { origin: `https://${HOST}` }, true),
    write('with a foreign Origin', { origin: 'https://evil.example' }, false),
    write('with the Origin null', { origin: 'null' }, false),
  ];
}
