import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { Readable, Writable } from 'node:stream';
import type { AwsRequest, AwsResponse } from '../../infra/local/kernel/aws-api.ts';
import { awsRequestOf, ConnectionCutError } from '../../infra/local/kernel/aws-endpoint.ts';
import { type Actor, actAs, currentActor, waitFor } from './actors.ts';

/** Takes every request that this process would send by node:http, as SDK clients do. */
export type HttpTarget = (request: AwsRequest, sender: Actor | undefined) => Promise<AwsResponse>;

/** Replaces the network of this process with `target`, for good. */
export function installInProcessHttp(target: HttpTarget): void {
  const request = (options: http.RequestOptions, onResponse: (response: Readable) => void) =>
    new InProcessRequest(options, onResponse, target);
  Object.assign(http, { request });
  syncBuiltinESMExports();
}

/** As much of an http.ClientRequest as the SDK uses. */
class InProcessRequest extends Writable {
  readonly #options: http.RequestOptions;
  readonly #onResponse: (response: Readable) => void;
  readonly #target: HttpTarget;
  readonly #sender = currentActor();
  readonly #chunks: Buffer[] = [];

  constructor(options: http.RequestOptions, onResponse: (response: Readable) => void, target: HttpTarget) {
    // Sent is not answered yet: until then it may still fail.
    super({ autoDestroy: false });
    this.#options = options;
    this.#onResponse = onResponse;
    this.#target = target;
    // Sent along with the body: nobody here answers that it may come.
    queueMicrotask(() => this.emit('continue'));
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: () => void): void {
    this.#chunks.push(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
    done();
  }

  override _final(done: () => void): void {
    done();
    void this.#send();
  }

  async #send(): Promise<void> {
    const { method = 'GET', path, host, port, headers = {} } = this.#options;
    const named = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
    );
    const message = { method, url: path ?? '/', headers: { host: `${host}:${port}`, ...named } };
    const request = awsRequestOf(message, Buffer.concat(this.#chunks));
    try {
      // What the call sets going is not its sender's doing any more.
      const answer = actAs(undefined, () => this.#target(request, this.#sender));
      this.#receive(await waitFor(this.#sender, answer));
    } catch (error) {
      if (!(error instanceof ConnectionCutError)) throw error;
      this.destroy(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }));
    }
  }

  /** Without the emulators' `date`, which is of the real clock: SDKs would set theirs by it. */
  #receive({ status, headers: { date: _, ...headers } = {}, body = '' }: AwsResponse): void {
    if (this.destroyed) return;
    const content = Buffer.from(body);
    const isHead = this.#options.method === 'HEAD';
    const response = Readable.from(isHead || content.length === 0 ? [] : [content], { objectMode: false });
    const length = isHead ? {} : { 'content-length': String(content.length) };
    this.#onResponse(
      Object.assign(response, { statusCode: status, statusMessage: '', headers: { ...headers, ...length } }),
    );
  }
}
