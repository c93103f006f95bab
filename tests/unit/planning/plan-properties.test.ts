import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  invalidationMatcher,
  objectAddress,
} from '../../../infra/local/services/cloudfront/invalidation-paths.ts';
import { decodePath, requestPath } from '../../../shared/planning/path-spelling.ts';
import { type PlanRequest, planInvalidation } from '../../../shared/planning/plan.ts';
import { type UrlRules, viewerPaths } from '../../../shared/planning/viewer-urls.ts';
import { anyObjectKey } from '../../helpers/object-keys.ts';

/** Few pieces, so that keys are often prefixes, folders or equals of one another. */
const anyRelatedKey = fc
  .array(fc.constantFrom('a', 'b', '/', 'é', ' ', '~', '*', '😀', '😁', '🐀', 'index.html'), {
    minLength: 1,
    maxLength: 5,
  })
  .map(pieces => pieces.join(''));

const anyRequest: fc.Arbitrary<PlanRequest> = fc.record({
  changedKeys: fc.array(fc.oneof({ weight: 4, arbitrary: anyRelatedKey }, anyObjectKey()), { maxLength: 8 }),
  requestedPaths: fc.array(
    fc.constantFrom(
      '/',
      '/a',
      '/a/',
      '/a*',
      '/a/*',
      '/a%20*',
      '/a%2A',
      '/%C3%A9*',
      '/b%20a',
      "/a'b",
      '/a?b=%20~',
      '/a?b=%21',
      '/a?b*',
    ),
    { maxLength: 2 },
  ),
  siteKeys: fc.uniqueArray(anyRelatedKey, { maxLength: 12 }),
  urls: fc.record({
    originPath: fc.constantFrom('', '/a'),
    extensionless: fc.boolean(),
    rootObject: fc.constantFrom('index.html', 'a.html', ''),
    cachesQueryStrings: fc.boolean(),
  }),
  // `["/*"]`, the last resort, takes one wildcard and 6 bytes; the longest key makes a path of
  // 3,073.
  budget: fc.record({
    exactPaths: fc.nat(6),
    wildcardPaths: fc.integer({ min: 1, max: 3 }),
    bytes: fc.integer({ min: 3100, max: 7000 }),
  }),
  prices: fc.record({
    path: fc.constantFrom(0, 0.005),
    refetch: fc.constantFrom(0, 0.0001, 0.01),
    freePaths: fc.nat(8),
  }),
  maxNeedlessPurges: fc.nat(8),
});

const addressesOf = (key: string, urls: UrlRules) =>
  viewerPaths(key, urls).flatMap(url =>
    (urls.cachesQueryStrings ? ['', 'v=3'] : ['']).map(query => objectAddress(requestPath(url), query)),
  );

const isWildcard = (path: string) => path.endsWith('*');
const covers = (path: string, other: string) =>
  path === other || (isWildcard(path) && other.startsWith(path.slice(0, -1)));

describe('the plan of an invalidation', () => {
  it('purges every URL of every changed key at the edge, whatever the budget', () => {
    fc.assert(
      fc.property(anyRequest, request => {
        const isPurged = invalidationMatcher(planInvalidation(request).paths);
        const missed = request.changedKeys.filter(key => !addressesOf(key, request.urls).every(isPurged));
        expect(missed).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('covers every path requested manually', () => {
    fc.assert(
      fc.property(anyRequest, request => {
        const { paths } = planInvalidation(request);
        expect(request.requestedPaths.filter(asked => !paths.some(path => covers(path, asked)))).toEqual([]);
      }),
    );
  });

  it('never exceeds the budget', () => {
    fc.assert(
      fc.property(anyRequest, request => {
        const { paths } = planInvalidation(request);
        const wildcards = paths.filter(isWildcard).length;
        expect(wildcards).toBeLessThanOrEqual(request.budget.wildcardPaths);
        expect(paths.length - wildcards).toBeLessThanOrEqual(request.budget.exactPaths);
        expect(JSON.stringify(paths).length - 1).toBeLessThanOrEqual(request.budget.bytes);
      }),
    );
  });

  it('never pays for a path that another one covers', () => {
    fc.assert(
      fc.property(anyRequest, request => {
        const { paths } = planInvalidation(request);
        const needless = paths.filter((path, at) =>
          paths.some((other, i) => i !== at && covers(other, path)),
        );
        expect(needless).toEqual([]);
      }),
    );
  });

  it('does not depend on the order of what it is given', () => {
    const anyTwoOrders = anyRequest.chain(request =>
      fc.record({
        request: fc.constant(request),
        changedKeys: shuffled(request.changedKeys),
        requestedPaths: shuffled(request.requestedPaths),
        siteKeys: shuffled(request.siteKeys),
      }),
    );
    fc.assert(
      fc.property(anyTwoOrders, ({ request, ...reordered }) => {
        expect(planInvalidation({ ...request, ...reordered })).toEqual(planInvalidation(request));
      }),
    );
  });

  it('counts exactly the objects that its wildcards purge needlessly', () => {
    fc.assert(
      fc.property(anyRequest, request => {
        const { paths, needlessPurges, wildcards } = planInvalidation(request);
        const isPurged = invalidationMatcher(paths);
        const isAsked = invalidationMatcher(request.requestedPaths);
        const required = new Set([
          ...request.changedKeys.flatMap(key => viewerPaths(key, request.urls)),
          // The matcher supposes that a doubtful exact path purges nothing.
          ...request.requestedPaths.filter(path => !isWildcard(path)).map(decodePath),
        ]);
        const purged = request.siteKeys.filter(key => {
          const [url] = viewerPaths(key, request.urls);
          if (url === undefined || request.changedKeys.includes(key) || required.has(url)) return false;
          const address = objectAddress(requestPath(url), '');
          return isPurged(address) && !isAsked(address);
        });
        expect(needlessPurges).toBe(purged.length);
        expect(wildcards.reduce((sum, wildcard) => sum + wildcard.needlessPurges, 0)).toBe(needlessPurges);
      }),
      { numRuns: 500 },
    );
  });
});

function shuffled(items: readonly string[]): fc.Arbitrary<string[]> {
  return fc.shuffledSubarray([...items], { minLength: items.length });
}
