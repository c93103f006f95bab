import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { synthesiseBridged } from '../helpers/synthesise.ts';
import { failedSeeds, playCrashPoints, playSeeds, seedsFrom } from './plays.ts';
import { SCENARIOS } from './scenarios.ts';
import { createWorkers } from './workers.ts';

const SEEDS = 1000;
const HOURS = 3_600_000;

const workers = createWorkers();
beforeAll(synthesiseBridged);
afterAll(() => workers.stop());

describe('whatever becomes of whichever call, all comes right in the end', () => {
  it.each(SCENARIOS.map(({ name }) => name))(
    'in the scenario %s',
    async scenario => {
      const { points, failures } = await playCrashPoints(workers, { scenarios: [scenario] });
      expect(points.length).toBeGreaterThan(0);
      expect(failures).toEqual([]);
    },
    HOURS,
  );
});

describe('Random actions under random faults', () => {
  it(
    `end with every promise kept: ${SEEDS} seeds`,
    async () => {
      const seeds = seedsFrom(1, SEEDS);
      expect(failedSeeds(seeds, await playSeeds(workers, seeds))).toEqual([]);
    },
    3 * HOURS,
  );
});
