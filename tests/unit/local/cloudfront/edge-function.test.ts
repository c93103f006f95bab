import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createEdgeFunction } from '../../../../infra/local/services/cloudfront/edge-function.ts';
import type { ViewerRequest } from '../../../../infra/local/services/cloudfront/messages.ts';

const ADD_KEY_AND_STRIP_PREFIX = `
  const KEY = 'secret';
  async function handler(event) {
    const request = event.request;
    request.uri = request.uri.replace(/^\\/api/, '') || '/';
    request.headers['x-api-key'] = { value: KEY };
    console.log('asked', request.uri);
    return request;
  }`;

function properties(code: string, runtime = 'cloudfront-js-2.0') {
  return {
    Name: 'api-key',
    AutoPublish: true,
    FunctionCode: code,
    FunctionConfig: { Comment: '', Runtime: runtime },
  };
}

function run(code: string, request: Partial<ViewerRequest> = {}, lines: string[] = []) {
  const edgeFunction = createEdgeFunction('Function', properties(code));
  return edgeFunction(
    {
      method: 'GET',
      url: '/api/students?b=2&a=1',
      headers: { host: 'h' },
      body: Buffer.alloc(0),
      ...request,
    },
    {
      distributionId: 'E1',
      distributionDomainName: 'd1.cloudfront.net',
      requestId: 'r1',
      log: (name, line) => lines.push(`${name}: ${line}`),
    },
  );
}

const returning = (expression: string) => `function handler(event) { ${expression} }`;

