import { Script } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sessionRequestCode } from '../../../../infra/edge/edge-code.ts';
import { handler } from '../../../../infra/edge/session-request.ts';
import {
  createEdgeFunction,
  type EdgeVerdict,
} from '../../../../infra/local/services/cloudfront/edge-function.ts';
import type { ViewerRequest } from '../../../../infra/local/services/cloudfront/messages.ts';
import { isCanonicalPath } from '../../../../shared/school/session/canonical-path.ts';
import { anyText } from '../../../helpers/any-text.ts';
import { misspelled } from '../../../helpers/misspelled-paths.ts';
import { authentic, EIGHT_HOURS, flowFrom, KEYS, sessionFrom } from '../../../helpers/session-cookies.ts';
import { EDGE_KEY, sessionExamples, sessionRequest, viewing } from '../../../helpers/session-examples.ts';

const CODE = sessionRequest();
const NOW = Math.floor(Date.now() / 1000);
const SESSION = `__Host-session=${sessionFrom(NOW)}`;

const functionOf = (code: string) =>
  createEdgeFunction('SessionRequest', {
    Name: 'session-request',
    AutoPublish: true,
    FunctionCode: code,
    FunctionConfig: { Comment: '', Runtime: 'cloudfront-js-2.0' },
  });
const BUNDLE = functionOf(CODE);

/** What the bundled script decides, in the local edge's own runtime. */
const verdictOn = (request: ViewerRequest, edgeFunction = BUNDLE): EdgeVerdict =>
  edgeFunction(request, {
    distributionId: 'E1',
    distributionDomainName: 'd1.cloudfront.net',
    requestId: 'r',
    log: () => undefined,
  });

function outcomeOf(request: ViewerRequest, edgeFunction = BUNDLE) {
  const verdict = verdictOn(request, edgeFunction);
  if ('response' in verdict) return verdict.response.status;
  return { url: verdict.request.url, headers: verdict.request.headers };
}

describe('The function in front of the API, when', () => {
  it.each(sessionExamples(NOW))('$what', ({ request, becomes }) => {
    expect(outcomeOf(request)).toEqual(becomes);
  });

  it('a write comes, leaves method and body alone', () => {
    const request = viewing(
      '/api/students/SV001',
      { cookie: SESSION, 'sec-fetch-site': 'same-origin' },
      { method: 'PUT', body: Buffer.from('{}') },
    );
    expect(verdictOn(request)).toMatchObject({ request: { method: 'PUT', body: request.body } });
  });
});

