import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { synthesise, synthesiseBridged } from '../helpers/synthesise.ts';
import type { CrashPoint } from './crash-points.ts';
import { GUARDS } from './guards.ts';
import { playCrashPoints, playSeeds, seedsFrom } from './plays.ts';
import { createWorkers } from './workers.ts';

const USAGE = `npm run test:chaos -- [options]

Without options it plays every crash point of every scenario.
  --scenario NAME    only the crash points of this scenario; may be repeated
  --mutations        instead shows what goes wrong without each guard of the protocol
  --seeds N          instead plays N random runs
  --first-seed S     first seed; to replay one: --seeds 1 --first-seed S
  --workers N        processes at once; by default one per core`;

const { values } = parseArgs({
  options: {
    scenario: { type: 'string', multiple: true },
    mutations: { type: 'boolean', default: false },
    seeds: { type: 'string' },
    'first-seed': { type: 'string', default: '1' },
    workers: { type: 'string', default: String(availableParallelism()) },
    help: { type: 'boolean', default: false },
  },
});

const workers = createWorkers(Number(values.workers));
const print = (line: string) => process.stdout.write(`${line}\n`);

async function runCrashPoints(scenarios: readonly string[] | undefined): Promise<boolean> {
  const startedAt = performance.now();
  let done = 0;
  const { points, failures } = await playCrashPoints(workers, { scenarios }, ({ played, violations }) => {
    if (violations.length > 0) {
      const { scenario, number, call, outcome } = played;
      print(`FAILED ${scenario}, call ${number} (${call}), ${outcome}: ${violations.join('; ')}`);
    }
    if (++done % 100 === 0) print(`${done} crash points`);
  });
  print(
    tableOf(
      points,
      failures.map(({ played }) => played),
    ),
  );
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  print(
    `${points.length} crash points, ${points.length - failures.length} passed, 0 skipped, in ${seconds} s`,
  );
  return failures.length === 0;
}

/** Takes each guard away, and passes if something goes wrong every time. */
async function missGuards(): Promise<boolean> {
  const shown = await workers.run(GUARDS.map(({ name }) => ({ kind: 'guard', guard: name }) as const));
  for (const [index, { name }] of GUARDS.entries()) {
    const violations = shown[index] ?? [];
    print(
      `Without the guard that ${name}: ${violations.length > 0 ? violations.join('; ') : 'NOTHING IS WRONG'}`,
    );
  }
  return shown.every(violations => violations.length > 0);
}

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
  const widths = ['', '', ...outcomes].map((_, column) =>
    Math.max(...rows.map(row => row[column]?.length ?? 0)),
  );
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
  let [done, failed, calls, faults] = [0, 0, 0, 0];
  await playSeeds(workers, seedsFrom(first, count), (seed, run) => {
    calls += run.calls;
    faults += run.faults;
    if (run.violations.length > 0) {
      failed++;
      print(`FAILED seed ${seed}: ${run.violations.join('; ')}`);
      print(`  again: npm run test:chaos -- --seeds 1 --first-seed ${seed}`);
    }
    if (count === 1)
      print(`Seed ${seed}: ${run.calls} calls, ${run.faults} faults, fingerprint ${run.fingerprint}`);
    if (++done % 100 === 0) print(`${done} of ${count}`);
  });
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  print(
    `${count} seeds from ${first}: ${count - failed} passed, ${calls} calls, ${faults} faults, in ${seconds} s`,
  );
  return failed === 0;
}

async function run(): Promise<boolean> {
  await synthesise();
  await synthesiseBridged();
  if (values.mutations) return missGuards();
  if (values.seeds !== undefined) return runSeeds(Number(values['first-seed']), Number(values.seeds));
  return runCrashPoints(values.scenario);
}

if (values.help) print(USAGE);
else {
  try {
    process.exitCode = (await run()) ? 0 : 1;
  } finally {
    workers.stop();
  }
}
