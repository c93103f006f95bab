import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Plan, type PlanRequest, planInvalidation } from '../../../shared/planning/plan.ts';
import { costOfPaths } from '../../../shared/planning/prices.ts';
import {
  decodePath,
  doubtfulFrom,
  QUERY,
  requestPath,
  viewerPaths,
} from '../../../shared/planning/viewer-urls.ts';
import { everyCover, isUnder, prefixesOf } from '../../helpers/every-cover.ts';
import { PLANNING } from '../../helpers/planning.ts';

const AMPLE_BYTES = 150_000;

/** Few pieces, so that keys are often prefixes, folders or equals of one another. */
const anyKey = fc
  .array(fc.constantFrom('a', 'b', '/', '~', 'é', 'index.html', '.html'), { minLength: 1, maxLength: 4 })
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
  maxNeedlessPurges: fc.constant(Number.POSITIVE_INFINITY),
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
  maxNeedlessPurges: Number.POSITIVE_INFINITY,
};

describe('A plan', () => {
  it('costs no more than any other that covers the same within the budget', () => {
    fc.assert(
      fc.property(anyRequest, request => {
        expect(outcomeOf(request)).toEqual(bestOutcome(request));
      }),
      { numRuns: 2000, examples: [[SHARED_WILDCARD]] },
    );
  });

  it('purges as little as the budget allows, if the cheapest would purge too much', () => {
    fc.assert(
      fc.property(anyRequest, fc.nat(3), (request, maxNeedlessPurges) => {
        const cheapest = outcomeOf(request);
        const guarded = outcomeOf({ ...request, maxNeedlessPurges });
        fc.pre(cheapest !== undefined && cheapest.needlessPurges > maxNeedlessPurges);
        const least = bestOutcome({ ...request, prices: { path: 0, refetch: 1, freePaths: 0 } });
        expect(guarded).toMatchObject({
          guarded: true,
          needlessPurges: least?.needlessPurges,
          paths: least?.paths,
        });
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
        const before = outcomeOf(request)?.cost ?? Number.POSITIVE_INFINITY;
        expect(outcomeOf(richer)?.cost ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(before);
      }),
      { numRuns: 2000 },
    );
  });
});

interface Outcome {
  readonly cost: number;
  readonly needlessPurges: number;
  readonly paths: number;
  readonly guarded: boolean;
}

/** Undefined when nothing fits the budget. */
function outcomeOf(request: PlanRequest): Outcome | undefined {
  const plan = planOrNone(request);
  if (plan === undefined) return undefined;
  const { needlessPurges, guarded } = plan;
  return {
    cost: cost(plan.paths.length, needlessPurges, request),
    needlessPurges,
    paths: plan.paths.length,
    guarded,
  };
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
function bestOutcome(request: PlanRequest): Outcome | undefined {
  const { budget } = request;
  const wanted = wantedOf(request);
  const untouched = untouchedOf(request);
  const texts = [...new Set(wanted.map(({ text }) => text))];
  const coveredBy = (prefix: string) => texts.filter(text => text.startsWith(prefix)).length;
  const isLongest = (prefix: string, _: number, all: readonly string[]) =>
    !all.some(
      other =>
        other.length > prefix.length && other.startsWith(prefix) && coveredBy(other) === coveredBy(prefix),
    );
  const spellable = [...new Set(texts.flatMap(prefixesOf))].filter(isSpellable);
  const candidates = budget.bytes === AMPLE_BYTES ? spellable : spellable.filter(isLongest);
  let best: Outcome | undefined;
  for (const { wildcards, exact } of everyCover(texts, candidates, budget.wildcardPaths)) {
    if (wanted.some(({ text, wildcardOnly }) => wildcardOnly && !isUnder(text, wildcards))) continue;
    const bytes = [...exact.map(requestPath), ...wildcards.map(prefix => `${requestPath(prefix)}*`)].reduce(
      (sum, path) => sum + path.length + 3,
      0,
    );
    if (exact.length > budget.exactPaths || bytes > budget.bytes) continue;
    const needlessPurges = untouched.filter(text => isUnder(text, wildcards)).length;
    const paths = exact.length + wildcards.length;
    const outcome = { cost: cost(paths, needlessPurges, request), needlessPurges, paths, guarded: false };
    if (best === undefined || isBetter(outcome, best)) best = outcome;
  }
  return best;
}

function isBetter(a: Outcome, b: Outcome): boolean {
  if (a.cost !== b.cost) return a.cost < b.cost;
  return a.needlessPurges === b.needlessPurges ? a.paths < b.paths : a.needlessPurges < b.needlessPurges;
}

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
    if (!urls.cachesQueryStrings || text.includes(QUERY)) return [cut(text, false)];
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

/** A path begins with a slash, and no escape is cut in two. */
const isSpellable = (prefix: string) => prefix.startsWith('/') && !/%[0-9A-F]?$/.test(prefix);
