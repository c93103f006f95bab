import { randomBytes } from 'node:crypto';
import type { CachedObject, EdgeCache, Fetched } from './cache.ts';
import { tagsOf } from './cache-tags.ts';
import { compressed } from './compression.ts';
import type { Behaviour, Distribution } from './distribution.ts';
import { EdgeFunctionError } from './edge-function.ts';
import { acceptedEncodings, cacheKey, originRequest } from './forwarding.ts';
import { type CachedError, cacheSeconds, DEFAULT_ERROR_TTL_SECONDS } from './freshness.ts';
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
  /** Receives why an origin or a function failed; the viewer sees only 502, 503 or 504. */
  readonly onFailure: (error: unknown) => void;
  readonly log: (functionName: string, line: string) => void;
  /** Whether HEAD and GET have entries of their own. AWS documents neither. @default false */
  readonly keepsHeadApart?: boolean | undefined;
  /** Whether a firewall (AWS WAF) blocks a request. @default none */
  readonly blocks?: ((request: ViewerRequest) => boolean) | undefined;
}

type Shown = Pick<CachedObject, 'status' | 'errorStatus' | 'headers' | 'body'>;

/** A complete response, and where the edge got it. */
export interface Served extends Shown {
  readonly outcome: 'Hit' | 'Miss' | 'RefreshHit';
}

/**
 * One distribution at one point of presence. Viewers count as HTTPS, so `ViewerProtocolPolicy`
 * never redirects.
 */
export type Edge = (request: ViewerRequest) => Promise<ViewerResponse>;

/** @returns the function that answers viewers' requests */
export function createEdge(distribution: Distribution, options: EdgeOptions): Edge {
  const edge = new EdgeOfDistribution(distribution, options);
  return request => edge.serve(request);
}

class EdgeOfDistribution {
  readonly #distribution: Distribution;
  readonly #options: EdgeOptions;

  constructor(distribution: Distribution, options: EdgeOptions) {
    this.#distribution = distribution;
    this.#options = options;
  }

  async serve(viewerRequest: ViewerRequest): Promise<ViewerResponse> {
    const requestId = randomBytes(42).toString('base64url');
    const request = { ...viewerRequest, headers: lowerCaseNames(viewerRequest.headers) };
    if (this.#options.blocks?.(request)) return this.#refuse(request, requestId, 403, BLOCKED);
    const behaviour = this.#behaviourOf(request.url);
    if (!behaviour.allowedMethods.has(request.method))
      return this.#refuse(request, requestId, 403, METHOD_NOT_ALLOWED);
    try {
      const verdict = behaviour.viewerRequest?.(request, {
        distributionId: this.#distribution.id,
        distributionDomainName: this.#distribution.domainName,
        requestId,
        log: this.#options.log,
      }) ?? { request };
      if ('response' in verdict)
        return this.#sign(answerFunction(verdict.response), requestId, 'FunctionGeneratedResponse');
      const [response, xCache] = await this.#answer(behaviour, verdict.request, requestId);
      return this.#sign(response, requestId, xCache);
    } catch (error) {
      if (!(error instanceof EdgeFunctionError)) throw error;
      this.#options.onFailure(error);
      return error.status === 503
        ? this.#refuse(request, requestId, 503, FUNCTION_FAILED, 'FunctionExecutionError')
        : this.#refuse(request, requestId, 502, FUNCTION_INVALID);
    }
  }

  #sign(response: ViewerResponse, requestId: string, xCache: string): ViewerResponse {
    return {
      ...response,
      headers: {
        ...response.headers,
        'x-cache': `${xCache} from cloudfront`,
        via: `1.1 ${this.#distribution.id.toLowerCase()}.cloudfront.net (CloudFront)`,
        'x-amz-cf-pop': this.#options.pop,
        'x-amz-cf-id': requestId,
      },
    };
  }

