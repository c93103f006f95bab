import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { invalidationMatcher, objectAddress } from '../../../infra/local/cloudfront/invalidation-paths.ts';
import { listingPrefix, type PlanRequest, planInvalidation } from '../../../shared/invalidation/plan.ts';
import { requestPath, type UrlRules, viewerPaths } from '../../../shared/invalidation/viewer-urls.ts';
import { anyObjectKey } from '../../helpers/object-keys.ts';
import { PLANNING } from '../../helpers/planning.ts';

const SITE = [
  'index.html',
  'styles.css',
  'scripts.js',
  'sitemap.xml',
  'about.html',
  'docs/index.html',
  'docs/setup.html',
  'img/a.png',
  'img/b.png',
  'vendors.js',
  'vendors~a.js',
  'vendors~b.js',
  'zoo.html',
];

function requestOf(details: Partial<PlanRequest>): PlanRequest {
  return { ...PLANNING, changedKeys: [], requestedPaths: [], siteKeys: SITE, ...details };
}

/** Few pieces, so that keys are often prefixes, folders or equals of one another. */
const anyRelatedKey = fc
  .array(fc.constantFrom('a', 'b', '/', 'é', ' ', '~', '*', '😀', '😁', 'index.html'), {
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
  urls: fc.record({ originPath: fc.constantFrom('', '/a'), extensionless: fc.boolean() }),
  // `["/*"]`, the last resort, takes one wildcard and 6 bytes; the longest key makes a path of 3,073.
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
  maxCollateral: fc.nat(8),
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
    { what: 'a whole folder', changedKeys: ['docs/index.html', 'docs/setup.html'], paths: ['/docs/*'] },
    { what: "a folder's page", changedKeys: ['docs/index.html'], paths: ['/docs/', '/docs/index.html'] },
    {
      what: 'names that begin alike',
      changedKeys: ['scripts.js', 'sitemap.xml', 'styles.css'],
      paths: ['/s*'],
    },
    { what: 'the same file twice', changedKeys: ['a.css', 'a.css'], paths: ['/a.css'] },
    {
      what: 'files in any order',
      changedKeys: ['zoo.html', 'about.html'],
      paths: ['/about.html', '/zoo.html'],
    },
    { what: 'a new file', changedKeys: ['new.html'], paths: ['/new.html'] },
    { what: 'everything', changedKeys: SITE, paths: ['/*'] },
    {
      what: 'a file that a wildcard covers',
      changedKeys: ['vendors~a.js', 'vendors.js'],
      paths: ['/vendors*'],
    },
    { what: 'a file with a doubtful first letter', changedKeys: ['~a', 'styles.css'], paths: ['/*'] },
    { what: 'nothing', changedKeys: [], paths: [] },
  ])('of $what is $paths', ({ changedKeys, paths }) => {
    expect(planInvalidation(requestOf({ changedKeys })).paths).toEqual(paths);
  });

  it('names pages without their ending too, where the site serves them so', () => {
    const urls = { originPath: '', extensionless: true };
    const request = requestOf({ changedKeys: ['zoo.html'], siteKeys: [...SITE, 'zoom.html'], urls });
    expect(planInvalidation(request).paths).toEqual(['/zoo', '/zoo.html']);
  });

  it('is empty when no viewer can see the change', () => {
    const urls = { originPath: '/public', extensionless: false };
    expect(planInvalidation(requestOf({ changedKeys: ['drafts/a.html'], urls }))).toEqual({
      paths: [],
      collateral: 0,
      wildcards: [],
      required: 0,
      costUsd: 0,
      guarded: false,
      isCheapest: true,
    });
  });

  it('pays for a path when that is cheaper than what a wildcard would purge, and not when it is dearer', () => {
    const changedKeys = ['img/a.png', 'img/c.png'];
    const siteKeys = ['img/b.png', 'img/b2.png', 'index.html'];
    const at = (refetch: number) =>
      planInvalidation(requestOf({ changedKeys, siteKeys, prices: { path: 0.005, refetch, freePaths: 0 } }));
    expect(at(0.003)).toMatchObject({ paths: ['/img/a.png', '/img/c.png'], collateral: 0, costUsd: 0.01 });
    expect(at(0.002)).toMatchObject({
      paths: ['/img/*'],
      wildcards: [{ path: '/img/*', collateral: 2 }],
      collateral: 2,
      costUsd: 0.005,
    });
  });

  it('does not save on paths that are free', () => {
    const changedKeys = ['img/a.png', 'img/c.png'];
    const request = requestOf({
      changedKeys,
      siteKeys: ['img/b.png'],
      prices: { path: 1, refetch: 0.001, freePaths: 2 },
    });
    expect(planInvalidation(request)).toMatchObject({ paths: ['/img/a.png', '/img/c.png'], costUsd: 0 });
  });

  it('purges as little as it can instead, when the cheapest plan would purge more than is allowed', () => {
    const changedKeys = ['img/a.png', 'img/c.png'];
    const siteKeys = ['img/b.png', 'img/b2.png'];
    const prices = { path: 1, refetch: 0.0001, freePaths: 0 };
    const at = (maxCollateral: number) =>
      planInvalidation(requestOf({ changedKeys, siteKeys, prices, maxCollateral }));
    expect(at(2)).toMatchObject({ paths: ['/img/*'], collateral: 2, guarded: false });
    expect(at(1)).toMatchObject({
      paths: ['/img/a.png', '/img/c.png'],
      collateral: 0,
      costUsd: 2,
      guarded: true,
    });
  });

  it.each([
    { limit: 'exact paths', budget: { ...PLANNING.budget, exactPaths: 0, wildcardPaths: 1 } },
    { limit: 'bytes', budget: { ...PLANNING.budget, bytes: 23 } },
  ])('takes a wildcard when it would need more $limit than there are', ({ budget }) => {
    const changedKeys = ['img/a.png', 'img/c.png'];
    const request = requestOf({ changedKeys, siteKeys: ['img/b.png', 'index.html'], budget });
    expect(planInvalidation(request)).toMatchObject({ paths: ['/img/*'], collateral: 1 });
  });

  it('takes a wider wildcard when it would need more wildcards than there are', () => {
    const budget = { ...PLANNING.budget, wildcardPaths: 1 };
    const siteKeys = ['ax', 'b'];
    expect(planInvalidation(requestOf({ changedKeys: ['aa~1', 'ab~1'], siteKeys, budget })).paths).toEqual([
      '/a*',
    ]);
  });

  it('is refused when nothing fits what is free', () => {
    const budget = { ...PLANNING.budget, wildcardPaths: 0 };
    expect(() => planInvalidation(requestOf({ changedKeys: ['a~1'], budget }))).toThrow(
      expect.objectContaining({ name: 'TooManyInvalidationsInProgress' }),
    );
  });

  it('takes paths asked for by hand along, and counts nothing under them as needless', () => {
    const request = requestOf({
      changedKeys: ['docs/setup.html', 'about.html'],
      requestedPaths: ['/docs/*'],
    });
    expect(planInvalidation(request)).toMatchObject({
      paths: ['/about.html', '/docs/*'],
      collateral: 0,
      required: 3,
    });
  });

  it.each([
    { what: 'a changed object', changedKeys: ['img/*'], requestedPaths: [] },
    { what: 'a path asked for by hand', changedKeys: [], requestedPaths: ['/img/%2A'] },
  ])('counts what is purged beside $what whose name ends with a star', ({ changedKeys, requestedPaths }) => {
    const request = requestOf({ changedKeys, requestedPaths });
    expect(planInvalidation(request)).toMatchObject({ paths: ['/img/*'], collateral: 2 });
  });

  it('knows what was asked for by hand, in whatever order its wildcards are', () => {
    const requestedPaths = ['/img/*', '/img/%20*'];
    const request = requestOf({ requestedPaths, siteKeys: ['img/ 1.png', 'img/a.png'] });
    expect(planInvalidation(request)).toMatchObject({ paths: ['/img/*'], collateral: 0 });
  });

  it('keeps the query string of a path asked for by hand as it is', () => {
    const request = requestOf({ requestedPaths: ['/img/a.png?size=~1&x=%20'] });
    expect(planInvalidation(request).paths).toEqual(['/img/a.png?size=~1&x=%20']);
  });

  it('cuts a path asked for by hand before a doubtful character, too', () => {
    expect(planInvalidation(requestOf({ requestedPaths: ["/zoo's.html", '/vendors~*'] })).paths).toEqual([
      '/vendors*',
      '/zoo*',
    ]);
  });

  it('needs no list of the site for a single exact path, and else that of the common folder', () => {
    const at = (changedKeys: string[], originPath = '') =>
      listingPrefix(requestOf({ changedKeys, urls: { originPath, extensionless: false } }));
    expect(at([])).toBeUndefined();
    expect(at(['styles.css'])).toBeUndefined();
    expect(at(['index.html'])).toBe('');
    expect(at(['docs/setup.html', 'docs/start.html'])).toBe('docs/s');
    expect(at(['v~1'])).toBe('v');
    expect(at(['site/docs/index.html'], '/site')).toBe('site/docs/');
  });

  it('depends on no key without the listing prefix', () => {
    fc.assert(
      fc.property(anyRequest, request => {
        const prefix = listingPrefix(request);
        expect(prefix?.isWellFormed()).not.toBe(false);
        const siteKeys = prefix === undefined ? [] : request.siteKeys.filter(key => key.startsWith(prefix));
        expect(planInvalidation({ ...request, siteKeys })).toEqual(planInvalidation(request));
      }),
    );
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
        const { paths, collateral, wildcards } = planInvalidation(request);
        const isPurged = invalidationMatcher(paths);
        const isAsked = invalidationMatcher(request.requestedPaths);
        const required = new Set(request.changedKeys.flatMap(key => viewerPaths(key, request.urls)));
        const purged = request.siteKeys.filter(key => {
          const [url] = viewerPaths(key, request.urls);
          if (url === undefined || request.changedKeys.includes(key) || required.has(url)) return false;
          const address = objectAddress(requestPath(url), '');
          return isPurged(address) && !isAsked(address);
        });
        expect(collateral).toBe(purged.length);
        expect(wildcards.reduce((sum, wildcard) => sum + wildcard.collateral, 0)).toBe(collateral);
      }),
      { numRuns: 500 },
    );
  });
});

function shuffled(items: readonly string[]): fc.Arbitrary<string[]> {
  return fc.shuffledSubarray([...items], { minLength: items.length });
}
