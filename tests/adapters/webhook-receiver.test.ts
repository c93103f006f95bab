import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createReceiver } from '../../shared/webhook/receiver.ts';

const WEBHOOK = { headers: { 'webhook-id': 'e1', 'content-type': 'application/json' }, body: '{"a":"ä"}' };

/** A receiver that answers as it is told, until the test ends. */
async function start(answer: (response: ServerResponse) => void) {
  const requests: { request: IncomingMessage; body: string }[] = [];
  const server = createServer(async (request, response) => {
    requests.push({ request, body: await text(request) });
    answer(response);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const stop = async () => {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  };
  onTestFinished(async () => {
    if (server.listening) await stop();
  });
  return { url: `http://127.0.0.1:${port}/hooks?a=b`, requests, stop };
}

const answering = (status: number, headers = {}) =>
  start(response => response.writeHead(status, headers).end('ignored'));

describe('The receiver of webhooks', () => {
  it.each([200, 202, 204])('has a webhook when it answers %i', async status => {
    const { url, requests } = await answering(status);
    await createReceiver(url).post(WEBHOOK);
    expect(requests).toMatchObject([
      { request: { method: 'POST', url: '/hooks?a=b', headers: WEBHOOK.headers }, body: WEBHOOK.body },
    ]);
  });

  it.each([400, 404, 410, 429, 500, 503])('does not have it when it answers %i', async status => {
    const { url } = await answering(status);
    await expect(createReceiver(url).post(WEBHOOK)).rejects.toMatchObject({
      name: 'WebhookRefused',
      message: `The webhook's receiver did not take it. It answers ${status}`,
    });
  });

  it.each([301, 307, 308])('is not looked for where a %i sends to', async status => {
    const elsewhere = await answering(200);
    const { url } = await answering(status, { location: elsewhere.url });
    await expect(createReceiver(url).post(WEBHOOK)).rejects.toThrow(`It answers ${status}`);
    expect(elsewhere.requests).toEqual([]);
  });

  it('is given up for now when it takes too long', async () => {
    const { url } = await start(() => undefined);
    await expect(createReceiver(url, 50).post(WEBHOOK)).rejects.toMatchObject({
      name: 'WebhookRefused',
      cause: { name: 'TimeoutError' },
    });
  });

  it('is given up for now when it is gone', async () => {
    const { url, stop } = await answering(200);
    await stop();
    await expect(createReceiver(url).post(WEBHOOK)).rejects.toThrow('It does not answer');
  });
});
