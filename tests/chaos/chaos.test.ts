import { describe, expect, it } from 'vitest';
import { GUARDS } from './guards.ts';
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
  it(
    `come right in the end: ${SEEDS} seeds`,
    async () => {
      const first = Array.from({ length: SEEDS }, (_, index) => index + 1);
      const jobs = [...first, ...FAILED_ONCE].map(seed => ({ kind: 'seed', seed }) as const);
      const runs = await runInWorkers(jobs);
      const failed = jobs.map(({ seed }, index) => ({ seed, violations: runs[index]?.violations }));
      expect(failed.filter(({ violations }) => violations?.length !== 0)).toEqual([]);
    },
    10 * MINUTES,
  );

  it('are the same again for the same seed, whatever ran before it in the process', async () => {
    const [alone] = await runInWorkers([{ kind: 'seed', seed: 7 }], { workers: 1 });
    const [, afterAnother] = await runInWorkers(
      [
        { kind: 'seed', seed: 3 },
        { kind: 'seed', seed: 7 },
      ],
      { workers: 1 },
    );
    expect(afterAnother).toEqual(alone);
  });
});

describe('without the guard that', () => {
  it.each(GUARDS.map(({ name }) => name))('%s, something goes wrong', async guard => {
    const [violations] = await runInWorkers([{ kind: 'guard', guard }]);
    expect(violations).not.toEqual([]);
  });
});
