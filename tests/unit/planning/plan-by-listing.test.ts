import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  invalidationMatcher,
  objectAddress,
} from '../../../infra/local/services/cloudfront/invalidation-paths.ts';
import { keysAtHand } from '../../../shared/planning/keys-at-hand.ts';
import { listingByUrl } from '../../../shared/planning/listing-by-url.ts';
import { requestPath } from '../../../shared/planning/path-spelling.ts';
import { type Plan, type PlanRequest, planInvalidation, targetsOf } from '../../../shared/planning/plan.ts';
import { type KeyListing, planByListing } from '../../../shared/planning/plan-by-listing.ts';
import { viewerPaths } from '../../../shared/planning/viewer-urls.ts';
import { listingOf } from '../../helpers/listing.ts';
import { PLANNING } from '../../helpers/planning.ts';

/** Few pieces, so that keys are often prefixes, folders or equals of one another. */
const anyKey = fc
  .array(fc.constantFrom('a', 'b', '/', '~', 'é', '｡', '😀', '😁', '🐀', 'index.html'), {
    minLength: 1,
    maxLength: 5,
  })
  .map(pieces => pieces.join(''));

const anyRequest: fc.Arbitrary<PlanRequest> = fc.record({
  changedKeys: fc.uniqueArray(anyKey, { maxLength: 9 }),
  requestedPaths: fc.uniqueArray(
    fc.constantFrom('/', '/a', '/a*', '/b/*', '/%F0%9F%98%80*', "/a'b", '/a?b=%20', '/a?b*'),
    { maxLength: 2 },
  ),
  siteKeys: fc.uniqueArray(anyKey, { maxLength: 40 }),
  urls: fc.record({
    originPath: fc.constantFrom('', '/a'),
    extensionless: fc.boolean(),
    rootObject: fc.constantFrom('index.html', 'a', ''),
    cachesQueryStrings: fc.boolean(),
  }),
  budget: fc.record({
    exactPaths: fc.nat(8),
    wildcardPaths: fc.integer({ min: 1, max: 4 }),
    bytes: fc.constant(150_000),
  }),
  prices: fc.record({
    path: fc.constant(0.005),
    refetch: fc.constantFrom(0.00001, 0.0001, 0.004, 0.1),
    freePaths: fc.nat(2),
  }),
  maxNeedlessPurges: fc.option(fc.nat(8), { nil: undefined }),
});

const ENOUGH = 1000;

const planned = ({ siteKeys: _, ...request }: PlanRequest, site: KeyListing, maxListRequests = ENOUGH) =>
  planByListing(targetsOf(request), request, { site, maxListRequests });

const figuresOf = ({ paths, needlessPurges, costUsd }: Plan) => ({
  paths: paths.length,
  needlessPurges,
  costUsd,
});

