import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PlanRequest, planInvalidation } from '../../../shared/planning/plan.ts';
import { PLANNING } from '../../helpers/planning.ts';

/**
 * A site whose names differ at every character, and some of them changed: the hardest for a planner
 * with too few free paths.
 */
const anyScatteredUpload = fc
  .record({
    names: fc.uniqueArray(fc.nat(2 ** 16 - 1), { minLength: 700, maxLength: 900, size: 'max' }),
    digits: fc.constantFrom(2, 4, 16),
    oneOf: fc.constantFrom(4, 8, 16),
  })
  .map(({ names, digits, oneOf }) => {
    const siteKeys = names.map(name => name.toString(digits).padStart(16, '0'));
    return { siteKeys, changedKeys: siteKeys.filter((_, index) => index % oneOf === 0) };
  });

const anyScarcity = fc.record({
  upload: anyScatteredUpload,
  freePaths: fc.nat(60),
  wildcardPaths: fc.integer({ min: 1, max: 15 }),
  exactPaths: fc.integer({ min: 10, max: 200 }),
});

/** With few of these a plan costs much. With too few there is none. */
const anyMaxNeedlessPurges = fc.option(fc.nat(700), { nil: Number.POSITIVE_INFINITY });

const planOf = (request: Partial<PlanRequest>) =>
  planInvalidation({ ...PLANNING, changedKeys: [], requestedPaths: [], siteKeys: [], ...request });

