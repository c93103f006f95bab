import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { extname } from 'node:path';
import { z } from 'zod';
import { CONTENT_SECURITY_POLICY } from '../../infra/content-security-policy.ts';
import { ScriptedApi } from './scripted-api.ts';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

interface Copy {
  readonly body: Buffer;
  readonly lastModified: Date;
  readonly headers: Readonly<Record<string, string>>;
}

/** An edge that answers what the scenario tells it to, with the headers CloudFront would send. */
export class ScriptedEdge {
  readonly #copies = new Map<string, Copy>();
  readonly #server: Server;
  #failure: number | undefined;
  /** What the edge forwards `/api/*` to. */
  readonly api = new ScriptedApi();
  /** Requests for files that reached the edge, as `METHOD /path`. */
  readonly requests: string[] = [];

  constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  /** Serves a built website; every file was published at this moment and is an edge hit. */
  serve(website: ReadonlyMap<string, Buffer>, publishedAt: Date): void {
    this.#failure = undefined;
    this.api.reset();
    this.#copies.clear();
    this.requests.length = 0;
    for (const [file, body] of website)
      this.publish(file, body, publishedAt, { 'x-cache': 'Hit from cloudfront', age: '34' });
  }

  /** Replaces a file by another version; by default the edge had to fetch it. */
  publish(
    file: string,
    body: Buffer | string,
    lastModified: Date,
    headers: Readonly<Record<string, string>> = { 'x-cache': 'Miss from cloudfront' },
  ): void {
    this.#copies.set(`/${file}`, { body: Buffer.from(body), lastModified, headers });
  }

  textOf(file: string): string {
    return this.#copyOf(`/${file}`)?.body.toString() ?? '';
  }

  /** Answers everything with this status until told `undefined`. */
  failWith(status: number | undefined): void {
    this.#failure = status;
  }

  /** Starts listening. @returns the origin */
  async listen(): Promise<string> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve));
    const { port } = z.object({ port: z.number() }).parse(this.#server.address());
    return `http://127.0.0.1:${port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }

  #copyOf(path: string): Copy | undefined {
    return this.#copies.get(path === '/' ? '/index.html' : path);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '/';
    if (path.startsWith('/api/')) {
      void this.api.answer(request, response);
      return;
    }
    this.requests.push(`${request.method} ${path}`);
    if (this.#failure !== undefined) {
      response.writeHead(this.#failure, { 'x-cache': 'Error from cloudfront' }).end();
      return;
    }
    const copy = this.#copyOf(path);
    if (!copy) {
      response.writeHead(404, { 'x-cache': 'Error from cloudfront' }).end();
      return;
    }
    const etag = `"${createHash('md5').update(copy.body).digest('hex')}"`;
    response.setHeaders(
      new Map([
        ...Object.entries(copy.headers),
        ['content-type', CONTENT_TYPES[extname(path)] ?? 'text/html; charset=utf-8'],
        ['content-security-policy', CONTENT_SECURITY_POLICY],
        ['last-modified', copy.lastModified.toUTCString()],
        ['etag', etag],
        // Long enough that a page which trusted the browser's copies would never notice a change.
        ['cache-control', 'max-age=86400'],
      ]),
    );
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
    else response.end(request.method === 'HEAD' ? undefined : copy.body);
  }
}
