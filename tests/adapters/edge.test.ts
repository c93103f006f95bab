import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createEdge } from '../../shared/aws/edge.ts';
import { MAX_COMPARED_BYTES, type Question } from '../../shared/refresh/edge-answer.ts';

const AS_BROWSERS: Question = { form: 'browser', withBody: false };
const WITH_BODY: Question = { form: 'browser', withBody: true };

interface Scripted {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

type Script = (request: IncomingMessage, response: ServerResponse) => Scripted | undefined;

/** An edge that answers by a script, and the requests that reached it. */
async function edgeThat(script: Script, headers?: Record<string, string>) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    const answer = script(request, response);
    if (answer !== undefined) response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { edge: createEdge(`http://${host}`, headers), requests, host, url: `http://${host}` };
}

/** The reason of an answer, whatever the host is called. */
const told = (text: string, host: string) => text.replaceAll(host, 'HOST');

describe('The edge is asked', () => {
  it.each([
    { form: 'browser', accepts: 'br, gzip' },
    { form: 'stored', accepts: 'identity' },
  ] as const)('for the $form form by a GET that accepts $accepts', async ({ form, accepts }) => {
    const { edge, requests } = await edgeThat(() => ({ body: 'x' }));
    await edge.ask('/a%20b.css', { form, withBody: false });
    expect(requests.map(({ method, url, headers }) => [method, url, headers['accept-encoding']])).toEqual([
      ['GET', '/a%20b.css', accepts],
    ]);
  });

  it('with the headers that the site wants, but for the encodings', async () => {
    const wanted = { authorization: 'Basic c2VjcmV0', 'Accept-Encoding': 'zstd' };
    const { edge, requests } = await edgeThat(() => ({ body: 'x' }), wanted);
    await edge.ask('/a.css', AS_BROWSERS);
    expect(requests[0]?.headers).toMatchObject({
      authorization: 'Basic c2VjcmV0',
      'accept-encoding': 'br, gzip',
    });
  });

  it('not at all with a header that HTTP does not allow, and its value is not told', () => {
    const create = () => createEdge('https://www.example.com', { authorization: 'secret\nvalue' });
    expect(create).toThrow('The value of the verification header authorization is not valid in HTTP');
    expect(create).not.toThrow('secret');
  });
});

describe('An object at the edge', () => {
  const stored = { etag: '"1"', 'content-type': 'text/css', 'cache-control': 'max-age=60' };
  const others = { 'last-modified': 'Mon, 02 Nov 2026 10:00:00 GMT', vary: 'Accept-Encoding', age: '7' };

  it('is told by its ETag and the headers that are stored with it, without its content', async () => {
    const { edge } = await edgeThat(() => ({ headers: { ...stored, ...others }, body: 'content' }));
    expect(await edge.ask('/a.css', AS_BROWSERS)).toEqual({
      kind: 'object',
      served: { headers: stored, lastModified: others['last-modified'] },
      redirects: [],
    });
  });

  it.each([
    { encoding: 'br', compress: brotliCompressSync },
    { encoding: 'gzip', compress: gzipSync },
  ])('is the same when the edge has compressed it by $encoding', async ({ encoding, compress }) => {
    const headers = { ...stored, etag: 'W/"1"', 'content-encoding': encoding };
    const { edge } = await edgeThat(() => ({ headers, body: compress('content') }));
    expect(await edge.ask('/a.css', WITH_BODY)).toMatchObject({
      served: { headers: stored },
      body: Buffer.from('content'),
    });
  });

  it('keeps the encoding that it is stored in', async () => {
    const headers = { ...stored, 'content-encoding': 'gzip' };
    const { edge } = await edgeThat(() => ({ headers, body: gzipSync('content') }));
    expect(await edge.ask('/a.css', AS_BROWSERS)).toMatchObject({ served: { headers } });
  });

  it('may have lost its ETag on the way, and then shows none', async () => {
    const headers = { 'content-type': 'text/css', 'content-encoding': 'br' };
    const { edge } = await edgeThat(() => ({ headers, body: brotliCompressSync('content') }));
    expect(await edge.ask('/a.css', AS_BROWSERS)).toMatchObject({
      served: { headers: { 'content-type': 'text/css' }, lastModified: '' },
    });
  });

  it.each([
    { bytes: 0, isRead: true },
    { bytes: MAX_COMPARED_BYTES, isRead: true },
    { bytes: MAX_COMPARED_BYTES + 1, isRead: false },
    { bytes: 5_000_000, isRead: false },
  ])('of $bytes bytes is read: $isRead', async ({ bytes, isRead }) => {
    const content = Buffer.alloc(bytes, 'x');
    const { edge } = await edgeThat(() => ({ headers: { ...stored }, body: content }));
    const answer = await edge.ask('/a.css', WITH_BODY);
    const body = answer.kind === 'object' ? answer.body : undefined;
    expect(body?.length).toBe(isRead ? bytes : undefined);
  });

  it('is asked for without waiting for content that is not wanted', async () => {
    const { edge } = await edgeThat((_, response) => {
      response.writeHead(200, stored);
      response.write('the beginning of something long');
      return undefined;
    });
    expect(await edge.ask('/a.css', AS_BROWSERS)).toMatchObject({ kind: 'object' });
  });
});

