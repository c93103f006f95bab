import type { CrashPoint } from './crash-points.ts';
import type { RandomRun } from './random-run.ts';
import type { Workers } from './workers.ts';

/** Something that was played, and what was not as it should be in the end. */
export interface Failure<T> {
  readonly played: T;
  readonly violations: readonly string[];
}

export interface Choice {
  /** Names; all by default. */
  readonly scenarios?: readonly string[] | undefined;
  /** What becomes of calls; everything by default. */
  readonly outcomes?: readonly string[];
}

/**
 * Plays every crash point of a choice.
 *
 * @param onPlayed called after each, in no particular order
 */
export async function playCrashPoints(
  workers: Workers,
  { scenarios, outcomes }: Choice,
  onPlayed: (played: Failure<CrashPoint>) => void = () => undefined,
): Promise<{ points: readonly CrashPoint[]; failures: readonly Failure<CrashPoint>[] }> {
  const [all = []] = await workers.run([{ kind: 'crash points', scenarios } as const]);
  const points = all.filter(({ outcome }) => outcomes?.includes(outcome) ?? true);
  const failures: Failure<CrashPoint>[] = [];
  await workers.run(
    points.map(point => ({ kind: 'crash point', point }) as const),
    {
      onResult({ point }, violations) {
        const played = { played: point, violations };
        if (violations.length > 0) failures.push(played);
        onPlayed(played);
      },
    },
  );
  return { points, failures };
}

/** Plays random runs. @returns each in the order of the seeds */
export function playSeeds(
  workers: Workers,
  seeds: readonly number[],
  onPlayed: (seed: number, run: RandomRun) => void = () => undefined,
): Promise<RandomRun[]> {
  return workers.run(
    seeds.map(seed => ({ kind: 'seed', seed }) as const),
    { onResult: ({ seed }, run) => onPlayed(seed, run) },
  );
}

/** Seeds whose runs did not come right. */
export function failedSeeds(seeds: readonly number[], runs: readonly RandomRun[]): Failure<number>[] {
  const played = seeds.map((seed, index) => ({
    played: seed,
    violations: runs[index]?.violations ?? ['Not played'],
  }));
  return played.filter(({ violations }) => violations.length > 0);
}

/** `count` seeds from `first` on. */
export const seedsFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => first + index);
