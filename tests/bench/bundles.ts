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
import { textOf } from '../helpers/templates.ts';
import { median } from './measure.ts';
import type { Print, Size } from './report.ts';

const SIZES = {
  whole: {
    /** All of them. */
    handlers: [],
    samples: 21,
    /** The first one brings the files into the system's cache. */
    warmUp: 1,
  },
  smoke: { handlers: ['pipeline/collect-changes', 'pipeline/invalidate'], samples: 1, warmUp: 0 },
} as const;
/** Highest ratio to the baseline, of bytes and of time. */
const GOAL = 1.5;
const LARGEST = 6;
/** Where a deployed function finds what only a deployment knows: it leads nowhere. */
const DEPLOYED_HOST = 'deployed.invalid';

/**
 * Prints how long the import of a module takes: what Lambda does before a function's first
 * invocation.
 */
const TIME_IMPORT = `
  const start = performance.now();
  await import(process.argv[1]);
  console.log(performance.now() - start);
  process.exit();`;

const FunctionEnvironment = z.object({ Variables: z.record(z.string(), z.json()) });

interface Measured {
  readonly kibibytes: number;
  readonly gzipped: number;
  /** Of the import alone, that of an empty module deducted. */
  readonly milliseconds: number;
}

/**
 * How large each function's bundle is and how long it takes to start, beside a bundle that only
 * imports and constructs the AWS clients that the function uses; and what weighs in it.
 */
export async function benchBundles(print: Print, size: Size): Promise<void> {
  const { handlers, samples, warmUp } = SIZES[size];
  const functions = await functionBundles(handlers);
  const nameWidth = 2 + Math.max(...functions.map(({ handler }) => handler.length));
  const directory = await mkdtemp(join(tmpdir(), 'bundles-'));
  try {
    const results = await measureAll(functions, directory, SIZES[size]);
    print('```');
    for (const line of tableOf(results, nameWidth)) print(line);
  } finally {
    await rm(directory, { recursive: true });
  }
  print(
    `median of ${samples} processes each after ${warmUp} to warm up, in turns; an empty module's import deducted\n`,
  );
  for (const line of functions.flatMap(each => weightsOf(each, nameWidth))) print(line);
  print('KiB that the heaviest packages and files left in each bundle');
  print('```');
}

interface Result {
  readonly handler: string;
  readonly bundle: Measured;
  readonly baseline: Measured;
}

async function measureAll(
  functions: readonly FunctionBundle[],
  directory: string,
  sizes: (typeof SIZES)[Size],
): Promise<Result[]> {
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
  for (let round = 0; round < sizes.samples + sizes.warmUp; round++) {
    for (const { url, environment, samples } of subjects) {
      const milliseconds = await timeImport(url, environment);
      if (round >= sizes.warmUp) samples.push(milliseconds);
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
  const file = join(directory, `${name.replaceAll('/', '-')}.mjs`);
  await writeFile(file, code);
  return { url: pathToFileURL(file).href, code, environment, samples: [] };
}

/** The function's own variables. */
function environmentOf({ properties }: FunctionBundle['resource']): Record<string, string> {
  const { Variables } = FunctionEnvironment.parse(properties['Environment']);
  const known = Object.entries(Variables).map(([name, value]) => [name, asDeployed(textOf(value))]);
  return { ...Object.fromEntries(known), AWS_REGION: 'us-east-1' };
}

/** A reference inside a string becomes a host, a reference alone an address. */
function asDeployed(text: string): string {
  return text.replace(/^<[^<>]*>$/, `https://${DEPLOYED_HOST}`).replaceAll(/<[^<>]*>/g, DEPLOYED_HOST);
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

function tableOf(results: readonly Result[], nameWidth: number): string[] {
  const row = (name: string, ...columns: readonly string[]) =>
    name.padEnd(nameWidth) + columns.map(column => column.padStart(22)).join('');
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
function weightsOf({ handler, bundle, baseline }: FunctionBundle, nameWidth: number): string[] {
  const clients = kibibytesBySource(baseline);
  const ofBundle = [...kibibytesBySource(bundle)].sort(([, a], [, b]) => b - a);
  const list = (weights: typeof ofBundle) =>
    weights
      .slice(0, LARGEST)
      .map(([source, kibibytes]) => `${source} ${kibibytes.toFixed(0)}`)
      .join(', ');
  return [
    `${handler.padEnd(nameWidth)}${list(ofBundle)}`,
    `${'… besides AWS'.padEnd(nameWidth)}${list(ofBundle.filter(([source]) => !clients.has(source)))}`,
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
