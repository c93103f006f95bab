import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { invalidationMatcher, objectAddress } from '../../../infra/local/cloudfront/invalidation-paths.ts';
import { type PlanRequest, planInvalidation, withoutCovered } from '../../../shared/invalidation/plan.ts';
import { requestPath, type UrlRules, viewerPaths } from '../../../shared/invalidation/viewer-urls.ts';
import { anyObjectKey } from '../../helpers/object-keys.ts';
import { PLANNING } from '../../helpers/planning.ts';

const AMPLE = { exactPaths: 3000, wildcardPaths: 15, bytes: 150_000 };

function requestOf(details: Partial<PlanRequest>): PlanRequest {
  return { ...PLANNING, changedKeys: [], requestedPaths: [], siteKeys: [], ...details };
}

/** Few pieces, so that keys are often prefixes, folders or equals of one another. */
const anyRelatedKey = fc
  .array(fc.constantFrom('a', 'b', '/', 'é', ' ', '~', 'index.html'), { minLength: 1, maxLength: 5 })
  .map(pieces => pieces.join(''));

const anyRequest: fc.Arbitrary<PlanRequest> = fc.record({
  changedKeys: fc.array(fc.oneof({ weight: 4, arbitrary: anyRelatedKey }, anyObjectKey()), { maxLength: 8 }),
  requestedPaths: fc.array(fc.constantFrom('/', '/a', '/a/', '/a*', '/a/*', '/%C3%A9*', '/b%20a'), {
    maxLength: 2,
  }),
  siteKeys: fc.uniqueArray(anyRelatedKey, { maxLength: 12 }),
  urls: fc.record({ originPath: fc.constantFrom('', '/a'), extensionless: fc.boolean() }),
  prices: fc.constant(PLANNING.prices),
  maxCollateral: fc.constant(5000),
  // `["/*"]`, the last resort, takes one wildcard and 6 bytes.
  budget: fc.record({
    exactPaths: fc.nat(6),
    wildcardPaths: fc.integer({ min: 1, max: 3 }),
    bytes: fc.integer({ min: 6, max: 120 }),
  }),
});

const addressesOf = (key: string, urls: UrlRules) =>
  viewerPaths(key, urls).map(url => objectAddress(requestPath(url), ''));

const isWildcard = (path: string) => path.endsWith('*');
const covers = (path: string, other: string) =>
  path === other || (isWildcard(path) && other.startsWith(path.slice(0, -1)));

describe('the plan of an invalidation', () => {
  it.each([
    { what: 'one file', changedKeys: ['styles.css'], paths: ['/styles.css'] },
    { what: 'the home page', changedKeys: ['index.html'], paths: ['/', '/index.html'] },
    { what: "a folder's page", changedKeys: ['docs/index.html'], paths: ['/docs/', '/docs/index.html'] },
    { what: 'the same file twice', changedKeys: ['a.css', 'a.css'], paths: ['/a.css'] },
    { what: 'files in any order', changedKeys: ['b.css', 'a.css'], paths: ['/a.css', '/b.css'] },
    { what: 'a file that a wildcard covers', changedKeys: ['x~1.js', 'x~2.js', 'xyz.js'], paths: ['/x*'] },
    { what: 'a file with a doubtful first letter', changedKeys: ['~a', 'b.css'], paths: ['/*'] },
    { what: 'nothing', changedKeys: [], paths: [] },
  ])('of $what is $paths', ({ changedKeys, paths }) => {
    expect(planInvalidation(requestOf({ changedKeys })).paths).toEqual(paths);
  });

  it('is empty when no viewer can see the change', () => {
    const request = requestOf({
      changedKeys: ['drafts/a.html'],
      urls: { originPath: '/public', extensionless: false },
    });
    expect(planInvalidation(request)).toMatchObject({ paths: [], collateral: 0 });
  });

  it('takes paths asked for by hand along', () => {
    const request = requestOf({ changedKeys: ['docs/a.html', 'b.css'], requestedPaths: ['/docs/*'] });
    expect(planInvalidation(request).paths).toEqual(['/b.css', '/docs/*']);
  });

  it.each([
    { limit: 'exact paths', budget: { ...AMPLE, exactPaths: 1 } },
    { limit: 'bytes', budget: { ...AMPLE, bytes: 18 } },
  ])('is everything when it would need more $limit than there are', ({ budget }) => {
    const siteKeys = ['a.css', 'b.css', 'c.css'];
    const request = requestOf({ changedKeys: ['a.css', 'b.css'], siteKeys, budget });
    expect(planInvalidation(request)).toMatchObject({ paths: ['/*'], collateral: 1 });
  });

  it('is everything when it would need more wildcards than there are', () => {
    const budget = { ...AMPLE, wildcardPaths: 1 };
    expect(planInvalidation(requestOf({ changedKeys: ['a~1', 'b~1'], budget })).paths).toEqual(['/*']);
  });

  it('counts what a wildcard purges although it did not change', () => {
    const siteKeys = ['vendors.js', 'vendors~a.js', 'vendors~b.js', 'index.html'];
    const request = requestOf({ changedKeys: ['vendors~a.js'], siteKeys });
    expect(planInvalidation(request)).toMatchObject({ paths: ['/vendors*'], collateral: 2 });
  });

  it("counts a folder's marker object, which is seen at the folder's URL", () => {
    const request = requestOf({ changedKeys: ['docs/index.html'], siteKeys: ['docs/', 'docs/index.html'] });
    expect(planInvalidation(request).collateral).toBe(1);
  });

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

  it('covers every path asked for by hand', () => {
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
        expect(JSON.stringify(paths).length).toBeLessThanOrEqual(Math.max(request.budget.bytes, '[]'.length));
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

  it('planned again from its own paths stays as it is', () => {
    fc.assert(
      fc.property(anyRequest, request => {
        const { paths } = planInvalidation(request);
        const again = planInvalidation({ ...request, changedKeys: [], requestedPaths: paths });
        expect(again.paths).toEqual(paths);
      }),
    );
  });

  it('counts the collateral exactly', () => {
    fc.assert(
      fc.property(anyRequest, request => {
        const { paths, collateral } = planInvalidation(request);
        const isPurged = invalidationMatcher(paths);
        const unchanged = request.siteKeys.filter(key => !request.changedKeys.includes(key));
        const purged = unchanged.filter(key => addressesOf(key, request.urls).some(isPurged));
        expect(collateral).toBe(purged.length);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a list of paths without the covered ones', () => {
  it.each([
    { paths: ['/a*', '/a'], left: ['/a*'] },
    { paths: ['/a/b/*', '/a/*', '/a/b/c', '/a'], left: ['/a', '/a/*'] },
    { paths: ['/a*', '/b', '/a/x', '/ab*'], left: ['/a*', '/b'] },
    { paths: ['/A', '/a*'], left: ['/A', '/a*'] },
    { paths: ['/*', '/', '/x*'], left: ['/*'] },
    { paths: [], left: [] },
  ])('of $paths is $left', ({ paths, left }) => expect(withoutCovered(paths)).toEqual(left));
});

function shuffled(items: readonly string[]): fc.Arbitrary<string[]> {
  return fc.shuffledSubarray([...items], { minLength: items.length });
}
