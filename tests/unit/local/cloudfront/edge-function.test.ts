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

  it.each([
    { does: 'throws', code: returning('throw new Error("no")'), status: 503 },
    { does: 'rejects', code: 'async function handler() { throw new Error("no") }', status: 503 },
    { does: 'never ends', code: returning('for (;;) {}'), status: 503 },
    { does: 'waits for ever', code: 'async function handler() { await new Promise(() => {}) }', status: 503 },
    { does: 'has no handler', code: 'const x = 1', status: 503 },
    { does: 'reaches for the process', code: returning('process.exit(1)'), status: 503 },
    { does: 'reaches for the network', code: returning('fetch("http://127.0.0.1")'), status: 503 },
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
      what: 'a key value store',
      given: { ...properties(''), KeyValueStore: [] },
      says: 'KeyValueStore is not emulated',
    },
  ])('refuses $what by name', ({ given, says }) => {
    expect(() => createEdgeFunction('AWS::CloudFront::Function F', given)).toThrow(says);
  });
});
