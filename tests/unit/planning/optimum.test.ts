import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodePath,
  doubtfulFrom,
  QUERY,
  queryAt,
  requestPath,
} from '../../../shared/planning/path-spelling.ts';
import { type Plan, type PlanRequest, planInvalidation } from '../../../shared/planning/plan.ts';
import { costOfPaths } from '../../../shared/planning/prices.ts';
import { viewerPaths } from '../../../shared/planning/viewer-urls.ts';
import { everyCover, isUnder, prefixesOf } from '../../helpers/every-cover.ts';
import { PLANNING } from '../../helpers/planning.ts';

const AMPLE_BYTES = 150_000;

/** Few pieces, so that keys are often prefixes, folders or equals of one another. */
const anyKey = fc
  .array(fc.constantFrom('a', 'b', '/', '~', 'é', '🐀', 'index.html', '.html'), {
    minLength: 1,
    maxLength: 4,
  })
  .map(pieces => pieces.join(''));

const anyRequest: fc.Arbitrary<PlanRequest> = fc.record({
  changedKeys: fc.uniqueArray(anyKey, { maxLength: 6 }),
  requestedPaths: fc.uniqueArray(fc.constantFrom('/', '/a', '/a*', '/b/*', '/a?a=%20', '/a?a=%2F', '/a?b*'), {
    maxLength: 1,
  }),
  siteKeys: fc.uniqueArray(anyKey, { maxLength: 12 }),
  urls: fc.record({
    originPath: fc.constant(''),
    extensionless: fc.boolean(),
    rootObject: fc.constantFrom('index.html', '', 'a'),
    cachesQueryStrings: fc.boolean(),
  }),
  budget: fc.record({
    exactPaths: fc.nat(8),
    wildcardPaths: fc.nat(4),
    bytes: fc.oneof(fc.constant(AMPLE_BYTES), fc.integer({ min: 8, max: 60 })),
  }),
  prices: fc.record({
    path: fc.constantFrom(0, 0.005, 0.01),
    refetch: fc.constantFrom(0, 0.0001, 0.004, 0.1),
    freePaths: fc.nat(6),
  }),
  maxNeedlessPurges: fc.option(fc.nat(6), { nil: undefined }),
});

/**
 * Four targets that need a wildcard, and three wildcards: two of them have to share one, which need
 * not be the root's.
 */
const SHARED_WILDCARD: PlanRequest = {
  changedKeys: ['a~', '/~', 'ba~a'],
  requestedPaths: ['/b/*'],
  siteKeys: ['b', '~'],
  urls: PLANNING.urls,
  budget: { exactPaths: 0, wildcardPaths: 3, bytes: AMPLE_BYTES },
  prices: { path: 0, refetch: 0, freePaths: 0 },
};

