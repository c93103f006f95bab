import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Plan, type PlanRequest, planInvalidation, targetsOf } from '../../../shared/planning/plan.ts';
import { type KeyListing, planByListing } from '../../../shared/planning/plan-by-listing.ts';
import { listingOf } from '../../helpers/listing.ts';

/** Few pieces, so that keys are often prefixes, folders or equals of one another. */
const anyKey = fc
  .array(fc.constantFrom('a', 'b', '/', '~', 'é', '｡', '😀', '😁', 'index.html'), {
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
    refetch: fc.constantFrom(0.0001, 0.004, 0.1),
    freePaths: fc.nat(2),
  }),
  maxNeedlessPurges: fc.constant(Number.POSITIVE_INFINITY),
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
});
