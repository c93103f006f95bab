import * as z from 'zod/mini';
import { pathPatternMatcher } from './path-pattern.ts';

const Seconds = z.number().check(z.minimum(0));

/**
 * How long CloudFront keeps what a behaviour shows, as far as the behaviour decides it: from its
 * cache policy, or from the older settings (`ForwardedValues` and TTLs of its own).
 */
export const Caching = z.object({
  /** With more than 0, CloudFront keeps even what is served with `no-store` or `no-cache`. */
  minTtlSeconds: Seconds,
  /** For objects without `max-age`, `s-maxage` and `Expires`. */
  defaultTtlSeconds: Seconds,
  /** Caps what an object asks for. */
  maxTtlSeconds: Seconds,
  /** Whether any query strings are part of the cache key. */
  queryStrings: z.boolean(),
});
export type Caching = Readonly<z.infer<typeof Caching>>;

/**
 * What a response headers policy does to headers that an object can be stored with (see
 * `isServedHeader` in refresh/served.ts). It does so each time that the edge answers: objects that
 * are cached already are shown with the new headers as well, and how long CloudFront keeps an
 * object follows from the headers of the origin.
 */
const ResponseHeaders = z.object({
  /** Names in lower case. Without `override`, the origin's own value wins. */
  set: z.array(z.object({ name: z.string(), value: z.string(), override: z.boolean() })),
  /** Names in lower case. */
  removed: z.array(z.string()),
});

const FUNCTION_EVENTS = ['viewer-request', 'viewer-response', 'origin-request', 'origin-response'] as const;

/** A CloudFront function, or one of Lambda@Edge. */
const EdgeFunction = z.object({
  arn: z.string(),
  event: z.enum(FUNCTION_EVENTS),
  /** Another one for other code. Empty for Lambda@Edge, whose ARN ends with the version. */
  version: z.string(),
});

const Behaviour = z.object({
  /** `*` is any number of characters, `?` exactly one. The default behaviour has `*`. */
  pathPattern: z.string(),
  /** Domain and path of its origins, for people: `site.s3.amazonaws.com/v2`. */
  origin: z.string(),
  /**
   * Origin paths under which it shows the bucket, each empty or like `/v2`. None if it shows
   * something else; several only if it has an origin group.
   */
  originPaths: z.array(z.string()),
  caching: Caching,
  responseHeaders: ResponseHeaders,
  functions: z.array(EdgeFunction),
  /** Whether viewers need signed URLs or signed cookies. */
  isSigned: z.boolean(),
  /** Changes with everything else that decides what viewers get, such as a policy. */
  fingerprint: z.string(),
});
export type Behaviour = Readonly<z.infer<typeof Behaviour>>;

/** CloudFront's own default (developer guide, "Error Caching Minimum TTL"). */
export const DEFAULT_ERROR_TTL_SECONDS = 10;

/**
 * What CloudFront does when an origin answers with an error. It is one list for the whole
 * distribution, whatever the behaviour.
 */
const ErrorResponse = z.object({
  /** The status of the origin's answer: 403 or 404 for a missing object of S3. */
  errorCode: z.number(),
  /** The status that viewers get. */
  responseCode: z.number(),
  /** URL path of the page that viewers get instead; empty for the origin's own answer. */
  pagePath: z.string(),
  /** `ErrorCachingMinTTL`: AWS's default of 10 seconds if the distribution says nothing. */
  minTtlSeconds: Seconds,
});
export type ErrorResponse = Readonly<z.infer<typeof ErrorResponse>>;

/** The website configuration of a bucket, which is in force behind a website endpoint alone. */
export const Website = z.object({
  /** Shown at each folder: `index.html`. */
  indexDocument: z.string(),
  /** Key of the object shown, with the error's status, where there is no object. */
  errorDocument: z.exactOptional(z.string()),
  /** Routing rules as JSON: they redirect some URLs. */
  routingRules: z.exactOptional(z.string()),
});
export type Website = Readonly<z.infer<typeof Website>>;

/** How a distribution shows the objects of one bucket, as its own configuration tells. */
export const Description = z.object({
  /** `d111111abcdef8.cloudfront.net` */
  domainName: z.string(),
  /** The object shown at `/`, below the origin path; empty if there is none. */
  rootObject: z.string(),
  /** In order of precedence: the first whose pattern matches a URL answers. The default is last. */
  behaviours: z.array(Behaviour),
  errorResponses: z.array(ErrorResponse),
  /** `CacheTagConfig`: the header of the origin that names an object's cache tags. */
  cacheTagHeader: z.optional(z.string()),
  /** Present if a behaviour shows the bucket's website endpoint. */
  website: z.optional(Website),
});
export type Description = Readonly<z.infer<typeof Description>>;

/**
 * The behaviour that answers a URL.
 *
 * @param requestPath as a client sends it
 */
export function behaviourAt(
  requestPath: string,
  { behaviours }: Pick<Description, 'behaviours'>,
): Behaviour | undefined {
  return behaviours.find(({ pathPattern }) => pathPatternMatcher(pathPattern)(requestPath));
}

/** The behaviours that show the bucket. */
export function showing({ behaviours }: Pick<Description, 'behaviours'>): Behaviour[] {
  return behaviours.filter(({ originPaths }) => originPaths.length > 0);
}

/**
 * URL paths of the pages that viewers get, with status 200, where the bucket answers 403 or 404. A
 * single-page application has such custom error responses.
 */
export function errorPagesOf({ errorResponses }: Pick<Description, 'errorResponses'>): string[] {
  const pages = errorResponses
    .filter(({ errorCode, responseCode }) => [403, 404].includes(errorCode) && responseCode === 200)
    .map(({ pagePath }) => pagePath);
  return [...new Set(pages.filter(path => path !== ''))];
}
