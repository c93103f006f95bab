import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { behaviour, FUNCTION_ARN, openSite } from './site.ts';

describe('An API behind the edge', () => {
  it('gets the rewritten path, the key, the viewer’s headers and body, and is never cached', async () => {
    const { get, origin } = openSite();
    origin.files.set('/prod/students', { body: '[]', headers: { 'set-cookie': 'a=1' } });
    const post = {
      method: 'POST',
      body: Buffer.from('{"studentid":"SV005"}'),
    };
    const headers = { Host: 'localhost:8080', 'Content-Type': 'application/json', Cookie: 'c=1' };
    const first = await get('/api/students?page=2', headers, post);
    const second = await get('/api/students?page=2', headers, post);
    expect([first.xCache, second.xCache]).toEqual(['Miss', 'Miss']);
    expect(first.headers['set-cookie']).toBe('a=1');
    expect(origin.asked).toHaveLength(2);
    expect(origin.asked[0]).toMatchObject({
      method: 'POST',
      url: '/prod/students?page=2',
      body: post.body,
      headers: {
        host: 'x.execute-api.us-east-1.amazonaws.com',
        'x-api-key': 'secret',
        'content-type': 'application/json',
        cookie: 'c=1',
        'x-origin-token': 't',
      },
    });
    expect(origin.asked[0]).not.toHaveProperty('signedAs');
  });

  it('returns its errors unchanged', async () => {
    const { get, origin } = openSite();
    origin.files.set('/prod/students', { body: '{"message":"taken"}', status: 409 });
    expect(await get('/api/students', {}, { method: 'PUT' })).toMatchObject({
      status: 409,
      text: '{"message":"taken"}',
      xCache: 'Error',
    });
  });
});

describe('A function at the edge', () => {
  it.each([
    {
      does: 'answers by itself',
      code: "function handler() { return { statusCode: 302, headers: { location: { value: '/login' } } }; }",
      expected: { status: 302, headers: { location: '/login' }, xCache: 'FunctionGeneratedResponse' },
    },
    {
      does: 'throws',
      code: 'function handler() { throw new Error(); }',
      expected: { status: 503, xCache: 'FunctionExecutionError' },
    },
    { does: 'returns nonsense', code: 'function handler() {}', expected: { status: 502, xCache: 'Error' } },
  ])('that $does keeps the request from the origin', async ({ code, expected }) => {
    const definition = {
      Name: 'f',
      AutoPublish: true,
      FunctionCode: code,
      FunctionConfig: { Comment: '', Runtime: 'cloudfront-js-2.0' },
    };
    const { get, origin } = openSite({}, { functions: new Map([[FUNCTION_ARN, definition]]) });
    expect(await get('/api/students')).toMatchObject(expected);
    expect(origin.asked).toEqual([]);
  });
});

it('A firewall answers blocked requests in CloudFront’s name, and the origin is not asked', async () => {
  const { get, origin } = openSite({}, { blocks: ({ headers }) => headers['user-agent'] === 'bot' });
  origin.files.set('/a', { body: 'x' });
  const blocked = await get('/a', { 'User-Agent': 'bot' });
  expect(blocked).toMatchObject({ status: 403, xCache: 'Error', headers: { server: 'CloudFront' } });
  expect(blocked.text).toContain('Request blocked.');
  expect(origin.asked).toEqual([]);
  expect(await get('/a', { 'User-Agent': 'person' })).toMatchObject({ status: 200, text: 'x' });
});

describe('Compression', () => {
  const body = 'student '.repeat(500);

  it.each([
    { accepts: 'gzip, deflate, br', encoding: 'br', text: brotliDecompressSync },
    { accepts: 'gzip', encoding: 'gzip', text: gunzipSync },
  ])('$accepts gets $encoding with a weak ETag', async ({ accepts, encoding, text }) => {
    const { get, origin } = openSite({ DefaultCacheBehavior: behaviour({ Compress: true }) });
    origin.files.set('/a', { body, headers: { etag: '"1"' } });
    const answer = await get('/a', { 'accept-encoding': accepts });
    expect(answer.headers).toMatchObject({ 'content-encoding': encoding, etag: 'W/"1"' });
    expect(text(answer.bytes).toString()).toBe(body);
    expect((await get('/a', { 'accept-encoding': accepts })).xCache).toBe('Hit');
  });

  it.each([
    { what: 'a viewer that accepts none', accepts: '', file: { body } },
    { what: 'a viewer that forbids it', accepts: 'gzip;q=0', file: { body } },
    { what: 'a small file', accepts: 'br', file: { body: 'x'.repeat(999) } },
    { what: 'a picture', accepts: 'br', file: { body, headers: { 'content-type': 'image/png' } } },
  ])('leaves $what alone', async ({ accepts, file }) => {
    const { get, origin } = openSite({ DefaultCacheBehavior: behaviour({ Compress: true }) });
    origin.files.set('/a', file);
    expect((await get('/a', { 'accept-encoding': accepts })).text).toBe(file.body);
  });

  it('still validates with the origin’s ETag', async () => {
    const { get, origin, clock } = openSite({ DefaultCacheBehavior: behaviour({ Compress: true }) });
    origin.files.set('/a', { body, headers: { etag: '"1"', 'cache-control': 'max-age=1' } });
    await get('/a', { 'accept-encoding': 'br' });
    clock.now += 1000;
    const answer = await get('/a', { 'accept-encoding': 'br' });
    expect(answer.xCache).toBe('RefreshHit');
    expect(brotliDecompressSync(answer.bytes).toString()).toBe(body);
  });
});

