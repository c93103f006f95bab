import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PlanRequest, planInvalidation } from '../../../shared/invalidation/plan.ts';
import { PLANNING } from '../../helpers/planning.ts';

/** A site of names that part at every character, some of which changed: the hardest for a planner with too few free paths. */
const anyScatteredUpload = fc
  .uniqueArray(fc.nat(2 ** 16 - 1), { minLength: 700, maxLength: 900, size: 'max' })
  .map(names => {
    const siteKeys = names.map(name => name.toString(2).padStart(16, '0'));
    return { siteKeys, changedKeys: siteKeys.filter((_, index) => index % 16 === 0) };
  });

const planOf = (request: Partial<PlanRequest>) =>
  planInvalidation({ ...PLANNING, changedKeys: [], requestedPaths: [], siteKeys: [], ...request });

describe('a plan with fewer free paths than changes', () => {
  it('is proven cheapest and costs what a programme over all numbers of paths finds', () => {
    const anyCase = fc.record({
      upload: anyScatteredUpload,
      freePaths: fc.integer({ min: 5, max: 25 }),
      wildcardPaths: fc.integer({ min: 8, max: 15 }),
    });
    fc.assert(
      fc.property(anyCase, ({ upload, freePaths, wildcardPaths }) => {
        const prices = { ...PLANNING.prices, freePaths };
        const budget = { ...PLANNING.budget, wildcardPaths };
        const plan = planOf({ ...upload, prices, budget, maxCollateral: Number.POSITIVE_INFINITY });
        expect(plan.isCheapest).toBe(true);
        expect(microDollars(plan.paths.length, plan.collateral, freePaths)).toBe(
          leastCost(upload, freePaths, wildcardPaths),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('covers every change within the budget when there are more than it considers singly', () => {
    const siteKeys = Array.from({ length: 9000 }, (_, index) => index.toString(36).padStart(4, '0'));
    const changedKeys = siteKeys.filter((_, index) => index % 2 === 0);
    const budget = { ...PLANNING.budget, exactPaths: 1000 };
    const { paths, wildcards } = planOf({ siteKeys, changedKeys, budget });
    const exact = new Set(paths);
    const prefixes = wildcards.map(({ path }) => path.slice(0, -1));
    expect(
      changedKeys.filter(
        key => !exact.has(`/${key}`) && !prefixes.some(prefix => `/${key}`.startsWith(prefix)),
      ),
    ).toEqual([]);
    expect(wildcards.length).toBeLessThanOrEqual(15);
    expect(paths.length - wildcards.length).toBeLessThanOrEqual(1000);
  });
});

function microDollars(paths: number, collateral: number, freePaths: number): number {
  const { path, refetch } = PLANNING.prices;
  return Math.round((Math.max(0, paths - freePaths) * path + collateral * refetch) * 1e6);
}

interface Spent {
  readonly wildcards: number;
  readonly exact: number;
  readonly collateral: number;
}

/** For every number of wildcards and of exact paths the fewest needless purges, prefix by prefix and in all combinations. */
function leastCost(
  { siteKeys, changedKeys }: Pick<PlanRequest, 'siteKeys' | 'changedKeys'>,
  freePaths: number,
  wildcardPaths: number,
): number {
  const changed = new Set(changedKeys);
  const ways = (keys: readonly string[], length: number): Spent[] => {
    const own = keys.filter(key => changed.has(key)).length;
    if (own === 0) return [NOTHING];
    const wildcard = { wildcards: 1, exact: 0, collateral: keys.length - own };
    if (keys.length === 1) return [{ ...NOTHING, exact: 1 }, wildcard];
    const groups = [...Map.groupBy(keys, key => key[length]).values()].map(group => ways(group, length + 1));
    const combined = groups.reduce((all, group) =>
      fewest(
        all.flatMap(a => group.map(b => sum(a, b))),
        wildcardPaths,
      ),
    );
    return fewest([...combined, wildcard], wildcardPaths);
  };
  const costs = ways(siteKeys, 0).map(({ wildcards, exact, collateral }) =>
    microDollars(wildcards + exact, collateral, freePaths),
  );
  return Math.min(...costs);
}

const NOTHING: Spent = { wildcards: 0, exact: 0, collateral: 0 };

function sum(a: Spent, b: Spent): Spent {
  return {
    wildcards: a.wildcards + b.wildcards,
    exact: a.exact + b.exact,
    collateral: a.collateral + b.collateral,
  };
}

/** Of each number of wildcards and of exact paths, the one with the fewest purges. */
function fewest(ways: readonly Spent[], wildcardPaths: number): Spent[] {
  const best = new Map<string, Spent>();
  for (const way of ways) {
    const number = `${way.wildcards} ${way.exact}`;
    const known = best.get(number);
    if (way.wildcards <= wildcardPaths && (known === undefined || known.collateral > way.collateral)) {
      best.set(number, way);
    }
  }
  return [...best.values()];
}