describe('An answer without the object', () => {
  const S3 = {
    server: 'AmazonS3',
    'x-amz-request-id': '66DD2A4C3CF92CE4',
    'content-type': 'application/xml',
  };
  const BLOCKED = { server: 'CloudFront', 'x-cache': 'Error from cloudfront', 'content-type': 'text/html' };
  const { server: _, ...nameless } = S3;

  it.each([
    { what: 'a 404 of S3', status: 404, headers: S3, kind: 'absent' },
    { what: 'a 404 of any origin', status: 404, headers: {}, kind: 'absent' },
    { what: 'a 410', status: 410, headers: {}, kind: 'absent' },
    { what: 'a 403 of S3', status: 403, headers: S3, kind: 'absent' },
    { what: 'a 403 of S3 kept by the edge', status: 403, headers: { server: 'AmazonS3' }, kind: 'absent' },
    { what: 'a 403 of S3, its name removed by a policy', status: 403, headers: nameless, kind: 'absent' },
    { what: 'a 403 of a firewall', status: 403, headers: BLOCKED, kind: 'unasked', code: 'forbidden' },
    { what: 'a 403 of signed URLs', status: 403, headers: BLOCKED, kind: 'unasked', code: 'forbidden' },
    {
      what: 'a 403 of a server',
      status: 403,
      headers: { server: 'nginx' },
      kind: 'unasked',
      code: 'forbidden',
    },
    { what: 'a 403 of nobody', status: 403, headers: {}, kind: 'unasked', code: 'forbidden' },
    { what: 'a 401', status: 401, headers: {}, kind: 'unasked', code: 'unauthorized' },
  ])('$what: $kind', async ({ status, headers, kind, code }) => {
    const { edge, host } = await edgeThat(() => ({ status, headers, body: 'no' }));
    const { reason, ...answer } = { reason: '', ...(await edge.ask('/a.css', AS_BROWSERS)) };
    expect(answer).toEqual({ kind, redirects: [], ...(code === undefined ? {} : { code }) });
    expect(told(reason, host)).toBe(code === undefined ? '' : `HOST answers ${status}`);
  });

  it.each([400, 429, 500, 502, 503, 504])('a %i may be another one in a moment', async status => {
    const { edge, host } = await edgeThat(() => ({ status, body: 'x'.repeat(100_000) }));
    const problem = `http://${host}/a.css answers ${status}`;
    expect(await edge.ask('/a.css', AS_BROWSERS)).toEqual({ kind: 'none', problem });
  });
});

