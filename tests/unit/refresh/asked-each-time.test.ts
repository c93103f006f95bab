import { expect, it } from 'vitest';
import { type CachingHeaders, isAskedEachTime } from '../../../shared/refresh/asked-each-time.ts';

const DAY = 86_400;
const lastModified = 'Wed, 31 Dec 2025 00:00:00 GMT';
const LATER = 'Thu, 01 Jan 2026 00:00:00 GMT';

it.each<{ stored: CachingHeaders; min?: number; byDefault?: number; max?: number; isAsked: boolean }>([
  { stored: {}, isAsked: false },
  { stored: {}, byDefault: 0, isAsked: true },
  { stored: { cacheControl: 'public' }, byDefault: 0, isAsked: true },
  { stored: {}, max: 0, isAsked: true },
  { stored: { cacheControl: 'no-store' }, isAsked: true },
  { stored: { cacheControl: 'public, No-Cache' }, isAsked: true },
  { stored: { cacheControl: 'private, max-age=60' }, isAsked: true },
  { stored: { cacheControl: 'max-age=0' }, isAsked: true },
  { stored: { cacheControl: 'max-age=0' }, min: 1, isAsked: true },
  { stored: { cacheControl: 'max-age=0' }, min: 60, isAsked: false },
  { stored: { cacheControl: 'no-store' }, min: 60, isAsked: false },
  { stored: { cacheControl: 'max-age=60' }, isAsked: false },
  { stored: { cacheControl: 'max-age=60' }, max: 0, isAsked: true },
  { stored: { cacheControl: 'max-age=0, s-maxage=60' }, isAsked: false },
  { stored: { cacheControl: 'max-age=60, s-maxage=0' }, isAsked: true },
  { stored: { cacheControl: 'max-age=0, max-age=60' }, isAsked: false },
  { stored: { cacheControl: 'max-age=soon' }, isAsked: false },
  { stored: { cacheControl: 'max-age=-1' }, isAsked: false },
  { stored: { cacheControl: 'no-cache="x-header"' }, isAsked: false },
  { stored: { cacheControl: 'x="a, no-store, b"' }, isAsked: false },
  { stored: { cacheControl: 'no-cache, stale-while-revalidate=60' }, isAsked: false },
  { stored: { cacheControl: 'max-age=0, stale-if-error=60' }, isAsked: false },
  { stored: { expires: lastModified }, isAsked: true },
  { stored: { expires: LATER }, isAsked: false },
  { stored: { expires: '0' }, isAsked: false },
  { stored: { expires: LATER, cacheControl: 'max-age=0' }, isAsked: true },
  { stored: { expires: lastModified, cacheControl: 'max-age=60' }, isAsked: false },
])(
  'under TTLs of $min, $byDefault and $max s, CloudFront asks each time for $stored: $isAsked',
  ({ stored, min = 0, byDefault = DAY, max = 365 * DAY, isAsked }) => {
    const ttls = { minTtlSeconds: min, defaultTtlSeconds: byDefault, maxTtlSeconds: max };
    expect(isAskedEachTime({ ...stored, lastModified }, ttls)).toBe(isAsked);
  },
);