describe('A plan', () => {
  it('costs no more than any other within the budget that purges no more than is allowed', () => {
    fc.assert(
      fc.property(anyRequest, request => {
        expect(outcomeOf(request)).toEqual(bestOutcome(request));
      }),
      { numRuns: 2500, examples: [[SHARED_WILDCARD]] },
    );
  });

  it('tells what the limit on needless purges costs, and the fewest there can be', () => {
    fc.assert(
      fc.property(anyRequest, fc.nat(6), (request, maxNeedlessPurges) => {
        const cheapest = planOrNone({ ...request, maxNeedlessPurges: undefined });
        const plan = planOrNone({ ...request, maxNeedlessPurges });
        fc.pre(cheapest !== undefined && cheapest.needlessPurges > maxNeedlessPurges);
        const least = bestOutcome({ ...request, prices: { path: 0, refetch: 1, freePaths: 0 } }, Infinity);
        const fewest = least?.needlessPurges ?? 0;
        const isKept = fewest <= maxNeedlessPurges;
        // Scarce bytes may force more.
        const isAtLeast = (told: number) =>
          request.budget.bytes === AMPLE_BYTES ? told === fewest : told <= fewest && told > maxNeedlessPurges;
        expect(plan?.guarded).toBe(isKept);
        expect(plan?.guard).toEqual({
          limit: maxNeedlessPurges,
          withoutLimit: cheapest.needlessPurges,
          costUsd: expect.closeTo((plan?.costUsd ?? 0) - cheapest.costUsd, 9),
          ...(isKept ? {} : { fewest: expect.toSatisfy(isAtLeast) }),
        });
      }),
      { numRuns: 1000 },
    );
  });

  it('says nothing of a limit that the cheapest plan keeps', () => {
    fc.assert(
      fc.property(anyRequest, request => {
        const plan = planOrNone({ ...request, maxNeedlessPurges: undefined });
        fc.pre(plan !== undefined);
        expect(planOrNone({ ...request, maxNeedlessPurges: plan.needlessPurges })).toEqual(plan);
        expect(plan).not.toHaveProperty('guard');
      }),
    );
  });

  it('never costs more when more needless purges are allowed, from the fewest there can be on', () => {
    fc.assert(
      fc.property(anyRequest, fc.nat(6), fc.nat(4), (request, limit, more) => {
        const at = (maxNeedlessPurges: number) => planOrNone({ ...request, maxNeedlessPurges });
        const [strict, loose] = [at(limit), at(limit + more)];
        fc.pre(strict !== undefined && loose !== undefined && strict.needlessPurges <= limit);
        const costOf = (plan: Plan) => cost(plan.paths.length, plan.needlessPurges, request);
        expect(costOf(loose)).toBeLessThanOrEqual(costOf(strict));
      }),
      { numRuns: 1000 },
    );
  });

  it('never costs more when the budget grows', () => {
    const more = fc.record({
      exactPaths: fc.nat(3),
      wildcardPaths: fc.nat(2),
      bytes: fc.nat(40),
      freePaths: fc.nat(3),
    });
    fc.assert(
      fc.property(anyRequest, more, (request, { freePaths, ...grown }) => {
        const { budget, prices } = request;
        const richer = {
          ...request,
          prices: { ...prices, freePaths: prices.freePaths + freePaths },
          budget: {
            exactPaths: budget.exactPaths + grown.exactPaths,
            wildcardPaths: budget.wildcardPaths + grown.wildcardPaths,
            bytes: budget.bytes + grown.bytes,
          },
        };
        const before = planOrNone(request);
        // Without a plan within the limit on needless purges, the limit does not count.
        fc.pre(before === undefined || before.guarded || before.guard === undefined);
        const costOf = (plan: Plan | undefined, wanted: PlanRequest) =>
          plan === undefined ? Infinity : cost(plan.paths.length, plan.needlessPurges, wanted);
        expect(costOf(planOrNone(richer), richer)).toBeLessThanOrEqual(costOf(before, request));
      }),
      { numRuns: 2000 },
    );
  });
});

interface Outcome {
  readonly cost: number;
  readonly needlessPurges: number;
  readonly paths: number;
}

/** Undefined when nothing fits the budget. */
function outcomeOf(request: PlanRequest): Outcome | undefined {
  const plan = planOrNone(request);
  if (plan === undefined) return undefined;
  const { paths, needlessPurges } = plan;
  return { cost: cost(paths.length, needlessPurges, request), needlessPurges, paths: paths.length };
}

function planOrNone(request: PlanRequest): Plan | undefined {
  try {
    return planInvalidation(request);
  } catch (error) {
    expect(error).toMatchObject({ name: 'TooManyInvalidationsInProgress' });
    return undefined;
  }
}

/** In whole micro-dollars, so that equal sums are equal. */
function cost(paths: number, needlessPurges: number, { prices }: PlanRequest): number {
  return Math.round((costOfPaths(paths, prices) + prices.refetch * needlessPurges) * 1e6);
}

/**
 * Tries every set of wildcards that end after any character of anything wanted. Where bytes are
 * scarce a shorter prefix than the targets have in common would save some; with 15 wildcards that
 * is not worth a search, so these are left out.
 */