describe('A redirect', () => {
  const to = (location: string, status = 302): Scripted => ({ status, headers: { location } });

  it.each([301, 302, 303, 307, 308])('by %i within the site is followed to where it ends', async status => {
    const { edge, url, requests } = await edgeThat(request =>
      request.url === '/about.html' ? to('/about', status) : { headers: { etag: '"1"' } },
    );
    expect(await edge.ask('/about.html', AS_BROWSERS)).toEqual({
      kind: 'object',
      served: { headers: { etag: '"1"' }, lastModified: '' },
      redirects: [`${url}/about`],
    });
    expect(requests.map(({ headers }) => headers['accept-encoding'])).toEqual(['br, gzip', 'br, gzip']);
  });

  it('elsewhere is not followed, and nothing that is secret goes there', async () => {
    const other = await edgeThat(() => ({ body: 'x' }));
    const { edge, host } = await edgeThat(() => to(`${other.url}/login?for=/a.css`), { cookie: 'secret' });
    const answer = await edge.ask('/a.css', AS_BROWSERS);
    expect(answer).toEqual({
      kind: 'unasked',
      code: 'redirected',
      reason: `${host} redirects to ${other.url}`,
      redirects: [`${other.url}/login?for=/a.css`],
    });
    expect(other.requests).toEqual([]);
  });

  it('from HTTPS to HTTP is not followed either', async () => {
    const answer = new Response(null, { status: 301, headers: { location: 'http://www.example.com/a.css' } });
    vi.spyOn(globalThis, 'fetch').mockResolvedValueOnce(answer);
    const edge = createEdge('https://www.example.com', { cookie: 'secret' });
    expect(await edge.ask('/a.css', AS_BROWSERS)).toMatchObject({
      kind: 'unasked',
      reason: 'www.example.com redirects to http://www.example.com',
    });
    expect(fetch).toHaveBeenCalledTimes(1);
  });

  it.each([
    { hops: 5, kind: 'object' },
    { hops: 6, kind: 'unasked' },
  ])('after the other is followed, $hops of them: $kind', async ({ hops, kind }) => {
    const { edge } = await edgeThat(({ url = '' }) => {
      const hop = Number(url.slice(1));
      return hop < hops ? to(`/${hop + 1}`) : { body: 'x' };
    });
    expect(await edge.ask('/0', AS_BROWSERS)).toMatchObject({ kind });
  });

  it('in a circle is not followed for ever', async () => {
    const { edge, host } = await edgeThat(() => to('/a.css'));
    const reason = `${host} redirects more than 5 times`;
    expect(await edge.ask('/a.css', AS_BROWSERS)).toMatchObject({ kind: 'unasked', reason });
  });

  it('to no address is told', async () => {
    const { edge, host } = await edgeThat(() => to('https://'));
    const reason = `${host} redirects to no valid address`;
    expect(await edge.ask('/a.css', AS_BROWSERS)).toMatchObject({ kind: 'unasked', reason });
  });

  it('to a 401 is a 401', async () => {
    const { edge } = await edgeThat(({ url }) => (url === '/login' ? { status: 401 } : to('/login')));
    expect(await edge.ask('/a.css', AS_BROWSERS)).toMatchObject({ code: 'unauthorized' });
  });
});

describe('An edge that does not answer', () => {
  afterEach(() => void vi.restoreAllMocks());

  const failing = (cause: Error) =>
    void vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('fetch failed', { cause }));
  const coded = (code: string, message: string) => Object.assign(new Error(message), { code });
  const ask = () => createEdge('https://www.example.com').ask('/a.css', AS_BROWSERS);
  const silent = (reason: string) => ({
    kind: 'none',
    problem: `https://www.example.com/a.css did not answer: ${reason}`,
  });

  it('is named with the cause', async () => {
    const { edge, url, host } = await edgeThat((_, response) => void response.destroy());
    const answer = await edge.ask('/a.css', AS_BROWSERS);
    expect(told(answer.kind === 'none' ? answer.problem : '', host)).toMatch(
      /^http:\/\/HOST\/a\.css did not answer: (?!fetch failed)./,
    );
    expect(url).toContain(host);
  });

  it('is named with the cause that lies deepest', async () => {
    const refused = coded('ECONNREFUSED', 'connect ECONNREFUSED 192.0.2.1:443');
    failing(new AggregateError([refused, coded('ENETUNREACH', 'connect ENETUNREACH ::1:443')]));
    expect(await ask()).toEqual(silent('connect ECONNREFUSED 192.0.2.1:443'));
  });

  it('in time is named with the time', async () => {
    vi.spyOn(AbortSignal, 'timeout').mockReturnValue(
      AbortSignal.abort(new DOMException('The operation was aborted', 'TimeoutError')),
    );
    expect(await ask()).toEqual(silent('nothing within 10 s'));
  });

  it('because names cannot be looked up now is asked again', async () => {
    failing(coded('EAI_AGAIN', 'getaddrinfo EAI_AGAIN www.example.com'));
    expect(await ask()).toEqual(silent('getaddrinfo EAI_AGAIN www.example.com'));
  });

  it('because there is no such host cannot be asked', async () => {
    failing(coded('ENOTFOUND', 'getaddrinfo ENOTFOUND www.example.com'));
    expect(await ask()).toEqual({
      kind: 'unasked',
      code: 'no-address',
      reason: 'www.example.com has no address',
      redirects: [],
    });
  });

  it.each(['CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'])(
    'with a valid certificate (%s) cannot be asked',
    async code => {
      failing(coded(code, 'not this host’s'));
      expect(await ask()).toMatchObject({
        code: 'no-address',
        reason: 'the certificate of www.example.com is not valid: not this host’s',
      });
    },
  );
});
