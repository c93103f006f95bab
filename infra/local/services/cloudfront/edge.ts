import { randomBytes } from 'node:crypto';
import type { CachedObject, EdgeCache, Fetched } from './cache.ts';
import { compressed } from './compression.ts';
import type { Behaviour, Distribution } from './distribution.ts';
import { EdgeFunctionError } from './edge-function.ts';
import { acceptedEncodings, cacheKey, originRequest } from './forwarding.ts';
import { cacheSeconds, DEFAULT_ERROR_TTL_SECONDS } from './freshness.ts';
import { splitQuery } from './invalidation-paths.ts';
import {
  type FetchOrigin,
  type Headers,
  header,
  lowerCaseNames,
  type OriginRequest,
  type OriginResponse,
  type ViewerRequest,
  type ViewerResponse,
  without,
} from './messages.ts';
import { answerFromComplete, cloudFrontErrorPage, withResponseHeaders } from './viewer-answer.ts';

export interface EdgeOptions {
  readonly pop: string;
  readonly cache: EdgeCache<Served>;
  readonly fetchOrigin: FetchOrigin;
  readonly now: () => number;
  /** Told why an origin or a function failed; the viewer sees no more than 502, 503 or 504. */
  readonly onFailure: (error: unknown) => void;
  readonly log: (functionName: string, line: string) => void;
}

/** A complete response, and how the edge came by it. */
export interface Served {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  readonly outcome: 'Hit' | 'Miss' | 'RefreshHit';
}

/** One distribution at one point of presence. Viewers are taken to speak HTTPS, so `ViewerProtocolPolicy` never redirects. */
export type Edge = (request: ViewerRequest) => Promise<ViewerResponse>;

