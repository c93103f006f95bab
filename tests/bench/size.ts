import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import * as z from 'zod';
import { PLANNING_MEMORY, PLANNING_NODE_OPTIONS } from '../../infra/constructs/pipeline/complete-options.ts';
import { endOf } from '../../shared/planning/key-order.ts';
import type { KnownSite } from '../../shared/planning/known-site.ts';
import {
  type Plan,
  planTargets,
  prefixOf,
  type Targets,
  targetsOf,
  unlistedSite,
} from '../../shared/planning/plan.ts';
import { functionBundles } from '../helpers/bundles.ts';
import { PLANNING } from '../helpers/planning.ts';
import { docs, type LazySite, shop } from './lazy-site.ts';
import { type Print, printTable, type Size } from './report.ts';
import { type SizeWorld, startSizeWorld } from './size-world.ts';

const SIZES = {
  whole: {
    objects: [100_000, 1_000_000, 10_000_000],
    changed: [3, 1000, 10_000],
    pageMs: 100,
    formerPages: 20,
  },
  smoke: { objects: [5000], changed: [3, 50], pageMs: 0, formerPages: 2 },
} as const;

/** Runs the function once, in a process of its own, as Lambda does. */
const RUN_FUNCTION = `
  import { readFileSync } from 'node:fs';
  const [bundle, event] = process.argv.slice(1);
  const { handler } = await import(bundle);
  const [startedAt, before] = [Date.now(), process.cpuUsage()];
  await handler(JSON.parse(event), { functionName: 'invalidate', awsRequestId: 'request-1' });
  const { user, system } = process.cpuUsage(before);
  const [, peak] = /^VmHWM:\\s+(\\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  const mebi = Number(peak ?? process.resourceUsage().maxRSS) / 1024;
  console.log();
  console.log(JSON.stringify({ startedAt, processor: (user + system) / 1e6, mebi }));
  process.exit();`;
const Run = z.object({ startedAt: z.number(), processor: z.number(), mebi: z.number() });

/** What planning took before it listed by need: one page after the other, read by the SDK. */
const LIST_FORMERLY = `
  import { paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
  const before = process.cpuUsage();
  const startedAt = performance.now();
  let left = Number(process.argv[1]);
  for await (const page of paginateListObjectsV2({ client: new S3Client({}) }, { Bucket: 'site' })) {
    if (--left === 0) break;
  }
  const { user, system } = process.cpuUsage(before);
  console.log(JSON.stringify({ seconds: (performance.now() - startedAt) / 1e3, processor: (user + system) / 1e6 }));`;
const FormerRun = z.object({ seconds: z.number(), processor: z.number() });

interface Case {
  readonly site: LazySite;
  readonly paths: readonly string[];
  readonly freePaths: number;
}

/**
 * How long planning takes for sites of any size: the deployed function, and an S3 that answers each
 * page of keys after a while. The changes are paths asked for by hand, because comparing and
 * marking changed keys takes the same time whatever the size of the site.
 */
export async function benchSize(print: Print, size: Size): Promise<void> {
  const { objects, changed, pageMs, formerPages } = SIZES[size];
  const [invalidate] = await functionBundles(['pipeline/invalidate']);
  if (invalidate === undefined) throw new Error('There is no function pipeline/invalidate');
  const folder = await mkdtemp(join(tmpdir(), 'size-'));
  const world = await startSizeWorld(pageMs);
  try {
    const bundle = join(folder, 'invalidate.mjs');
    await writeFile(bundle, invalidate.bundle.code);
    const rows: string[][] = [];
    for (const site of objects.flatMap(count => [docs(count), shop(count)])) {
      const former = await listFormerly(world, site, formerPages);
      for (const count of changed) {
        const paths = changedIn(site, count).map(key => `/${key}`);
        const known = knownSite(site, targetsOf({ ...PLANNING, changedKeys: [], requestedPaths: paths }));
        for (const freePaths of [PLANNING.prices.freePaths, 0]) {
          rows.push([...(await measureCase({ site, paths, freePaths }, known, world, bundle)), ...former]);
        }
      }
    }
    printTable(print, HEADERS, rows);
  } finally {
    await world.stop();
    await rm(folder, { recursive: true });
  }
}

