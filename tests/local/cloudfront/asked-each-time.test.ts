import { describe, expect, it } from 'vitest';
import { type CachingHeaders, isAskedEachTime, type Ttls } from '../../../shared/refresh/asked-each-time.ts';
import { behaviour, openSite } from './site.ts';

const LAST_WRITE = 'Wed, 31 Dec 2025 00:00:00 GMT';

const CACHE_CONTROLS = [
  undefined,
  'no-store',
  'no-cache',
  'private',
  'public',
  'max-age=0',
  'max-age=0, must-revalidate',
  'public, Max-Age=0, s-maxage=60',
  'max-age=60, s-maxage=0',
  'max-age=1',
  'max-age=60',
  'no-cache, max-age=60',
  'max-age=0, stale-while-revalidate=60',
  'no-cache, stale-if-error=60',
  'max-age=soon',
  'x="no-store"',
];
const EXPIRES = [undefined, LAST_WRITE, 'Fri, 02 Jan 2026 00:00:00 GMT', '0'];
const TTLS: readonly Ttls[] = [0, 1, 60].flatMap(minTtlSeconds =>
  [0, 86_400].flatMap(defaultTtlSeconds =>
    [0, 31_536_000]
      .map(maxTtlSeconds => ({ minTtlSeconds, defaultTtlSeconds, maxTtlSeconds }))
      .filter(ttls => ttls.maxTtlSeconds >= Math.max(minTtlSeconds, defaultTtlSeconds)),
  ),
);

/** What an edge shows of an object that has changed since it was first asked for. */
async function shownAfterChange(headers: Record<string, string>, ttls: Ttls): Promise<string> {
  const policy = {
    Name: 'Own',
    MinTTL: ttls.minTtlSeconds,
    DefaultTTL: ttls.defaultTtlSeconds,
    MaxTTL: ttls.maxTtlSeconds,
    ParametersInCacheKeyAndForwardedToOrigin: {
      EnableAcceptEncodingGzip: false,
      QueryStringsConfig: { QueryStringBehavior: 'none' },
      HeadersConfig: { HeaderBehavior: 'none' },
      CookiesConfig: { CookieBehavior: 'none' },
    },
  };
  const { get, origin, clock } = openSite(
    { DefaultCacheBehavior: behaviour({ CachePolicyId: 'own' }) },
    { cachePolicies: new Map([['own', policy]]) },
  );
  origin.files.set('/page.html', { body: 'old', headers: { ...headers, etag: '"1"' } });
  await get('/page.html');
  origin.files.set('/page.html', { body: 'new', headers: { ...headers, etag: '"2"' } });
  clock.now += 1000;
  return (await get('/page.html')).text;
}

const OBJECTS: readonly CachingHeaders[] = CACHE_CONTROLS.flatMap(cacheControl =>
  EXPIRES.map(expires => ({
    lastModified: LAST_WRITE,
    ...(cacheControl === undefined ? {} : { cacheControl }),
    ...(expires === undefined ? {} : { expires }),
  })),
);

function headersOf({ cacheControl, expires }: CachingHeaders): Record<string, string> {
  return {
    'last-modified': LAST_WRITE,
    ...(cacheControl === undefined ? {} : { 'cache-control': cacheControl }),
    ...(expires === undefined ? {} : { expires }),
  };
}

describe('An object that CloudFront is said to ask for each time', () => {
  it.each(TTLS)('is shown as it is now, whatever it is stored with, under %j', async ttls => {
    const asked = OBJECTS.filter(object => isAskedEachTime(object, ttls)).map(headersOf);
    for (const headers of asked) {
      expect(await shownAfterChange(headers, ttls), JSON.stringify(headers)).toBe('new');
    }
    expect(asked.length > 0).toBe(ttls.minTtlSeconds <= 1);
  });
});