  #refuse(
    { method }: ViewerRequest,
    requestId: string,
    status: number,
    reason: string,
    xCache = 'Error',
  ): ViewerResponse {
    const page = cloudFrontErrorPage(status, reason, requestId);
    return this.#sign(method === 'HEAD' ? { ...page, body: Buffer.alloc(0) } : page, requestId, xCache);
  }

  #behaviourOf(url: string): Behaviour {
    const [path] = splitQuery(url);
    const behaviour = this.#distribution.behaviours.find(each => each.matches(path));
    if (behaviour === undefined) throw new Error(`${this.#distribution.id} has no default behaviour`);
    return behaviour;
  }

  async #answer(
    behaviour: Behaviour,
    request: ViewerRequest,
    requestId: string,
  ): Promise<[ViewerResponse, xCache: string]> {
    const served = await this.#obtain(behaviour, request, requestId);
    const { status, errorStatus, body } = served;
    // The headers of an error page are those of the behaviour that shows the page.
    const policy = errorStatus === undefined ? behaviour.responseHeadersPolicy : undefined;
    const response = { status, headers: withResponseHeaders(served.headers, policy), body };
    const isWhole = errorStatus !== undefined || isCached(behaviour, request.method);
    const answer = isWhole ? answerFromComplete(request, response) : response;
    return [answer, isError(served) ? 'Error' : served.outcome];
  }

  /** The page that viewers get instead of an error; undefined if there is none. */
  async #errorPage(
    { status }: OriginResponse,
    request: ViewerRequest,
    requestId: string,
  ): Promise<ErrorPage | undefined> {
    const page = this.#distribution.errorRules.get(status)?.page;
    if (page === undefined || page.path === splitQuery(request.url)[0]) return undefined;
    const behaviour = this.#behaviourOf(page.path);
    const pageRequest = { ...request, method: 'GET', url: page.path, body: Buffer.alloc(0) };
    const { body, ...served } = await this.#obtain(behaviour, pageRequest, requestId, false);
    if (served.status >= 400) return undefined;
    const headers = withResponseHeaders(served.headers, behaviour.responseHeadersPolicy);
    return {
      shown: { status: page.status, errorStatus: status, headers, body },
      kept: { headers: served.headers, policy: behaviour.cachePolicy },
    };
  }

  /**
   * Gets the object from the cache or, failing that, from the origin.
   *
   * @param hasPages whether an error page takes the place of an error
   */
  async #obtain(
    behaviour: Behaviour,
    request: ViewerRequest,
    requestId: string,
    hasPages = true,
  ): Promise<Served> {
    if (!isCached(behaviour, request.method)) {
      const response = await this.#ask(
        behaviour,
        originRequest(this.#distribution, behaviour, request, requestId, undefined),
      );
      const page = hasPages ? await this.#errorPage(response, request, requestId) : undefined;
      return { ...(page?.shown ?? response), outcome: 'Miss' };
    }
    const apart = this.#options.keepsHeadApart ?? false;
    const key = cacheKey(this.#distribution, behaviour, request, apart);
    const known = this.#options.cache.get(key);
    if (known !== undefined && this.#options.now() < known.freshUntil) return this.#hit(known);
    const { value, joined } = await this.#options.cache.fetchOnce(key, () =>
      this.#refresh(behaviour, request, requestId, known, hasPages),
    );
    return joined && value.outcome === 'Miss' ? { ...value, outcome: 'Hit' } : value;
  }

  #hit(known: CachedObject): Served {
    const age = Math.floor((this.#options.now() - known.storedAt) / 1000);
    return { ...known, headers: { ...known.headers, age: String(age) }, outcome: 'Hit' };
  }

  async #refresh(
    behaviour: Behaviour,
    request: ViewerRequest,
    requestId: string,
    known: CachedObject | undefined,
    hasPages: boolean,
  ): Promise<Fetched<Served>> {
    // A HEAD asks with GET, so that one answer serves both.
    const asGet = request.method === 'HEAD' ? { ...request, method: 'GET' } : request;
    const response = await this.#ask(
      behaviour,
      originRequest(this.#distribution, behaviour, asGet, requestId, conditionsFor(known)),
    );
    if (known !== undefined && !isError(known) && response.status >= 500) {
      return this.#serveStale(known, response);
    }
    if (known !== undefined && response.status === 304) {
      const headers = { ...known.headers, ...without(response.headers, 'etag', 'content-length') };
      const current = { ...known, headers };
      return {
        value: { ...current, outcome: 'RefreshHit' },
        ...this.#storable(behaviour, current, current, known.originETag),
      };
    }
    const page = hasPages ? await this.#errorPage(response, request, requestId) : undefined;
    const encodings = behaviour.compress ? acceptedEncodings(request.headers, behaviour.cachePolicy) : [];
    const shown = page?.shown ?? (await compressed(response, encodings));
    return {
      value: { ...shown, outcome: 'Miss' },
      ...this.#storable(behaviour, response, shown, header(response.headers, 'etag'), page),
    };
  }

  /**
   * The origin fails: serve the expired object, and leave the origin alone for the error caching
   * time.
   */
  #serveStale(known: CachedObject, response: OriginResponse): Fetched<Served> {
    const seconds =
      this.#distribution.errorRules.get(response.status)?.ttlSeconds ?? DEFAULT_ERROR_TTL_SECONDS;
    return { value: this.#hit(known), store: { ...known, freshUntil: this.#options.now() + seconds * 1000 } };
  }

  /** @param shown what viewers get of the response */
  #storable(
    behaviour: Behaviour,
    response: OriginResponse,
    shown: Shown,
    originETag: string | undefined,
    page?: ErrorPage,
  ): { store?: CachedObject } {
    const { ttlSeconds } = this.#distribution.errorRules.get(response.status) ?? {};
    const seconds = cacheSeconds(response, behaviour.cachePolicy, this.#options.now(), {
      ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
      ...(page === undefined ? {} : { page: page.kept }),
    });
    if (seconds === undefined) return {};
    const { status, errorStatus, headers, body } = shown;
    const tags = tagsOf(response, this.#distribution.config.CacheTagConfig?.HeaderName);
    const times = { storedAt: this.#options.now(), freshUntil: this.#options.now() + seconds * 1000 };
    return {
      store: {
        ...{ status, headers, body, tags, ...times },
        ...(errorStatus === undefined ? {} : { errorStatus }),
        ...(originETag === undefined ? {} : { originETag }),
      },
    };
  }

  /** Never throws: an origin that cannot be reached is a 502, one that answers too late a 504. */
  async #ask(behaviour: Behaviour, request: OriginRequest): Promise<OriginResponse> {
    try {
      const response = await withinTime(this.#options.fetchOrigin(request), behaviour.origin.readTimeoutMs);
      const headers = without(
        lowerCaseNames(response.headers),
        'connection',
        'keep-alive',
        'transfer-encoding',
      );
      return { ...response, headers: forwardsCookies(behaviour) ? headers : without(headers, 'set-cookie') };
    } catch (error) {
      this.#options.onFailure(error);
      const isLate = error instanceof Error && error.name === 'TimeoutError';
      const reason = isLate
        ? 'CloudFront attempted to establish a connection with the origin, but either the attempt failed or the origin closed the connection.'
        : "CloudFront wasn't able to connect to the origin.";
      return cloudFrontErrorPage(isLate ? 504 : 502, reason, header(request.headers, 'x-amz-cf-id') ?? '');
    }
  }
}

