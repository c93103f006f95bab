import { parseArgs } from 'node:util';
import type { CrashPoint } from './crash-points.ts';
import { runInWorkers } from './workers.ts';

const USAGE = `npm run test:chaos -- [options]

Without options: every crash point of every scenario.
  --scenario NAME    crash points of this scenario alone; may be repeated
  --seeds N          N random runs instead
  --first-seed S     of which this is the first; to replay one: --seeds 1 --first-seed S`;

const { values } = parseArgs({
  options: {
    scenario: { type: 'string', multiple: true },
    seeds: { type: 'string' },
    'first-seed': { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});

const print = (line: string) => process.stdout.write(`${line}\n`);

async function runCrashPoints(scenarios: readonly string[] | undefined): Promise<boolean> {
  const startedAt = performance.now();
  const [points = []] = await runInWorkers([{ kind: 'crash points', scenarios } as const]);
  const jobs = points.map(point => ({ kind: 'crash point', point }) as const);
  const failures: { point: CrashPoint; violations: string[] }[] = [];
  let done = 0;
  await runInWorkers(jobs, ({ point }, violations) => {
    if (violations.length > 0) {
      failures.push({ point, violations });
      print(
        `FAILED ${point.scenario}, call ${point.number} (${point.call}), ${point.outcome}: ${violations.join('; ')}`,
      );
    }
    if (++done % 200 === 0) print(`${done} of ${jobs.length}`);
  });
  print(
    tableOf(
      points,
      failures.map(({ point }) => point),
    ),
  );
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  print(`${jobs.length} crash points, ${jobs.length - failures.length} passed, 0 skipped, in ${seconds} s`);
  return failures.length === 0;
}

/** Passed of all, scenario by scenario and outcome by outcome. */
function tableOf(points: readonly CrashPoint[], failed: readonly CrashPoint[]): string {
  const outcomes = [...new Set(points.map(({ outcome }) => outcome))];
  const scenarios = [...new Set(points.map(({ scenario }) => scenario))];
  const cell = (scenario: string, outcome: string) => {
    const isIn = (point: CrashPoint) => point.scenario === scenario && point.outcome === outcome;
    const all = points.filter(isIn).length;
    return all === 0 ? '' : `${all - failed.filter(isIn).length}/${all}`;
  };
  const calls = (scenario: string) =>
    String(new Set(points.filter(point => point.scenario === scenario).map(({ number }) => number)).size);
  const rows = [
    ['Scenario', 'Calls', ...outcomes],
    ...scenarios.map(scenario => [
      scenario,
      calls(scenario),
      ...outcomes.map(outcome => cell(scenario, outcome)),
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0))) ?? [];
  return rows
    .map(row =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

async function runSeeds(first: number, count: number): Promise<boolean> {
  const startedAt = performance.now();
  const jobs = Array.from({ length: count }, (_, index) => ({ kind: 'seed', seed: first + index }) as const);
  let [done, failed, calls, faults] = [0, 0, 0, 0];
  await runInWorkers(jobs, ({ seed }, run) => {
    calls += run.calls;
    faults += run.faults;
    if (run.violations.length > 0) {
      failed++;
      print(`FAILED seed ${seed}: ${run.violations.join('; ')}`);
      print(`  again: npm run test:chaos -- --seeds 1 --first-seed ${seed}`);
    }
    if (count === 1)
      print(`Seed ${seed}: ${run.calls} calls, ${run.faults} faults, fingerprint ${run.fingerprint}`);
    if (++done % 200 === 0) print(`${done} of ${count}`);
  });
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  print(
    `${count} seeds from ${first}: ${count - failed} passed, ${calls} calls, ${faults} faults, in ${seconds} s`,
  );
  return failed === 0;
}

if (values.help) print(USAGE);
else {
  const isWell =
    values.seeds === undefined
      ? await runCrashPoints(values.scenario)
      : await runSeeds(Number(values['first-seed']), Number(values.seeds));
  process.exitCode = isWell ? 0 : 1;
}