describe('A plan made by listing', () => {
  it('costs what the cheapest plan costs when the whole site is known, however small the pages', async () => {
    await fc.assert(
      fc.asyncProperty(anyRequest, fc.integer({ min: 1, max: 4 }), async (request, keysPerPage) => {
        const known = planInvalidation(request);
        fc.pre(known.costUsd > 0);
        const plan = await planned(request, listingOf(request.siteKeys, keysPerPage));
        expect(figuresOf(plan)).toEqual(figuresOf(known));
      }),
      { numRuns: 1500 },
    );
  });

  it('costs the same in whatever order changes are given and pages arrive', async () => {
    const anyTwoOrders = anyRequest.chain(request =>
      fc.record({
        request: fc.constant(request),
        changedKeys: fc.shuffledSubarray([...request.changedKeys], { minLength: request.changedKeys.length }),
        scheduler: fc.scheduler(),
      }),
    );
    await fc.assert(
      fc.asyncProperty(anyTwoOrders, async ({ request, changedKeys, scheduler }) => {
        const site = listingOf(request.siteKeys, 2);
        const shuffled = { page: scheduler.scheduleFunction(start => site.page(start)) };
        const plan = scheduler.waitFor(planned({ ...request, changedKeys }, shuffled));
        expect(figuresOf(await plan)).toEqual(
          figuresOf(await planned(request, listingOf(request.siteKeys, 2))),
        );
      }),
    );
  });

  it('covers everything within the budget, after no more requests than it may make', async () => {
    await fc.assert(
      fc.asyncProperty(anyRequest, fc.nat(3), async (request, maxListRequests) => {
        const site = listingOf(request.siteKeys, 1);
        const plan = await planned(request, site, maxListRequests);
        expect(site.requests).toBeLessThanOrEqual(maxListRequests);
        const isPurged = invalidationMatcher(plan.paths);
        const urls = request.changedKeys.flatMap(key => viewerPaths(key, request.urls));
        expect(urls.filter(url => !isPurged(objectAddress(requestPath(url), '')))).toEqual([]);
        const wildcards = plan.paths.filter(path => path.endsWith('*')).length;
        expect(wildcards).toBeLessThanOrEqual(request.budget.wildcardPaths);
        expect(plan.paths.length - wildcards).toBeLessThanOrEqual(request.budget.exactPaths);
      }),
    );
  });

  it('lists nothing for a few exact paths that are free, nor for one', async () => {
    const site = listingOf(PAGES);
    const changedKeys = PAGES.slice(0, 10);
    const free = await planned({ ...PLANNING, changedKeys, requestedPaths: [], siteKeys: [] }, site);
    expect(free.paths).toEqual(changedKeys.map(key => `/${key}`));
    const prices = { ...PLANNING.prices, freePaths: 0 };
    const one = { ...PLANNING, prices, changedKeys: ['a.html'], requestedPaths: [], siteKeys: [] };
    expect((await planned(one, site)).paths).toEqual(['/a.html']);
    expect(site.requests).toBe(0);
  });

  it('lists a site of any size a few times for a few changes', async () => {
    const site = listingOf(PAGES);
    const prices = { ...PLANNING.prices, freePaths: 0 };
    const changedKeys = ['docs/0100.html', 'docs/5000.html', 'docs/9999.html'];
    const plan = await planned({ ...PLANNING, prices, changedKeys, requestedPaths: [], siteKeys: [] }, site);
    expect(plan.paths).toEqual(changedKeys.map(key => `/${key}`));
    expect(site.requests).toBeLessThanOrEqual(4);
  });

  it('spares free paths where nothing else would be purged', async () => {
    const changedKeys = PAGES.slice(1000, 1100);
    const request = { ...PLANNING, changedKeys, requestedPaths: [], siteKeys: [] };
    expect((await planned(request, listingOf(PAGES, 100))).paths).toEqual(['/docs/10*']);
  });

  it('estimates purges beyond the limit of requests, and says so', async () => {
    const changedKeys = PAGES.filter((_, index) => index % 2 === 0);
    const prices = { ...PLANNING.prices, freePaths: 0 };
    const request = { ...PLANNING, prices, changedKeys, requestedPaths: [], siteKeys: PAGES };
    const known = planInvalidation(request);
    const site = listingOf(PAGES, 100);
    const plan = await planned(request, site, 10);
    expect(site.requests).toBe(10);
    expect(plan).toMatchObject({ isEstimated: true, isCheapest: false });
    expect(Math.abs(plan.needlessPurges / known.needlessPurges - 1)).toBeLessThan(0.02);
    expect(Math.abs(plan.costUsd / known.costUsd - 1)).toBeLessThan(0.02);
  });

  it('says so, too, where a listing by URL was given up', async () => {
    const changedKeys = PAGES.filter((_, index) => index % 2 === 0);
    const urls = { ...PLANNING.urls, told: { 'docs/*': ['/pages/$1'] } };
    const request = { ...PLANNING, urls, changedKeys, requestedPaths: [], siteKeys: PAGES };
    const plans = [3, 1000].map(maxListRequests =>
      planned(request, listingByUrl(keysAtHand(PAGES), urls, { changedKeys, maxListRequests })),
    );
    const [cut, whole] = await Promise.all(plans);
    expect(cut).toMatchObject({ isEstimated: true, isCheapest: false });
    expect(whole).not.toHaveProperty('isEstimated');
  });

  it('does not go on listing where purges cost nothing', async () => {
    const prices = { ...PLANNING.prices, refetch: 0, freePaths: 0 };
    const site = listingOf(PAGES, 100);
    const changedKeys = PAGES.filter((_, index) => index % 100 === 0);
    const plan = await planned({ ...PLANNING, prices, changedKeys, requestedPaths: [], siteKeys: [] }, site);
    expect(plan.paths).toEqual(['/docs/*']);
    expect(site.requests).toBeLessThan(20);
  });
});

const PAGES = Array.from({ length: 10_000 }, (_, index) => `docs/${String(index).padStart(4, '0')}.html`);
