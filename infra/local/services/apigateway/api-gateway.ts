import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AwsService } from '../../kernel/aws-api.ts';
import { joinedSetCookies, type OriginRequest, type OriginResponse } from '../cloudfront/messages.ts';
import { createControlPlane } from './control-plane.ts';
import { MAX_BODY_BYTES } from './gateway-error.ts';
import type { ApiRequest, ApiResponse } from './messages.ts';
import { createRestApis, type RestApiOptions } from './rest-api.ts';
import { apiDomain } from './types.ts';

export interface LocalApiGateway {
  /** The REST API of API Gateway itself. */
  readonly api: AwsService;
  /** A listener for node:http that serves one API at `/<stage>`. */
  listener(apiId: string): (request: IncomingMessage, response: ServerResponse) => void;
  /** The answer to a request from CloudFront; undefined if its origin is no API of the template. */
  fetchOrigin(request: OriginRequest): Promise<OriginResponse> | undefined;
}

/** The template's REST APIs, over HTTP and as CloudFront's origins. */
export function createApiGateway(options: RestApiOptions): LocalApiGateway {
  const handle = createRestApis(options);
  const apiIds = new Map(options.definition.apis.map(({ id }) => [apiDomain(id), id]));

  return {
    api: createControlPlane(options.definition, (options.now ?? Date.now)()),
    listener: apiId => (incoming, outgoing) => {
      readRequest(incoming)
        .then(request => handle(apiId, request))
        .then(response => send(response, outgoing))
        .catch((error: unknown) => {
          process.emitWarning(error instanceof Error ? error : String(error));
          outgoing.destroy();
        });
    },
    fetchOrigin(request) {
      const apiId = apiIds.get(request.domainName);
      return apiId === undefined ? undefined : handle(apiId, fromOrigin(request)).then(toOrigin);
    },
  };
}

async function readRequest(incoming: IncomingMessage): Promise<ApiRequest> {
  const { method = 'GET', url = '/', rawHeaders, socket } = incoming;
  return {
    method,
    url,
    headers: rawHeaders
      .keys()
      .filter(index => index % 2 === 0)
      .map(index => [rawHeaders[index] ?? '', rawHeaders[index + 1] ?? ''] as const)
      .toArray(),
    body: await readBody(incoming),
    sourceIp: socket.remoteAddress ?? '127.0.0.1',
  };
}

/** Stops keeping chunks once the limit is passed: enough to know that the body is too large. */
async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
    size += chunk.length;
  }
  return Buffer.concat(chunks);
}

function send({ status, headers, body }: ApiResponse, outgoing: ServerResponse): void {
  const mayHaveBody = status !== 204 && status !== 304;
  for (const [name, value] of Object.entries(headers))
    outgoing.setHeader(name, typeof value === 'string' ? value : [...value]);
  if (mayHaveBody) outgoing.setHeader('Content-Length', Buffer.byteLength(body));
  outgoing.writeHead(status).end(mayHaveBody ? body : undefined);
}

function fromOrigin({ method, url, headers, body }: OriginRequest): ApiRequest {
  // CloudFront is the caller; the viewer is in X-Forwarded-For.
  return { method, url, headers: Object.entries(headers), body, sourceIp: '127.0.0.1' };
}

function toOrigin({ status, headers, body }: ApiResponse): OriginResponse {
  const received = Object.entries(headers).map(
    ([name, value]) => [name.toLowerCase(), [value].flat()] as const,
  );
  const setCookies = received.flatMap(([name, values]) => (name === 'set-cookie' ? values : []));
  return {
    status,
    headers: {
      ...Object.fromEntries(received.map(([name, values]) => [name, values.join(', ')])),
      ...joinedSetCookies(setCookies),
    },
    body: Buffer.from(body),
  };
}
