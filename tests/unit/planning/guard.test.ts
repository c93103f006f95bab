import { describe, expect, it } from 'vitest';
import { planInvalidation } from '../../../shared/planning/plan.ts';
import { PLANNING } from '../../helpers/planning.ts';

/** Lehmer's generator: from 0 up to 1, the same numbers in every run. */
function* randomNumbers(): Generator<number> {
  for (let state = 1; ; ) {
    state = (state * 16_807) % 2_147_483_647;
    yield state / 2_147_483_647;
  }
}

describe('A limit on needless purges, for 1,547 of 12,000 posts in one folder', () => {
  const random = randomNumbers();
  const siteKeys = Array.from(
    { length: 12_000 },
    (_, index) => `posts/${String(index).padStart(5, '0')}.html`,
  );
  const changedKeys = siteKeys.filter(() => (random.next().value ?? 0) < 0.128);
  const request = {
    ...PLANNING,
    ...{ changedKeys, siteKeys, requestedPaths: [] },
    prices: { ...PLANNING.prices, freePaths: 0 },
  };

  it.each([
    { limit: 0, paths: 1547, costUsd: 7.735, needlessPurges: 0 },
    { limit: 1000, paths: 1317, costUsd: 6.585, needlessPurges: 985 },
    { limit: 5000, paths: 728, costUsd: 3.64, needlessPurges: 4996 },
    { limit: 8000, paths: 321, costUsd: 1.605, needlessPurges: 8000 },
    { limit: 10_453, paths: 1, costUsd: 0.005, needlessPurges: 10_453 },
    { limit: undefined, paths: 1, costUsd: 0.005, needlessPurges: 10_453 },
  ])('of $limit makes $paths paths for $costUsd dollars', ({ limit, paths, costUsd, needlessPurges }) => {
    const plan = planInvalidation({ ...request, maxNeedlessPurges: limit });
    expect(plan).toMatchObject({ needlessPurges, costUsd: expect.closeTo(costUsd, 9), isCheapest: true });
    expect(plan.paths).toHaveLength(paths);
  });
});
