import { header, type OriginResponse } from './messages.ts';
import type { CachePolicy } from './policies.ts';

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html */
export const DEFAULT_ERROR_TTL_SECONDS = 10;
const ALWAYS_CACHED_ERRORS = new Set([404, 405, 410, 414, 500, 501, 502, 503, 504]);
const CACHED_STATUSES = new Set([200, 203, 204, 300, 301, 302, 307, 308]);

/**
 * How long an edge may serve a response without asking again; 0: stored, but validated each time.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html
 * @param errorTtlSeconds the distribution's own `ErrorCachingMinTTL` for this status, if it sets
 * one
 * @returns seconds; undefined if the response must not be stored
 */
export function cacheSeconds(
  response: OriginResponse,
  policy: CachePolicy,
  now: number,
  errorTtlSeconds?: number,
): number | undefined {
  const directives = cacheDirectives(header(response.headers, 'cache-control') ?? '');
  const explicit = directiveSeconds(directives, 's-maxage') ?? directiveSeconds(directives, 'max-age');
  if (response.status >= 400) {
    const isRestricted = policy.minTtlSeconds === 0 && forbids(directives, 'no-store', 'private', 'no-cache');
    if (isRestricted && response.status < 500) return undefined;
    return errorSeconds(response.status, explicit, errorTtlSeconds);
  }
  if (!CACHED_STATUSES.has(response.status)) return undefined;
  // A minimum TTL above zero overrules the origin.
  if (forbids(directives, 'no-store', 'private')) return policy.minTtlSeconds || undefined;
  if (forbids(directives, 'no-cache')) return policy.minTtlSeconds;

  const expires = header(response.headers, 'expires');
  const asked = explicit ?? secondsUntil(expires, now) ?? policy.defaultTtlSeconds;
  return Math.max(policy.minTtlSeconds, Math.min(policy.maxTtlSeconds, asked));
}

function errorSeconds(
  status: number,
  explicit: number | undefined,
  configured: number | undefined,
): number | undefined {
  const isCached = ALWAYS_CACHED_ERRORS.has(status) || explicit !== undefined || configured !== undefined;
  return isCached ? Math.max(configured ?? DEFAULT_ERROR_TTL_SECONDS, explicit ?? 0) : undefined;
}

function forbids(directives: ReadonlyMap<string, string>, ...names: readonly string[]): boolean {
  return names.some(name => directives.has(name));
}

function cacheDirectives(header: string): ReadonlyMap<string, string> {
  return new Map(
    header.split(',').map(part => {
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
