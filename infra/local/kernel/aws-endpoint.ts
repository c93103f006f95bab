import { channel } from 'node:diagnostics_channel';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { operationOf } from './action-names.ts';
import { AwsError, type AwsRequest, type AwsResponse, type AwsService, urlOf } from './aws-api.ts';
import { errorResponseTo, isSignedByVersion2 } from './error-response.ts';
import { close, listen } from './http-server.ts';
import type { Journal } from './journal.ts';

export interface AwsCall {
  readonly request: AwsRequest;
  readonly action: string;
}

/**
 * Stands between a call and its service: it may answer instead of the service, repeat the call,
 * delay it, or let it happen and lose the answer. Every side effect of the program passes here.
 */
export type Interceptor = (call: AwsCall, next: () => Promise<AwsResponse>) => Promise<AwsResponse>;

export interface AwsEndpoint {
  /** Handles a call made inside this process. */
  readonly call: AwsService;
  /** @returns the function that removes the interceptor again */
  intercept(interceptor: Interceptor): () => void;
  /** Where SDKs and the AWS CLI reach it. */
  readonly url: string;
  stop(): Promise<void>;
}

/** An answer of a service, before any interceptor changes it. */
export interface AwsAnswer extends AwsCall {
  readonly response: AwsResponse;
}

/** Diagnostics channel of Node, to which every endpoint of the process publishes its answers. */
export const AWS_ANSWERS = 'local-cloud:aws-answers';

const answers = channel(AWS_ANSWERS);

/** S3 accepts 5 GiB in one PUT; here an object is held in memory. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

export interface AwsEndpointOptions {
  readonly port: number;
  /** By signing name; may be filled after the start. */
  readonly services: ReadonlyMap<string, AwsService>;
  readonly journal: Journal;
  /**
   * Names the action of a request.
   *
   * @default the operation that the request itself names, which REST requests do not
   */
  readonly actionOf?: (request: AwsRequest) => string;
}

/**
 * One address for every AWS service: it finds the service by the credential scope of the signature.
 * Signatures are not checked; the caller is whoever the access key id names.
 */
export async function startAwsEndpoint(options: AwsEndpointOptions): Promise<AwsEndpoint> {
  const { services, journal, actionOf = operationOf } = options;
  const interceptors = new Set<Interceptor>();

  async function call(request: AwsRequest): Promise<AwsResponse> {
    const action = actionOf(request);
    const perform = () => performedBy(services.get(request.service), request);
    const chain = [...interceptors].reduceRight<() => Promise<AwsResponse>>(
      (next, interceptor) => () => interceptor({ request, action }, next),
      () => published({ request, action }, perform),
    );
    const response = await chain();
    journal.record({
      kind: 'call',
      caller: request.caller,
      service: request.service,
      action,
      status: response.status,
      ...(response.status < 400 ? {} : { error: errorCodeOf(response) }),
    });
    return response;
  }

  const server = createServer((incoming, outgoing) => void answer(incoming, outgoing, call));
  const port = await listen(server, options.port, '--aws-port');
  return {
    call,
    intercept(interceptor) {
      interceptors.add(interceptor);
      return () => interceptors.delete(interceptor);
    },
    url: `http://127.0.0.1:${port}`,
    stop: () => close(server),
  };
}

/** What a service answers. To its caller, a bug is a failure of the service, as on AWS. */
async function performedBy(service: AwsService | undefined, request: AwsRequest): Promise<AwsResponse> {
  if (service === undefined) return errorResponseTo(request, withoutService(request));
  try {
    return await service(request);
  } catch (error) {
    // Cut by an interceptor of a call that the service made.
    if (error instanceof ConnectionCutError) throw error;
    process.emitWarning(error instanceof Error ? error : String(error));
    return errorResponseTo(request, FAILURES[request.service] ?? INTERNAL_FAILURE);
  }
}

const INTERNAL_FAILURE = new AwsError(
  'InternalFailure',
  'The request processing has failed because of an unknown error, exception or failure.',
  500,
);

/** Services with a code of their own for what they cannot help. */
const FAILURES: Readonly<Record<string, AwsError>> = {
  s3: new AwsError('InternalError', 'We encountered an internal error. Please try again.', 500),
};

async function published(call: AwsCall, perform: () => Promise<AwsResponse>): Promise<AwsResponse> {
  const response = await perform();
  answers.publish({ ...call, response } satisfies AwsAnswer);
  return response;
}