describe('The template’s policies', () => {
  it('put what the cache policy names into the cache key, and forward it', async () => {
    const policy = {
      Name: 'own',
      MinTTL: 0,
      DefaultTTL: 60,
      MaxTTL: 600,
      ParametersInCacheKeyAndForwardedToOrigin: {
        EnableAcceptEncodingGzip: false,
        QueryStringsConfig: { QueryStringBehavior: 'whitelist', QueryStrings: ['v'] },
        HeadersConfig: { HeaderBehavior: 'whitelist', Headers: ['Accept-Language'] },
        CookiesConfig: { CookieBehavior: 'none' },
      },
    };
    const { get, origin } = openSite(
      { DefaultCacheBehavior: behaviour({ CachePolicyId: 'own' }) },
      { cachePolicies: new Map([['own', policy]]) },
    );
    origin.files.set('/a', { body: 'x' });
    expect((await get('/a?v=1&utm=2', { 'accept-language': 'vi' })).xCache).toBe('Miss');
    expect((await get('/a?utm=3&v=1', { 'accept-language': 'vi' })).xCache).toBe('Hit');
    expect((await get('/a?v=2', { 'accept-language': 'vi' })).xCache).toBe('Miss');
    expect((await get('/a?v=1', { 'accept-language': 'en' })).xCache).toBe('Miss');
    expect(origin.asked[0]).toMatchObject({ url: '/a?v=1', headers: { 'accept-language': 'vi' } });
  });

  it('add, override and remove response headers', async () => {
    const policy = {
      Name: 'own',
      SecurityHeadersConfig: {
        ContentSecurityPolicy: { ContentSecurityPolicy: "default-src 'self'", Override: true },
        ContentTypeOptions: { Override: true },
        FrameOptions: { FrameOption: 'DENY', Override: false },
        StrictTransportSecurity: { AccessControlMaxAgeSec: 60, IncludeSubdomains: true, Override: true },
      },
      CustomHeadersConfig: { Items: [{ Header: 'Permissions-Policy', Value: 'camera=()', Override: true }] },
      RemoveHeadersConfig: { Items: [{ Header: 'Server' }] },
    };
    const { get, origin } = openSite(
      { DefaultCacheBehavior: behaviour({ ResponseHeadersPolicyId: 'own' }) },
      { responseHeadersPolicies: new Map([['own', policy]]) },
    );
    origin.files.set('/a', {
      body: 'x',
      headers: { server: 'AmazonS3', 'x-frame-options': 'SAMEORIGIN', 'content-security-policy': 'none' },
    });
    const { headers } = await get('/a');
    expect(headers).toMatchObject({
      'content-security-policy': "default-src 'self'",
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
      'strict-transport-security': 'max-age=60; includeSubDomains',
      'permissions-policy': 'camera=()',
    });
    expect(headers).not.toHaveProperty('server');
  });

  it.each([
    { what: 'ForwardedValues', config: { DefaultCacheBehavior: behaviour({ ForwardedValues: {} }) } },
    { what: 'OriginGroups', config: { OriginGroups: {} } },
    {
      what: 'unknown-policy',
      config: { DefaultCacheBehavior: behaviour({ CachePolicyId: 'unknown-policy' }) },
    },
    { what: 'no origin nowhere', config: { DefaultCacheBehavior: behaviour({ TargetOriginId: 'nowhere' }) } },
  ])('are refused by name: $what', ({ what, config }) => {
    expect(() => openSite(config)).toThrow(what);
  });
});

it('A distribution answers over HTTP', async () => {
  const { cloudFront, origin } = openSite();
  origin.files.set('/a.html', { body: 'one' });
  const server = createServer(cloudFront.listener('E1')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/a.html`);
  expect([response.status, await response.text(), response.headers.get('x-cache')]).toEqual([
    200,
    'one',
    'Miss from cloudfront',
  ]);
  server.closeAllConnections();
  server.close();
});