const HEADERS = [
  'site',
  'objects',
  'changed',
  'free paths',
  'requests',
  's',
  'processor s',
  'MiB',
  'paths',
  '$',
  'to full knowledge',
  'formerly s',
  'processor s',
];

async function measureCase(
  { site, paths, freePaths }: Case,
  known: KnownSite,
  world: SizeWorld,
  bundle: string,
): Promise<string[]> {
  const { event, environment } = await world.open(site, paths, PLANNING.prices.freePaths - freePaths);
  const input = JSON.stringify({ ...event, generation: 'any', round: 1 });
  const run = Run.parse(
    await lastLineOf(RUN_FUNCTION, [pathToFileURL(bundle).href, input], {
      ...world.environment,
      ...environment,
    }),
  );
  const { requests, sent, sentAt } = world.seen();
  const targets = targetsOf({ ...PLANNING, changedKeys: [], requestedPaths: paths });
  const prices = { ...PLANNING.prices, freePaths };
  const best = planTargets(targets, { ...PLANNING, prices, purgesOf: known.seenBelow });
  const billed = Math.max(0, sent.length - freePaths) * prices.path;
  const purges = sent
    .filter(path => path.endsWith('*'))
    .map(path => known.seenBelow(prefixOf(path, PLANNING.urls)));
  const cost = billed + prices.refetch * purges.reduce((sum, each) => sum + each, 0);
  return [
    site.name,
    String(site.size),
    String(paths.length),
    String(freePaths),
    String(requests),
    ((sentAt - run.startedAt) / 1000).toFixed(2),
    run.processor.toFixed(2),
    run.mebi.toFixed(0),
    String(sent.length),
    billed.toFixed(2),
    ratioOf(cost, costOf(best, prices.refetch)),
  ];
}

const costOf = ({ costUsd, needlessPurges }: Plan, refetch: number) => costUsd + refetch * needlessPurges;

const ratioOf = (cost: number, least: number) => (cost === least ? 1 : cost / least).toFixed(4);

async function listFormerly(world: SizeWorld, site: LazySite, pages: number): Promise<string[]> {
  await world.open(site, [], 0);
  const { seconds, processor } = FormerRun.parse(
    await lastLineOf(LIST_FORMERLY, [String(pages)], world.environment),
  );
  const all = site.size / 1000 / Math.min(pages, Math.ceil(site.size / 1000));
  return [(seconds * all).toFixed(1), (processor * all).toFixed(1)];
}

/** Runs a program in a process of its own. Returns the last line that it prints, parsed. */
async function lastLineOf(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<unknown> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      PLANNING_NODE_OPTIONS,
      `--max-old-space-size=${PLANNING_MEMORY}`,
      '--input-type=module',
      '--eval',
      program,
      ...args,
    ],
    { env, maxBuffer: 2 ** 24 },
  );
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

/** Documentation changes in one place, mostly; a shop's products change anywhere. */
function changedIn({ name, size, keyAt }: LazySite, count: number): string[] {
  const random = randomNumbers();
  const indices = new Set<number>();
  while (indices.size < count) {
    const isTogether = name === 'docs' && indices.size < 0.85 * count;
    const [start, range] = isTogether ? [Math.floor(size / 3), Math.min(2 * count, size / 3)] : [0, size];
    indices.add(Math.floor(start + random() * range));
  }
  return [...indices].map(keyAt);
}

/** All keys, a hundred thousand at a time. */
function knownSite({ size, keyAt }: LazySite, targets: Targets): KnownSite {
  const known = unlistedSite(targets);
  for (let index = 0; index < size; index += 100_000) {
    const end = Math.min(size, index + 100_000);
    const keys = Array.from({ length: end - index }, (_, offset) => keyAt(index + offset));
    known.learn({ from: index === 0 ? '' : keyAt(index), to: end === size ? endOf('') : keyAt(end) }, keys);
  }
  return known;
}

/** Mulberry32: from 0 up to 1, the same numbers in every run. */
function randomNumbers(): () => number {
  let state = 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