describe('A viewer-request function', () => {
  it('may change the URI and add headers, and logs under its name', () => {
    const lines: string[] = [];
    const verdict = run(ADD_KEY_AND_STRIP_PREFIX, {}, lines);
    expect(verdict).toMatchObject({
      request: { url: '/students?b=2&a=1', headers: { host: 'h', 'x-api-key': 'secret' } },
    });
    expect(lines).toEqual(['api-key: asked /students']);
  });

  it('gets the event that CloudFront documents, duplicates as multiValue', () => {
    const show = returning('return { statusCode: 200, body: JSON.stringify(event) };');
    const verdict = run(show, {
      url: '/p?a=1&a=2&b',
      headers: { host: 'h', cookie: 'x=1; y=2', connection: 'close' },
      ip: '198.51.100.11',
    });
    const body = 'response' in verdict ? verdict.response.body.toString() : '';
    expect(JSON.parse(body)).toEqual({
      version: '1.0',
      context: {
        distributionDomainName: 'd1.cloudfront.net',
        distributionId: 'E1',
        eventType: 'viewer-request',
        requestId: 'r1',
      },
      viewer: { ip: '198.51.100.11' },
      request: {
        method: 'GET',
        uri: '/p',
        querystring: { a: { value: '1', multiValue: [{ value: '1' }, { value: '2' }] }, b: { value: '' } },
        headers: { host: { value: 'h' } },
        cookies: { x: { value: '1' }, y: { value: '2' } },
      },
    });
  });

  it('gets headers that were sent several times as multiValue, and may replace them', () => {
    const repeatedHeaders = { accept: ['text/html', 'text/plain'], 'x-api-key': ['a', 'b'] };
    const headers = { accept: 'text/html, text/plain', 'x-api-key': 'a, b' };
    const show = returning('return { statusCode: 200, body: JSON.stringify(event.request.headers) };');
    const shown = run(show, { headers, repeatedHeaders });
    expect(JSON.parse('response' in shown ? shown.response.body.toString() : '')).toEqual({
      accept: { value: 'text/html', multiValue: [{ value: 'text/html' }, { value: 'text/plain' }] },
      'x-api-key': { value: 'a', multiValue: [{ value: 'a' }, { value: 'b' }] },
    });
    const replace = returning("event.request.headers['x-api-key'] = { value: 'c' }; return event.request;");
    expect(run(replace, { headers, repeatedHeaders })).toMatchObject({
      request: { headers: { accept: 'text/html, text/plain', 'x-api-key': 'c' } },
    });
  });

  it('that changes only the value of a repeated header leaves the other values', () => {
    const code = returning("event.request.headers['x-user'].value = 'c'; return event.request;");
    const repeatedHeaders = { 'x-user': ['a', 'b'] };
    expect(run(code, { headers: { 'x-user': 'a, b' }, repeatedHeaders })).toMatchObject({
      request: { headers: { 'x-user': 'c, b' } },
    });
  });

  it.each([
    { algorithm: 'sha256', encoding: 'base64url' },
    { algorithm: 'sha256', encoding: 'hex' },
    { algorithm: 'sha1', encoding: 'base64' },
  ])('computes HMAC with $algorithm in $encoding', ({ algorithm, encoding }) => {
    const digest = `crypto.createHmac('${algorithm}', 'kéy').update('te').update('xt').digest('${encoding}')`;
    const code = `const crypto = require('crypto'); ${returning(`return { statusCode: 200, body: ${digest} };`)}`;
    const verdict = run(code);
    const expected = createHmac(algorithm, 'kéy').update('text');
    expect('response' in verdict && verdict.response.body.toString()).toBe(
      encoding === 'hex'
        ? expected.digest('hex')
        : expected.digest(encoding === 'base64' ? 'base64' : 'base64url'),
    );
  });

  it('may change query string and cookies', () => {
    const code = returning(
      "const r = event.request; delete r.querystring.b; r.querystring.c = { value: '3' }; r.cookies = {}; return r;",
    );
    const verdict = run(code, { headers: { cookie: 'x=1' } });
    expect(verdict).toMatchObject({ request: { url: '/api/students?a=1&c=3', headers: {} } });
  });

  it('may answer itself', () => {
    const code = returning(
      "return { statusCode: 302, headers: { location: { value: '/x' } }, body: { encoding: 'base64', data: 'aGk=' } };",
    );
    expect(run(code)).toEqual({
      response: { status: 302, headers: { location: '/x' }, body: Buffer.from('hi') },
    });
  });

  it('may answer with several cookies, and several of one name', () => {
    const code = returning(`return { statusCode: 302, cookies: {
      a: { value: '1', attributes: 'Secure; Expires=Wed, 05 Apr 2028 07:28:00 GMT' },
      b: { value: '2', multiValue: [{ value: '2', attributes: 'Path=/x' }, { value: '3' }] },
    } };`);
    expect(run(code)).toMatchObject({
      response: {
        headers: { 'set-cookie': 'a=1; Secure; Expires=Wed, 05 Apr 2028 07:28:00 GMT\nb=2; Path=/x\nb=3' },
      },
    });
  });

  it.each([
    { does: 'throws', code: returning('throw new Error("no")'), status: 503 },
    { does: 'rejects', code: 'async function handler() { throw new Error("no") }', status: 503 },
    { does: 'never ends', code: returning('for (;;) {}'), status: 503 },
    { does: 'waits for ever', code: 'async function handler() { await new Promise(() => {}) }', status: 503 },
    { does: 'has no handler', code: 'const x = 1', status: 503 },
    { does: 'reaches for the process', code: returning('process.exit(1)'), status: 503 },
    { does: 'reaches for the network', code: returning('fetch("http://127.0.0.1")'), status: 503 },
    {
      does: 'asks for an unknown HMAC',
      code: `const c = require('crypto'); ${returning("c.createHmac('sha512', 'k').update('').digest('hex')")}`,
      status: 503,
    },
    {
      does: 'reaches for the host by what is there for it',
      code: `const c = require('crypto'); ${returning("c.createHmac.constructor('return process')()")}`,
      status: 503,
    },
    { does: 'evaluates text', code: returning('return eval("event.request")'), status: 503 },
    { does: 'returns nothing', code: returning(''), status: 502 },
    {
      does: 'returns a URI without slash',
      code: returning('event.request.uri = "x"; return event.request'),
      status: 502,
    },
    {
      does: 'changes the method',
      code: returning('event.request.method = "PUT"; return event.request'),
      status: 502,
    },
    {
      does: 'changes Host',
      code: returning('event.request.headers.host = { value: "x" }; return event.request'),
      status: 502,
    },
    {
      does: 'sets a disallowed header',
      code: returning('event.request.headers["x-amz-cf-id"] = { value: "x" }; return event.request'),
      status: 502,
    },
    {
      does: 'sets a header in capitals',
      code: returning('event.request.headers["X-Key"] = { value: "x" }; return event.request'),
      status: 502,
    },
  ])('that $does is answered with $status', ({ code, status }) => {
    expect(() => run(code)).toThrow(expect.objectContaining({ name: 'EdgeFunctionError', status }));
  });
});

describe('The creation of a function', () => {
  it.each([
    {
      what: 'runtime 1.0',
      given: properties('function handler() {}', 'cloudfront-js-1.0'),
      says: 'cloudfront-js-2.0',
    },
    { what: 'more than 10 KB', given: properties(`//${'x'.repeat(10_240)}`), says: 'exceeds 10 KB' },
    {
      what: 'imports',
      given: properties("import cf from 'cloudfront';"),
      says: 'uses import, which is not emulated',
    },
    {
      what: 'another module',
      given: properties("const q = require('querystring');"),
      says: 'uses require(, which is not emulated',
    },
    {
      what: 'a key value store',
      given: { ...properties(''), KeyValueStore: [] },
      says: 'KeyValueStore is not emulated',
    },
  ])('refuses $what by name', ({ given, says }) => {
    expect(() => createEdgeFunction('AWS::CloudFront::Function F', given)).toThrow(says);
  });
});