describe('Its own answers', () => {
  it.each([
    { status: 401, code: 'SignInRequired', request: viewing('/api/students') },
    {
      status: 403,
      code: 'ForeignPage',
      request: viewing('/api/students', { cookie: SESSION }, { method: 'PUT' }),
    },
    { status: 404, code: 'NotFound', request: viewing('/api//students', { cookie: SESSION }) },
  ])('with $status are JSON that nobody keeps or sniffs', ({ status, code, request }) => {
    const verdict = verdictOn(request);
    if (!('response' in verdict)) throw new Error('It passed the request on');
    const { headers, body } = verdict.response;
    expect(verdict.response.status).toBe(status);
    expect(headers).toEqual({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    expect(JSON.parse(body.toString())).toEqual({ error: { code, message: expect.any(String) } });
  });
});

/** Only these may leave the function without a session. */
const OPEN = ['/session/start', '/session/callback', '/session/leave'];

const methods = fc.oneof(
  fc.constantFrom('GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE', 'get', 'TRACE', 'Get'),
  anyText({ maxLength: 8 }),
);
const paths = fc.oneof(
  ...[
    '/api/students',
    '/api/students/SV001',
    '/api/session/start',
    '/api/session/callback',
    '/api/backup',
  ].map(misspelled),
  anyText({ maxLength: 40 }).map(text => `/${text}`),
);
const reservedHeaders = fc.dictionary(
  fc.constantFrom('x-api-key', 'X-API-KEY', 'x_api_key', 'x-api_key', 'x-user', 'X-User', 'x_user', 'X_USER'),
  fc.string({ maxLength: 20 }),
);
const uselessCookies = fc.oneof(
  fc.constant(''),
  fc.constantFrom(
    `__Host-session=${sessionFrom(NOW - EIGHT_HOURS)}`,
    `__Host-session=${flowFrom(NOW)}`,
    `__Host-session=${sessionFrom(NOW)}; __Host-session=${sessionFrom(NOW)}`,
  ),
  fc
    .tuple(fc.nat(SESSION.length - 16), fc.integer({ min: 1, max: 255 }))
    .map(([index, bits]) => flipped(SESSION, index + 15, bits)),
  fc.string({ maxLength: 200 }).map(text => `__Host-session=${text}`),
);

function flipped(text: string, index: number, bits: number): string {
  const character = String.fromCharCode(text.charCodeAt(index) ^ bits);
  return text.slice(0, index) + character + text.slice(index + 1);
}

describe('Whatever the method and the spelling of the path,', () => {
  it('an anonymous request leaves without key and name, and only for an open route', () => {
    fc.assert(
      fc.property(methods, paths, reservedHeaders, uselessCookies, (method, url, headers, cookie) => {
        const verdict = verdictOn(viewing(url, { ...headers, cookie }, { method }));
        expect(JSON.stringify(verdict)).not.toContain(JSON.stringify(EDGE_KEY).slice(1, -1));
        if ('response' in verdict) {
          expect(verdict.response.status).toBe(401);
          return;
        }
        const [path = ''] = verdict.request.url.split('?');
        expect([method, OPEN.includes(path)]).toEqual(['GET', true]);
        const names = Object.keys(verdict.request.headers);
        expect(names.filter(name => /user|key|session/i.test(name))).toEqual([]);
        expect(verdict.request.headers['cookie']).toBeUndefined();
      }),
      { numRuns: 3000 },
    );
  });

  it('a request with a session leaves with one key and one name, for a canonical path', () => {
    fc.assert(
      fc.property(methods, paths, reservedHeaders, (method, url, headers) => {
        const own = { cookie: SESSION, 'sec-fetch-site': 'same-origin' };
        const verdict = verdictOn(viewing(url, { ...headers, ...own }, { method }));
        if ('response' in verdict) {
          expect(verdict.response.status).toBe(404);
          return;
        }
        const [path = ''] = verdict.request.url.split('?');
        expect(isCanonicalPath(path)).toBe(true);
        const { host: _host, 'sec-fetch-site': _site, ...set } = verdict.request.headers;
        const isOpen = method === 'GET' && OPEN.includes(path);
        expect(set).toEqual(isOpen ? {} : { 'x-api-key': EDGE_KEY, 'x-user': expect.any(String) });
      }),
      { numRuns: 1500 },
    );
  });
});

describe('The function as it deploys', () => {
  it('is a script small enough for CloudFront, secrets of 64 characters included', () => {
    const key = (id: string) => ({ id, secret: 'x'.repeat(64) });
    const keys = { previous: key('999998'), current: key('999999'), next: key('1000000') };
    const code = sessionRequestCode({ apiKey: 'x'.repeat(128), keys });
    expect(Buffer.byteLength(code)).toBeLessThan(10 * 1024);
    expect(() => new Script(code)).not.toThrow();
  });

  it('holds every value once, and no placeholder', () => {
    const values = [EDGE_KEY, ...Object.values(KEYS).map(({ secret }) => secret)];
    expect(values.map(value => CODE.split(value).length - 1)).toEqual([1, 1, 1, 1]);
    expect(CODE).not.toContain('PLACEHOLDER');
  });

  it('is made of the modules for it alone, and is the same wherever it is made', () => {
    const modules = (CODE.match(/^\/\/ .*$/gm) ?? []).map(line => line.slice('// '.length));
    expect(modules).toContain('infra/edge/session-request.ts');
    expect(modules.filter(name => !/^shared\/school\/session\/|^infra\/edge\//.test(name))).toEqual([]);
  });

  it('lets nobody pass until it has its keys', () => {
    const parts = ['v1', '1', NOW, NOW + EIGHT_HOURS, 'sub', 'ZQ'];
    const keyed = sessionRequestCode({
      apiKey: EDGE_KEY,
      keys: { ...KEYS, current: { id: '1', secret: '' } },
    });
    for (const secret of ['', 'CURRENT_SECRET_PLACEHOLDER']) {
      const cookies = { '__Host-session': { value: authentic(parts, { secret }) } };
      const request = () => ({ method: 'GET', uri: '/api/students', headers: {}, cookies });
      expect(handler({ request: request() })).toMatchObject({ statusCode: 401 });
      const headers = { cookie: `__Host-session=${cookies['__Host-session'].value}` };
      expect(outcomeOf(viewing('/api/students', headers), functionOf(keyed))).toBe(401);
    }
  });
});
