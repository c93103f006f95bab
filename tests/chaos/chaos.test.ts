import { beforeAll, describe, expect, it } from 'vitest';
import { GUARDS } from './guards.ts';
import type { RandomRun } from './random-run.ts';
import { runInWorkers } from './workers.ts';

const SEEDS = 200;
/** Of the first 5,000, those that once failed. */
const FAILED_ONCE = [359, 905, 3258];
const MINUTES = 60_000;

/** Those of the script `npm run test:chaos` in short: there are all scenarios, and as many seeds as one likes. */
describe('a lone upload', () => {
  it(
    'reaches every edge and is mailed once, whatever becomes of whichever call',
    async () => {
      const [points = []] = await runInWorkers([{ kind: 'crash points', scenarios: ['lone upload'] }]);
      const jobs = points.map(point => ({ kind: 'crash point', point }) as const);
      const violations = await runInWorkers(jobs);
      const failed = jobs.map(({ point }, index) => ({ point, violations: violations[index] }));
      expect(jobs.length).toBeGreaterThan(100);
      expect(failed.filter(each => each.violations?.length !== 0)).toEqual([]);
    },
    10 * MINUTES,
  );
});

describe('random deeds and misfortunes', () => {
  const first = Array.from({ length: SEEDS }, (_, index) => index + 1);
  const jobs = [...first, ...FAILED_ONCE].map(seed => ({ kind: 'seed', seed }) as const);
  let runs: readonly RandomRun[];

  beforeAll(async () => {
    runs = await runInWorkers(jobs);
  }, 10 * MINUTES);

  it(`come right in the end: ${SEEDS} seeds`, () => {
    const failed = jobs.map(({ seed }, index) => ({ seed, violations: runs[index]?.violations }));
    expect(failed.filter(({ violations }) => violations?.length !== 0)).toEqual([]);
  });

  it('are the same again for the same seed, whatever ran before it in the process', async () => {
    const [seventh] = jobs.slice(6);
    const [alone] = await runInWorkers([seventh ?? expect.fail()]);
    expect(alone).toEqual(runs[6]);
  });
});

describe('without the guard that', () => {
  let violations: readonly (readonly string[])[];

  beforeAll(async () => {
    violations = await runInWorkers(GUARDS.map(({ name }) => ({ kind: 'guard', guard: name }) as const));
  }, 10 * MINUTES);

  it.each(GUARDS.map(({ name }, index) => ({ name, index })))('$name, something goes wrong', ({ index }) => {
    expect(violations[index]).not.toEqual([]);
  });
});