async function answer(incoming: IncomingMessage, outgoing: ServerResponse, call: AwsService): Promise<void> {
  try {
    const content = await readBody(incoming);
    const request = awsRequestOf(incoming, content ?? Buffer.alloc(0));
    const { status, headers, body } = await (content === undefined
      ? errorResponseTo(request, TOO_LARGE)
      : call(request));
    const isHead = incoming.method === 'HEAD';
    outgoing.writeHead(status, {
      ...headers,
      ...(isHead || body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
    });
    outgoing.end(isHead ? undefined : body);
  } catch (error) {
    // To the caller, a bug of the endpoint looks like a fault that cuts the connection: show it.
    if (!(error instanceof ConnectionCutError))
      process.emitWarning(error instanceof Error ? error : String(error));
    outgoing.destroy();
  }
}

/** Thrown by an interceptor to cut the connection instead of answering. */
export class ConnectionCutError extends Error {
  override readonly name = 'ConnectionCut';
}

/** Undefined if it is too large. It is read to its end, before which few clients take an answer. */
async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) chunks.length = 0;
    else chunks.push(chunk);
  }
  return size > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks);
}

const TOO_LARGE = new AwsError(
  'EntityTooLarge',
  `Your proposed upload exceeds the maximum allowed size: the local cloud takes ${MAX_BODY_BYTES} bytes in one request, and more in parts`,
);

/** An HTTP request to any AWS service, as the local cloud sees it. */
export function awsRequestOf(message: HttpMessage, body: Buffer): AwsRequest {
  const { method = 'GET', headers } = message;
  const url = pathOf(message);
  return { ...credentialScopeOf({ headers, url }), method, ...pathStyle({ headers, url }), body };
}

type HttpMessage = Pick<IncomingMessage, 'method' | 'url' | 'headers'>;

/** A target may be a whole URL, as proxies are asked, or `*`. */
function pathOf({ url = '/' }: HttpMessage): string {
  const path = url.replace(/^https?:\/\/[^/?]*/i, '');
  return path.startsWith('/') ? path : `/${path}`;
}

/** Reads the Authorization header, or the query of a presigned URL. */
function credentialScopeOf({ headers, url }: Pick<AwsRequest, 'headers' | 'url'>): {
  caller: string;
  service: string;
} {
  const presigned = urlOf({ url }).searchParams.get('X-Amz-Credential');
  const credential = presigned ?? /Credential=([^,\s]+)/.exec(headers.authorization ?? '')?.[1] ?? '';
  // The caller may be an ARN, which may hold slashes.
  const parts = credential.split('/');
  const [service = ''] = parts.slice(-2);
  return { caller: parts.slice(0, -4).join('/'), service: SIGNING_ALIASES[service] ?? service };
}

const SIGNING_ALIASES: Readonly<Record<string, string>> = { email: 'ses', sesv2: 'ses' };

/** Turns `http://bucket.localhost/key` into `/bucket/key`. */
function pathStyle({
  headers,
  url,
}: Pick<AwsRequest, 'url' | 'headers'>): Pick<AwsRequest, 'url' | 'headers'> {
  const bucket = /^([a-z0-9.-]+)\.localhost(?::\d+)?$/.exec(headers.host ?? '')?.[1];
  if (bucket === undefined) return { url, headers };
  return { url: `/${bucket}${url}`, headers: { ...headers, host: 'localhost' } };
}

/** Why no service takes a call. */
function withoutService(request: AwsRequest): AwsError {
  const { service } = request;
  if (service !== '')
    return new AwsError('UnknownService', `The local cloud does not emulate the service ${service}`, 501);
  if (isSignedByVersion2(request)) return new AwsError('InvalidRequest', VERSION_4_ONLY);
  return new AwsError('MissingAuthenticationToken', 'Request is missing Authentication Token', 403);
}

const VERSION_4_ONLY =
  'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.';

function errorCodeOf({ headers, body }: AwsResponse): string {
  const text = String(body ?? '');
  return (
    headers?.['x-amzn-errortype']?.toString() ??
    /"__type":"(?:[^"#]*#)?([^"]+)"/.exec(text)?.[1] ??
    /<Code>([^<]+)<\/Code>/.exec(text)?.[1] ??
    'unknown'
  );
}
