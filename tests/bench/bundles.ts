import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import * as z from 'zod';
import {
  type Bundle,
  emptyBundle,
  type FunctionBundle,
  functionBundles,
  packageOf,
} from '../helpers/bundles.ts';
import { median } from './measure.ts';
import type { Print } from './report.ts';

const SAMPLES = 21;
/** The first one brings the files into the system's cache. */
const WARM_UP = 1;
/** Highest ratio to the baseline, of bytes and of time. */
const GOAL = 1.5;
const LARGEST = 6;
const NAME_WIDTH = 16;

/** Prints how long the import of a module takes: what Lambda does before a function's first invocation. */
const TIME_IMPORT = `
  const start = performance.now();
  await import(process.argv[1]);
  console.log(performance.now() - start);
  process.exit();`;

const FunctionEnvironment = z.object({ Variables: z.record(z.string(), z.unknown()) });

interface Measured {
  readonly kibibytes: number;
  readonly gzipped: number;
  /** Of the import alone, that of an empty module deducted. */
  readonly milliseconds: number;
}

/**
 * How large each function's bundle is and how long it takes to start, beside a bundle that only imports and constructs the AWS
 * clients that the function uses; and what weighs in it.
 */
export async function benchBundles(print: Print): Promise<void> {
  const functions = await functionBundles();
  const directory = await mkdtemp(join(tmpdir(), 'bundles-'));
  try {
    const results = await measureAll(functions, directory);
    print('```');
    for (const line of tableOf(results)) print(line);
  } finally {
    await rm(directory, { recursive: true });
  }
  print(
    `median of ${SAMPLES} processes each after ${WARM_UP} to warm up, in turns; an empty module's import deducted\n`,
  );
  for (const line of functions.flatMap(weightsOf)) print(line);
  print('KiB that the heaviest packages and files left in each bundle');
  print('```');
}

interface Result {
  readonly handler: string;
  readonly bundle: Measured;
  readonly baseline: Measured;
}

async function measureAll(functions: readonly FunctionBundle[], directory: string): Promise<Result[]> {
  const empty = await subjectOf('empty', await emptyBundle(), {}, directory);
  const pairs = await Promise.all(
    functions.map(async ({ handler, resource, bundle, baseline }) => {
      const environment = environmentOf(resource);
      return {
        handler,
        bundle: await subjectOf(handler, bundle, environment, directory),
        baseline: await subjectOf(`${handler}.baseline`, baseline, environment, directory),
      };
    }),
  );
  const subjects = [empty, ...pairs.flatMap(({ bundle, baseline }) => [bundle, baseline])];
  for (let sample = 0; sample < SAMPLES + WARM_UP; sample++) {
    for (const { url, environment, samples } of subjects) {
      const milliseconds = await timeImport(url, environment);
      if (sample >= WARM_UP) samples.push(milliseconds);
    }
  }
  const measured = ({ code, samples }: Subject): Measured => ({
    kibibytes: code.length / 1024,
    gzipped: gzipSync(code).length / 1024,
    milliseconds: median(samples) - median(empty.samples),
  });
  return pairs.map(({ handler, bundle, baseline }) => ({
    handler,
    bundle: measured(bundle),
    baseline: measured(baseline),
  }));
}

interface Subject {
  readonly url: string;
  readonly code: Uint8Array;
  readonly environment: Readonly<Record<string, string>>;
  readonly samples: number[];
}

async function subjectOf(
  name: string,
  { code }: Bundle,
  environment: Readonly<Record<string, string>>,
  directory: string,
): Promise<Subject> {
  const file = join(directory, `${name}.mjs`);
  await writeFile(file, code);
  return { url: pathToFileURL(file).href, code, environment, samples: [] };
}

/** The function's own variables. What only a deployment knows is an address that leads nowhere. */
function environmentOf({ properties }: FunctionBundle['resource']): Record<string, string> {
  const { Variables } = FunctionEnvironment.parse(properties['Environment']);
  const known = Object.entries(Variables).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : 'https://deployed.invalid',
  ]);
  return { ...Object.fromEntries(known), AWS_REGION: 'us-east-1' };
}

async function timeImport(url: string, environment: Readonly<Record<string, string>>): Promise<number> {
  // A process of its own: Node imports a module once.
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', TIME_IMPORT, url],
    { env: { ...environment } },
  );
  return Number(stdout.trim().split('\n').at(-1));
}

function tableOf(results: readonly Result[]): string[] {
  const row = (name: string, ...columns: readonly string[]) =>
    name.padEnd(NAME_WIDTH) + columns.map(column => column.padStart(22)).join('');
  const worst = Math.max(...results.flatMap(result => Object.values(ratiosOf(result))));
  return [
    row('function', 'KiB', 'KiB gzipped', 'ms to initialise'),
    row('', ...Array<string>(3).fill('/ AWS clients = ratio')),
    ...results.map(result => {
      const { bundle, baseline } = result;
      const ratios = ratiosOf(result);
      const cell = (key: keyof Measured) =>
        `${bundle[key].toFixed(0)} / ${baseline[key].toFixed(0)} = ${ratios[key].toFixed(2)}`;
      return row(result.handler, cell('kibibytes'), cell('gzipped'), cell('milliseconds'));
    }),
    `highest ratio ${worst.toFixed(2)} (goal: at most ${GOAL})`,
  ];
}

function ratiosOf({ bundle, baseline }: Result): Record<keyof Measured, number> {
  return {
    kibibytes: bundle.kibibytes / baseline.kibibytes,
    gzipped: bundle.gzipped / baseline.gzipped,
    milliseconds: bundle.milliseconds / baseline.milliseconds,
  };
}

/** The heaviest packages and files of our own, and those that the AWS clients do not bring. */
function weightsOf({ handler, bundle, baseline }: FunctionBundle): string[] {
  const clients = kibibytesBySource(baseline);
  const ofBundle = [...kibibytesBySource(bundle)].sort(([, a], [, b]) => b - a);
  const list = (weights: typeof ofBundle) =>
    weights
      .slice(0, LARGEST)
      .map(([source, kibibytes]) => `${source} ${kibibytes.toFixed(0)}`)
      .join(', ');
  return [
    `${handler.padEnd(NAME_WIDTH)}${list(ofBundle)}`,
    `${'… besides AWS'.padEnd(NAME_WIDTH)}${list(ofBundle.filter(([source]) => !clients.has(source)))}`,
  ];
}

function kibibytesBySource({ files }: Bundle): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const [file, bytes] of files) {
    const source = packageOf(file) ?? file;
    weights.set(source, (weights.get(source) ?? 0) + bytes / 1024);
  }
  return weights;
}
