import { type Headers, header, type OriginResponse } from './messages.ts';
import type { CachePolicy } from './policies.ts';

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html */
export const DEFAULT_ERROR_TTL_SECONDS = 10;
const ALWAYS_CACHED_ERRORS = new Set([404, 405, 410, 414, 500, 501, 502, 503, 504]);
/** Only these heed `no-store`, `no-cache` and `private`. 416 is never cached. */
const RESTRICTED_ERRORS = new Set([404, 410, 414, 501]);
const CACHED_STATUSES = new Set([200, 203, 204, 300, 301, 302, 307, 308]);

/**
 * How long an edge may serve a response without asking again; 0: stored, but validated each time.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html
 * @param errorRule what the distribution says about errors of this status
 * @returns seconds; undefined if the response must not be stored
 */
export function cacheSeconds(
  response: OriginResponse,
  policy: CachePolicy,
  now: number,
  errorRule: CachedError = {},
): number | undefined {
  if (response.status >= 400) return errorSeconds(response, policy, now, errorRule);
  const directives = directivesOf(response.headers);
  if (!CACHED_STATUSES.has(response.status)) return undefined;
  // A minimum TTL above zero overrules the origin.
  if (forbids(directives, 'no-store', 'private')) return policy.minTtlSeconds || undefined;
  if (forbids(directives, 'no-cache')) return policy.minTtlSeconds;

  const asked = askedSeconds(response.headers, now) ?? policy.defaultTtlSeconds;
  return Math.max(policy.minTtlSeconds, Math.min(policy.maxTtlSeconds, asked));
}

/** How errors of one status are cached. */
export interface CachedError {
  /** The distribution's own `ErrorCachingMinTTL`, if it sets one. */
  readonly ttlSeconds?: number;
  /** The page that viewers get instead, and the policy that it is fetched under. */
  readonly page?: { readonly headers: Headers; readonly policy: CachePolicy };
}

/**
 * AWS's documents differ on which of the times counts for a custom error page: the page's own, the
 * error's or the minimum for errors. So it is the longest.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-expiration.html
 */
function errorSeconds(
  { status, headers }: OriginResponse,
  policy: CachePolicy,
  now: number,
  { ttlSeconds, page }: CachedError,
): number | undefined {
  const isForbidden = forbids(directivesOf(headers), 'no-store', 'private', 'no-cache');
  if (isForbidden && RESTRICTED_ERRORS.has(status) && policy.minTtlSeconds === 0) return undefined;
  const asked = askedSeconds(headers, now);
  const isConfigured = ttlSeconds !== undefined || page !== undefined || asked !== undefined;
  if (status === 416 || !(isConfigured || ALWAYS_CACHED_ERRORS.has(status))) return undefined;
  const ofPage = page === undefined ? 0 : (askedSeconds(page.headers, now) ?? 0);
  return Math.max(
    ttlSeconds ?? DEFAULT_ERROR_TTL_SECONDS,
    Math.min(asked ?? 0, policy.maxTtlSeconds),
    Math.min(ofPage, page?.policy.maxTtlSeconds ?? 0),
  );
}

/** What the origin asks for; undefined if it names no time. */
function askedSeconds(headers: Headers, now: number): number | undefined {
  const directives = directivesOf(headers);
  return (
    directiveSeconds(directives, 's-maxage') ??
    directiveSeconds(directives, 'max-age') ??
    secondsUntil(header(headers, 'expires'), now)
  );
}

function forbids(directives: ReadonlyMap<string, string>, ...names: readonly string[]): boolean {
  return names.some(name => directives.has(name));
}

function directivesOf(headers: Headers): ReadonlyMap<string, string> {
  const cacheControl = header(headers, 'cache-control') ?? '';
  return new Map(
    cacheControl.split(',').map(part => {
      const [name = '', value = ''] = part.trim().split('=', 2);
      return [name.toLowerCase(), value.replaceAll('"', '')] as const;
    }),
  );
}

function directiveSeconds(directives: ReadonlyMap<string, string>, name: string): number | undefined {
  const value = directives.get(name);
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
}

function secondsUntil(expires: string | undefined, now: number): number | undefined {
  if (expires === undefined) return undefined;
  const at = Date.parse(expires);
  // RFC 9111 §5.3: an invalid date means already expired.
  return Number.isNaN(at) ? 0 : Math.max(0, Math.floor((at - now) / 1000));
}