describe('A plan with fewer free paths than changes', () => {
  it('is proven cheapest, and costs what dynamic programming over all numbers of paths finds', () => {
    fc.assert(
      fc.property(anyScarcity, anyMaxNeedlessPurges, ({ upload, freePaths, ...limits }, most) => {
        const plan = scarcePlan(upload, freePaths, { ...limits, maxNeedlessPurges: most });
        expect(plan.isCheapest).toBe(true);
        expect(microDollars(plan.paths.length, plan.needlessPurges, freePaths)).toBe(
          leastCost(upload, freePaths, { ...limits, maxNeedlessPurges: most }),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('never costs more when the budget grows', () => {
    const more = fc.record({ freePaths: fc.nat(5), wildcardPaths: fc.nat(2), exactPaths: fc.nat(20) });
    fc.assert(
      fc.property(anyScarcity, more, ({ upload, freePaths, ...limits }, grown) => {
        const before = scarcePlan(upload, freePaths, limits);
        const after = scarcePlan(upload, freePaths + grown.freePaths, {
          exactPaths: limits.exactPaths + grown.exactPaths,
          wildcardPaths: limits.wildcardPaths + grown.wildcardPaths,
        });
        expect(
          microDollars(after.paths.length, after.needlessPurges, freePaths + grown.freePaths),
        ).toBeLessThanOrEqual(microDollars(before.paths.length, before.needlessPurges, freePaths));
      }),
      { numRuns: 60 },
    );
  });
});

describe('A plan for more changes than CloudFront accepts exact paths', () => {
  const siteKeys = Array.from({ length: 9000 }, (_, index) => index.toString(36).padStart(4, '0'));
  const everySecond = siteKeys.filter((_, index) => index % 2 === 0);

  it('covers all of them within the budget', () => {
    const budget = { ...PLANNING.budget, exactPaths: 1000 };
    const { paths, wildcards } = planOf({ siteKeys, changedKeys: everySecond, budget });
    const exact = new Set(paths);
    const prefixes = wildcards.map(({ path }) => path.slice(0, -1));
    expect(
      everySecond.filter(
        key => !exact.has(`/${key}`) && !prefixes.some(prefix => `/${key}`.startsWith(prefix)),
      ),
    ).toEqual([]);
    expect(wildcards.length).toBeLessThanOrEqual(15);
    expect(paths.length - wildcards.length).toBeLessThanOrEqual(1000);
  });

  it('uses wildcards only where single paths are not enough', () => {
    const changedKeys = everySecond.slice(0, 3015);
    expect(planOf({ siteKeys, changedKeys, maxNeedlessPurges: 0 })).toMatchObject({
      needlessPurges: 0,
      isCheapest: true,
    });
  });

  it('costs the same whether the bytes of its paths are just enough or plenty', () => {
    const plenty = planOf({ siteKeys, changedKeys: everySecond, maxNeedlessPurges: 0 });
    const bytes = JSON.stringify(plenty.paths).length - 1;
    const just = planOf({
      siteKeys,
      changedKeys: everySecond,
      maxNeedlessPurges: 0,
      budget: { ...PLANNING.budget, bytes },
    });
    expect(just).toMatchObject({ needlessPurges: plenty.needlessPurges, isCheapest: true });
  });
});

it('Thousands of wildcards requested manually are merged into as many as CloudFront accepts', () => {
  const requestedPaths = Array.from({ length: 3000 }, (_, index) => `/photos/${index}/*`);
  const siteKeys = requestedPaths.map(path => path.replace('*', 'a.jpg'));
  expect(planOf({ requestedPaths, siteKeys })).toMatchObject({ paths: ['/photos/*'], needlessPurges: 0 });
});

type Limits = Pick<PlanRequest['budget'], 'exactPaths' | 'wildcardPaths'> &
  Pick<PlanRequest, 'maxNeedlessPurges'>;

function scarcePlan(
  upload: Pick<PlanRequest, 'siteKeys' | 'changedKeys'>,
  freePaths: number,
  { maxNeedlessPurges, ...limits }: Limits,
) {
  return planOf({
    ...upload,
    prices: { ...PLANNING.prices, freePaths },
    budget: { ...PLANNING.budget, ...limits },
    maxNeedlessPurges,
  });
}

function microDollars(paths: number, needlessPurges: number, freePaths: number): number {
  const { path, refetch } = PLANNING.prices;
  return Math.round((Math.max(0, paths - freePaths) * path + needlessPurges * refetch) * 1e6);
}

/** The fewest needless purges by the number of wildcards, and of exact paths. */
type Purges = readonly (readonly number[])[];

/**
 * For every number of wildcards and of exact paths the fewest needless purges, prefix by prefix and
 * in all combinations.
 */
function leastCost(
  { siteKeys, changedKeys }: Pick<PlanRequest, 'siteKeys' | 'changedKeys'>,
  freePaths: number,
  { exactPaths, wildcardPaths, maxNeedlessPurges = Number.POSITIVE_INFINITY }: Limits,
): number {
  const changed = new Set(changedKeys);
  const purgesOf = (keys: readonly string[], length: number): Purges => {
    const own = keys.filter(key => changed.has(key)).length;
    if (own === 0) return [[0]];
    if (keys.length === 1) return [[Number.POSITIVE_INFINITY, 0], [0]];
    const groups = [...Map.groupBy(keys, key => key[length]).values()];
    const [none = [], one = [], ...more] = groups
      .map(group => purgesOf(group, length + 1))
      .reduce((a, b) => combined(a, b, wildcardPaths));
    return [none, one.with(0, Math.min(one[0] ?? 0, keys.length - own)), ...more];
  };
  const covers = purgesOf(siteKeys, 0).flatMap((row, wildcards) =>
    row.slice(0, exactPaths + 1).map((purges, exact) => ({ paths: wildcards + exact, purges })),
  );
  const allowed = covers.filter(({ purges }) => purges <= maxNeedlessPurges);
  const costs = (allowed.length > 0 ? allowed : covers).map(({ paths, purges }) =>
    microDollars(paths, purges, freePaths),
  );
  return Math.min(...costs);
}

function combined(a: Purges, b: Purges, wildcardPaths: number): Purges {
  const most = Math.min(a.length + b.length - 2, wildcardPaths);
  const length = Math.max(...a.map(row => row.length)) + Math.max(...b.map(row => row.length)) - 1;
  const sums = Array.from({ length: most + 1 }, () =>
    new Array<number>(length).fill(Number.POSITIVE_INFINITY),
  );
  for (const [x, one] of a.entries()) {
    for (const [y, other] of b.entries()) {
      const row = sums[x + y];
      if (row === undefined) break;
      for (const [i, purges] of one.entries()) {
        for (const [j, others] of other.entries())
          row[i + j] = Math.min(row[i + j] as number, purges + others);
      }
    }
  }
  return sums;
}
