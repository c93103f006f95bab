import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { FUNCTION_ARN, openSite } from './site.ts';

const SHOW_HEADERS = {
  Name: 'show',
  AutoPublish: true,
  FunctionCode: `function handler(event) {
    return { statusCode: 200, body: JSON.stringify(event.request) };
  }`,
  FunctionConfig: { Comment: '', Runtime: 'cloudfront-js-2.0' },
};

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Asks a distribution over HTTP. The path and the headers are sent as they are. */
async function ask(
  { cloudFront }: ReturnType<typeof openSite>,
  path: string,
  headers: Record<string, string | string[]> = {},
): Promise<{ headers: IncomingHttpHeaders; body: string }> {
  const server = createServer(cloudFront.listener('E1')).listen(0, '127.0.0.1');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const asked = request({ port, path, headers }).end();
  const [answer] = await once(asked, 'response');
  return { headers: answer.headers, body: await text(answer) };
}

describe('A distribution over HTTP', () => {
  it('shows its function the values of a header that was sent twice, and the path as it was sent', async () => {
    const site = openSite({}, { functions: new Map([[FUNCTION_ARN, SHOW_HEADERS]]) });
    const { body } = await ask(site, '/x/..//%61pi/students', { 'X-User': ['a', 'b'], Accept: 'c, d' });
    expect(JSON.parse(body)).toMatchObject({
      uri: '/x/..//%61pi/students',
      headers: {
        'x-user': { value: 'a', multiValue: [{ value: 'a' }, { value: 'b' }] },
        accept: { value: 'c, d' },
      },
    });
  });

  it('passes several cookies of its origin on', async () => {
    const site = openSite();
    const cookies = ['a=1; Expires=Wed, 05 Apr 2028 07:28:00 GMT', 'b=2'];
    site.origin.files.set('/prod/students', { body: '', headers: { 'set-cookie': cookies.join('\n') } });
    const { headers } = await ask(site, '/api/students');
    expect(headers['set-cookie']).toEqual(cookies);
  });
});

describe('A behaviour', () => {
  it.each([
    { url: '/api//students', origin: 'api', asked: '/prod//students' },
    { url: '/api/session/../students', origin: 'api', asked: '/prod/session/../students' },
    { url: '/api/../index.html', origin: 'bucket', asked: '/api/../index.html' },
    { url: '/a/%2e%2e/b', origin: 'bucket', asked: '/a/%2e%2e/b' },
  ])(
    'is found for $url on the normalised path; its origin gets the raw one',
    async ({ url, origin, asked }) => {
      const site = openSite();
      await site.get(url);
      expect(site.origin.asked[0]).toMatchObject({ originId: origin, url: asked });
    },
  );
});