function bestOutcome(
  request: PlanRequest,
  maxNeedlessPurges = request.maxNeedlessPurges ?? Infinity,
): Outcome | undefined {
  const outcomes = [...everyOutcome(request)];
  const allowed = outcomes.filter(({ needlessPurges }) => needlessPurges <= maxNeedlessPurges);
  return (allowed.length > 0 ? allowed : outcomes).sort(byCost)[0];
}

function* everyOutcome(request: PlanRequest): Generator<Outcome> {
  const { budget } = request;
  const wanted = wantedOf(request);
  const untouched = untouchedOf(request);
  const texts = [...new Set(wanted.map(({ text }) => text))];
  for (const { wildcards, exact } of everyCover(texts, candidatesOf(texts, budget), budget.wildcardPaths)) {
    if (wanted.some(({ text, wildcardOnly }) => wildcardOnly && !isUnder(text, wildcards))) continue;
    const bytes = [...exact.map(requestPath), ...wildcards.map(prefix => `${requestPath(prefix)}*`)].reduce(
      (sum, path) => sum + path.length + 3,
      0,
    );
    if (exact.length > budget.exactPaths || bytes > budget.bytes) continue;
    const needlessPurges = untouched.filter(text => isUnder(text, wildcards)).length;
    const paths = exact.length + wildcards.length;
    yield { cost: cost(paths, needlessPurges, request), needlessPurges, paths };
  }
}

/** The prefixes at which wildcards are tried. */
function candidatesOf(texts: readonly string[], { bytes }: PlanRequest['budget']): string[] {
  const coveredBy = (prefix: string) => texts.filter(text => text.startsWith(prefix)).length;
  const isLongest = (prefix: string, _: number, all: readonly string[]) =>
    !all.some(
      other =>
        other.length > prefix.length && other.startsWith(prefix) && coveredBy(other) === coveredBy(prefix),
    );
  const spellable = [...new Set(texts.flatMap(prefixesOf))].filter(isSpellable);
  return bytes === AMPLE_BYTES ? spellable : spellable.filter(isLongest);
}

/** The cheapest first. Of equal ones the one with fewer needless purges, then with fewer paths. */
const byCost = (a: Outcome, b: Outcome) =>
  a.cost - b.cost || a.needlessPurges - b.needlessPurges || a.paths - b.paths;

function wantedOf({ changedKeys, requestedPaths, urls }: PlanRequest) {
  const cut = (text: string, wildcardOnly: boolean) => {
    const doubtful = doubtfulFrom(text);
    return doubtful === undefined
      ? { text, wildcardOnly }
      : { text: text.slice(0, doubtful), wildcardOnly: true };
  };
  // Below a folder the variants by query string are a wildcard of their own; any other path has to
  // be one for theirs.
  const withVariants = (text: string) => {
    if (!urls.cachesQueryStrings || queryAt(text) >= 0) return [cut(text, false)];
    return text.endsWith('/') ? [cut(text, false), cut(text + QUERY, true)] : [cut(text, true)];
  };
  return [
    ...changedKeys.flatMap(key => viewerPaths(key, urls)).flatMap(withVariants),
    ...requestedPaths.flatMap(path =>
      path.endsWith('*') ? [cut(decodePath(path.slice(0, -1)), true)] : withVariants(decodePath(path)),
    ),
  ];
}

function untouchedOf({ changedKeys, requestedPaths, siteKeys, urls }: PlanRequest): string[] {
  const required = new Set(changedKeys.flatMap(key => viewerPaths(key, urls)));
  const asked = (text: string) =>
    requestedPaths.some(path =>
      path.endsWith('*') ? text.startsWith(decodePath(path.slice(0, -1))) : text === decodePath(path),
    );
  return siteKeys
    .filter(key => !changedKeys.includes(key))
    .map(key => `/${key}`)
    .filter(text => !required.has(text) && !asked(text));
}

/** A path begins with a slash, and neither an escape nor a pair of surrogates is cut in two. */
const isSpellable = (prefix: string) =>
  prefix.startsWith('/') && !/%[0-9A-F]?$|[\uD800-\uDBFF]$/.test(prefix);
