import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  BROWSER,
  BROWSER_HEAD,
  createViewer,
  nameOf,
  VARIANTS,
} from '../../infra/cli/doctor/proof/viewer.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** An edge that answers as a test wants, and the requests that reached it. */
async function edgeThat(answer: Answer, headers: Record<string, string> = {}) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { viewer: createViewer(url, headers), requests, url };
}

/** Says of each answer, in order, whether it is a hit; the last one is repeated. */
function answering(...hits: readonly boolean[]): Answer {
  const left = [...hits];
  return (_, response) => {
    const isHit = left.length > 1 ? left.shift() : left[0];
    response.writeHead(200, { 'x-cache': `${isHit ? 'Hit' : 'Miss'} from cloudfront` }).end('x');
  };
}

describe('The doctor as a viewer', () => {
  it('asks in eight variants, with the headers that the site wants', async () => {
    const { viewer, requests } = await edgeThat(answering(false), { authorization: 'Basic c2VjcmV0' });
    for (const variant of VARIANTS) await viewer.view('/a%20b.txt', variant);
    const asked = requests.map(
      ({ method, url, headers }) => `${method} ${headers['accept-encoding']} ${url} ${headers.authorization}`,
    );
    expect(asked).toEqual(VARIANTS.map(each => `${nameOf(each)} /a%20b.txt Basic c2VjcmV0`));
    expect(new Set(asked).size).toBe(8);
  });

  it('sees what CloudFront says about an answer, and its content decoded', async () => {
    const { viewer } = await edgeThat((_, response) =>
      response
        .writeHead(200, {
          'x-cache': 'Hit from cloudfront',
          age: '7',
          etag: 'W/"e1"',
          'content-encoding': 'br',
        })
        .end(brotliCompressSync('content')),
    );
    const seen = { status: 200, xCache: 'Hit from cloudfront', hasAge: true, eTag: 'e1', compression: 'br' };
    expect(await viewer.view('/a.txt', BROWSER)).toMatchObject({ ...seen, body: 'content' });
    expect(await viewer.view('/a.txt', BROWSER_HEAD)).toMatchObject({ ...seen, body: '' });
  });

  it('sees a redirect, and does not follow it', async () => {
    const { viewer, requests } = await edgeThat((_, response) =>
      response.writeHead(301, { location: '/elsewhere' }).end(),
    );
    expect(await viewer.view('/a.txt', BROWSER)).toMatchObject({ status: 301, xCache: '', hasAge: false });
    expect(requests).toHaveLength(1);
  });

  it('asks again if there is no answer, and says after three attempts why there is none', async () => {
    let failures = 0;
    const cut: Answer = (request, response) => {
      failures++;
      if (request.url === '/never.txt' || failures < 3) request.destroy();
      else response.end('x');
    };
    const { viewer, requests, url } = await edgeThat(cut);
    expect(await viewer.view('/third.txt', BROWSER)).toMatchObject({ status: 200 });
    await expect(viewer.view('/never.txt', BROWSER)).rejects.toThrow(
      `${url}/never.txt did not answer: other side closed`,
    );
    expect(requests).toHaveLength(6);
  });
});

describe('An answer is kept', () => {
  it.each([
    { hits: [false, true, true], firstIsHit: false, isKept: true, asked: 3 },
    { hits: [true, true], firstIsHit: true, isKept: true, asked: 2 },
    // Several servers of a location, each with a cache.
    { hits: [false, true, false, true, true], firstIsHit: false, isKept: true, asked: 5 },
    { hits: [false], firstIsHit: false, isKept: false, asked: 10 },
  ])('($isKept) if the edge says $hits, after $asked requests', async each => {
    const { viewer, requests } = await edgeThat(answering(...each.hits));
    const { first, isKept } = await viewer.warm('/a.txt', BROWSER);
    expect(first.xCache.startsWith('Hit')).toBe(each.firstIsHit);
    expect(isKept).toBe(each.isKept);
    expect(requests).toHaveLength(each.asked);
  });
});