export function createEdge(distribution: Distribution, options: EdgeOptions): Edge {
  const { cache, fetchOrigin, now } = options;

  return async viewerRequest => {
    const requestId = randomBytes(42).toString('base64url');
    const request = { ...viewerRequest, headers: lowerCaseNames(viewerRequest.headers) };
    const behaviour = behaviourOf(request.url);
    const sign = (response: ViewerResponse, xCache: string): ViewerResponse => ({
      ...response,
      headers: {
        ...response.headers,
        'x-cache': `${xCache} from cloudfront`,
        via: `1.1 ${distribution.id.toLowerCase()}.cloudfront.net (CloudFront)`,
        'x-amz-cf-pop': options.pop,
        'x-amz-cf-id': requestId,
      },
    });
    const refuse = (status: number, reason: string, xCache = 'Error') => {
      const page = cloudFrontErrorPage(status, reason, requestId);
      return sign(request.method === 'HEAD' ? { ...page, body: Buffer.alloc(0) } : page, xCache);
    };

    if (!behaviour.allowedMethods.has(request.method)) {
      return refuse(
        403,
        'This distribution is not configured to allow the HTTP request method that was used for this request.',
      );
    }
    try {
      const verdict = behaviour.viewerRequest?.(request, {
        distributionId: distribution.id,
        distributionDomainName: distribution.domainName,
        requestId,
        log: options.log,
      }) ?? { request };
      if ('response' in verdict) return sign(answerFunction(verdict.response), 'FunctionGeneratedResponse');
      return sign(...(await answer(behaviour, verdict.request, requestId)));
    } catch (error) {
      if (!(error instanceof EdgeFunctionError)) throw error;
      options.onFailure(error);
      return error.status === 503
        ? refuse(503, 'The CloudFront function is invalid or could not run.', 'FunctionExecutionError')
        : refuse(502, 'The CloudFront function returned an invalid value.');
    }
  };

  function behaviourOf(url: string): Behaviour {
    const [path] = splitQuery(url);
    const behaviour = distribution.behaviours.find(each => each.matches(path));
    if (behaviour === undefined) throw new Error(`${distribution.id} has no default behaviour`);
    return behaviour;
  }

  async function answer(
    behaviour: Behaviour,
    request: ViewerRequest,
    requestId: string,
  ): Promise<[ViewerResponse, xCache: string]> {
    const served = await obtain(behaviour, request, requestId);
    const { status, body } = served;
    const headers = withResponseHeaders(served.headers, behaviour.responseHeadersPolicy);
    const isError = status >= 400;
    const page = isError ? await errorPage(status, request, requestId) : undefined;
    const isWhole = page !== undefined || isCached(behaviour, request.method);
    const response = page ?? { status, headers, body };
    return [isWhole ? answerFromComplete(request, response) : response, isError ? 'Error' : served.outcome];
  }

  async function errorPage(
    status: number,
    request: ViewerRequest,
    requestId: string,
  ): Promise<ViewerResponse | undefined> {
    const page = distribution.errorRules.get(status)?.page;
    if (page === undefined) return undefined;
    const behaviour = behaviourOf(page.path);
    const pageRequest = { ...request, method: 'GET', url: page.path, body: Buffer.alloc(0) };
    const served = await obtain(behaviour, pageRequest, requestId);
    if (served.status >= 400) return undefined;
    const headers = withResponseHeaders(served.headers, behaviour.responseHeadersPolicy);
    return { status: page.status, headers, body: served.body };
  }

  /** From the cache, or else from the origin. */
  async function obtain(behaviour: Behaviour, request: ViewerRequest, requestId: string): Promise<Served> {
    if (!isCached(behaviour, request.method)) {
      const response = await ask(
        behaviour,
        originRequest(distribution, behaviour, request, requestId, undefined),
      );
      return { ...response, outcome: 'Miss' };
    }
    const key = cacheKey(distribution, behaviour, request);
    const known = cache.get(key);
    if (known !== undefined && now() < known.freshUntil) return hit(known);
    const { value, joined } = await cache.fetchOnce(key, () => refresh(behaviour, request, requestId, known));
    return joined && value.outcome === 'Miss' ? { ...value, outcome: 'Hit' } : value;
  }

  function hit(known: CachedObject): Served {
    const age = Math.floor((now() - known.storedAt) / 1000);
    return { ...known, headers: { ...known.headers, age: String(age) }, outcome: 'Hit' };
  }

  async function refresh(
    behaviour: Behaviour,
    request: ViewerRequest,
    requestId: string,
    known: CachedObject | undefined,
  ): Promise<Fetched<Served>> {
    // Asked with GET also for a HEAD, so that one answer serves both.
    const asGet = request.method === 'HEAD' ? { ...request, method: 'GET' } : request;
    const response = await ask(
      behaviour,
      originRequest(distribution, behaviour, asGet, requestId, conditionsFor(known)),
    );
    if (known !== undefined && known.status < 400 && response.status >= 500) {
      return serveStale(known, response);
    }
    if (known !== undefined && response.status === 304) {
      const headers = { ...known.headers, ...without(response.headers, 'etag', 'content-length') };
      const current = { ...known, headers };
      return {
        value: { ...current, outcome: 'RefreshHit' },
        ...storable(behaviour, current, known.originETag),
      };
    }
    const encodings = behaviour.compress ? acceptedEncodings(request.headers, behaviour.cachePolicy) : [];
    const fetched = await compressed(response, encodings);
    return {
      value: { ...fetched, outcome: 'Miss' },
      ...storable(behaviour, fetched, header(response.headers, 'etag')),
    };
  }

  /** An origin in trouble: what has expired is served on, and the origin left alone for the error caching time. */
  function serveStale(known: CachedObject, response: OriginResponse): Fetched<Served> {
    const seconds = distribution.errorRules.get(response.status)?.ttlSeconds ?? DEFAULT_ERROR_TTL_SECONDS;
    return { value: hit(known), store: { ...known, freshUntil: now() + seconds * 1000 } };
  }

  function storable(
    behaviour: Behaviour,
    response: OriginResponse,
    originETag: string | undefined,
  ): { store?: CachedObject } {
    const errorTtl = distribution.errorRules.get(response.status)?.ttlSeconds;
    const seconds = cacheSeconds(response, behaviour.cachePolicy, now(), errorTtl);
    if (seconds === undefined) return {};
    const { status, headers, body } = response;
    const times = { storedAt: now(), freshUntil: now() + seconds * 1000 };
    return {
      store: { status, headers, body, ...times, ...(originETag === undefined ? {} : { originETag }) },
    };
  }

  /** Never throws: an origin that cannot be asked is a 502, one that answers too late a 504. */
  async function ask(behaviour: Behaviour, request: OriginRequest): Promise<OriginResponse> {
    try {
      const response = await withinTime(fetchOrigin(request), behaviour.origin.readTimeoutMs);
      const headers = without(
        lowerCaseNames(response.headers),
        'connection',
        'keep-alive',
        'transfer-encoding',
      );
      return { ...response, headers: forwardsCookies(behaviour) ? headers : without(headers, 'set-cookie') };
    } catch (error) {
      options.onFailure(error);
      const isLate = error instanceof Error && error.name === 'TimeoutError';
      const reason = isLate
        ? 'CloudFront attempted to establish a connection with the origin, but either the attempt failed or the origin closed the connection.'
        : "CloudFront wasn't able to connect to the origin.";
      return cloudFrontErrorPage(isLate ? 504 : 502, reason, header(request.headers, 'x-amz-cf-id') ?? '');
    }
  }
}

function isCached(behaviour: Behaviour, method: string): boolean {
  const isCacheable = method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
  return isCacheable && behaviour.cachedMethods.has(method) && behaviour.cachePolicy.maxTtlSeconds > 0;
}

/** Without cookies in any policy CloudFront also takes `Set-Cookie` off the answers. */
function forwardsCookies({ cachePolicy, originRequestPolicy }: Behaviour): boolean {
  return cachePolicy.cookies.kind !== 'none' || (originRequestPolicy?.cookies.kind ?? 'none') !== 'none';
}

function conditionsFor(known: CachedObject | undefined): Headers {
  if (known === undefined || known.status >= 400) return {};
  if (known.originETag !== undefined) return { 'if-none-match': known.originETag };
  const modified = header(known.headers, 'last-modified');
  return modified === undefined ? {} : { 'if-modified-since': modified };
}

function answerFunction(response: ViewerResponse): ViewerResponse {
  return { ...response, headers: { ...response.headers, 'content-length': String(response.body.length) } };
}

async function withinTime<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new DOMException(`The origin did not answer within ${milliseconds} ms`, 'TimeoutError')),
    milliseconds,
  );
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