/** What viewers get instead of an error, and how long it may be kept. */
interface ErrorPage {
  readonly shown: Shown;
  readonly kept: NonNullable<CachedError['page']>;
}

function isError({ status, errorStatus }: Pick<Shown, 'status' | 'errorStatus'>): boolean {
  return errorStatus !== undefined || status >= 400;
}

const BLOCKED = "Request blocked. We can't connect to the server for this app or website at this time.";
const METHOD_NOT_ALLOWED =
  'This distribution is not configured to allow the HTTP request method that was used for this request.';
const FUNCTION_FAILED = 'The CloudFront function is invalid or could not run.';
const FUNCTION_INVALID = 'The CloudFront function returned an invalid value.';

function isCached(behaviour: Behaviour, method: string): boolean {
  const isCacheable = method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
  return isCacheable && behaviour.cachedMethods.has(method) && behaviour.cachePolicy.maxTtlSeconds > 0;
}

/** If no policy selects cookies, CloudFront also removes `Set-Cookie` from answers. */
function forwardsCookies({ cachePolicy, originRequestPolicy }: Behaviour): boolean {
  return cachePolicy.cookies.kind !== 'none' || (originRequestPolicy?.cookies.kind ?? 'none') !== 'none';
}

function conditionsFor(known: CachedObject | undefined): Headers {
  if (known === undefined || isError(known)) return {};
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
