import { describe, expect, it } from 'vitest';
import { cacheSeconds } from '../../../../infra/local/services/cloudfront/freshness.ts';
import type { CachePolicy, Selection } from '../../../../infra/local/services/cloudfront/policies.ts';

const NONE: Selection = { kind: 'none', names: new Set() };
const NOW = Date.parse('2026-01-01T00:00:00Z');

function policy(minTtlSeconds: number, defaultTtlSeconds: number, maxTtlSeconds: number): CachePolicy {
  return {
    minTtlSeconds,
    defaultTtlSeconds,
    maxTtlSeconds,
    gzip: false,
    brotli: false,
    queryStrings: NONE,
    headers: NONE,
    cookies: NONE,
  };
}

const anything = policy(0, 86_400, 31_536_000);
const atLeastAMinute = policy(60, 86_400, 31_536_000);

describe('How long an edge serves a response without asking:', () => {
  it.each([
    { says: '', under: anything, seconds: 86_400 },
    { says: 'max-age=30', under: anything, seconds: 30 },
    { says: 'max-age=30', under: atLeastAMinute, seconds: 60 },
    { says: 'max-age=99999999', under: anything, seconds: 31_536_000 },
    { says: 'max-age=30, s-maxage=900', under: anything, seconds: 900 },
    { says: 'public, Max-Age="30"', under: anything, seconds: 30 },
    { says: 'max-age=soon', under: anything, seconds: 86_400 },
    { says: 'no-cache', under: anything, seconds: 0 },
    { says: 'no-cache', under: atLeastAMinute, seconds: 60 },
    { says: 'no-store', under: anything, seconds: undefined },
    { says: 'private, max-age=60', under: anything, seconds: undefined },
    { says: 'no-store', under: atLeastAMinute, seconds: 60 },
    { says: '', under: policy(60, 0, 60), seconds: 60 },
  ])('"$says" under a minimum of $under.minTtlSeconds s: $seconds s', ({ says, under, seconds }) => {
    const response = { status: 200, headers: { 'cache-control': says }, body: Buffer.alloc(0) };
    expect(cacheSeconds(response, under, NOW)).toBe(seconds);
  });

  it.each([
    { expires: 'Thu, 01 Jan 2026 00:05:00 GMT', seconds: 300 },
    { expires: 'Thu, 01 Jan 2015 00:05:00 GMT', seconds: 0 },
    { expires: '0', seconds: 0 },
  ])('Expires: $expires means $seconds s', ({ expires, seconds }) => {
    const response = { status: 200, headers: { expires }, body: Buffer.alloc(0) };
    expect(cacheSeconds(response, anything, NOW)).toBe(seconds);
  });

  it.each([
    { status: 404, says: '', rule: undefined, seconds: 10 },
    { status: 404, says: 'max-age=60', rule: undefined, seconds: 60 },
    { status: 404, says: 'no-store', rule: undefined, seconds: undefined },
    { status: 404, says: '', rule: 0, seconds: 0 },
    { status: 503, says: 'no-store', rule: undefined, seconds: 10 },
    { status: 403, says: '', rule: undefined, seconds: undefined },
    { status: 403, says: 'max-age=5', rule: undefined, seconds: 10 },
    { status: 403, says: '', rule: 30, seconds: 30 },
    { status: 403, says: 'no-store', rule: 30, seconds: 30 },
    { status: 404, says: 'private', rule: 30, seconds: undefined },
    { status: 416, says: 'max-age=60', rule: 30, seconds: undefined },
    { status: 206, says: 'max-age=5', rule: undefined, seconds: undefined },
  ])(
    'status $status with "$says" and an error TTL of $rule: $seconds s',
    ({ status, says, rule, seconds }) => {
      const response = { status, headers: { 'cache-control': says }, body: Buffer.alloc(0) };
      const cached = rule === undefined ? {} : { ttlSeconds: rule };
      expect(cacheSeconds(response, anything, NOW, cached)).toBe(seconds);
    },
  );

  it.each([
    { page: '', error: '', rule: undefined, seconds: 10 },
    { page: 'max-age=5', error: '', rule: 300, seconds: 300 },
    { page: 'max-age=600', error: '', rule: 300, seconds: 600 },
    { page: 'max-age=0, s-maxage=600', error: '', rule: 300, seconds: 600 },
    { page: 'no-cache', error: 'max-age=600', rule: 300, seconds: 600 },
    { page: 'no-store', error: '', rule: 300, seconds: 300 },
    { page: 'max-age=99999999', error: '', rule: 300, seconds: 31_536_000 },
  ])(
    'a page with "$page" instead of a 403 with "$error", and an error TTL of $rule: $seconds s',
    ({ page, error, rule, seconds }) => {
      const response = { status: 403, headers: { 'cache-control': error }, body: Buffer.alloc(0) };
      const cached = { page: { headers: { 'cache-control': page }, policy: anything } };
      const ttl = rule === undefined ? {} : { ttlSeconds: rule };
      expect(cacheSeconds(response, anything, NOW, { ...cached, ...ttl })).toBe(seconds);
    },
  );
});
