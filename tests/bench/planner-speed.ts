import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { chunks } from '../../shared/aws/batches.ts';
import { type Plan, planInvalidation } from '../../shared/planning/plan.ts';
import { PLANNING } from '../helpers/planning.ts';
import type { Upload } from '../helpers/scenarios.ts';
import { lambdaEventsOf, parseLambdaEvent } from './lambda-events.ts';
import { ALL_SHAPES, largeUpload, type SiteSize } from './large-uploads.ts';
import { measure, median } from './measure.ts';
import { type Print, printTable, type Size } from './report.ts';

const SIZES = {
  whole: {
    site: { changed: 10_000, site: 100_000 },
    beside: [7000, 10_000],
    /** Where the search has most to choose from. */
    scarce: [1500, 2000, 2500, 3000, 3500],
    growth: [1000, 10_000, 100_000],
    samples: 9,
    /** The first ones compile the code. */
    warmUp: 3,
  },
  smoke: {
    site: { changed: 10, site: 100 },
    beside: [10],
    scarce: [5],
    growth: [5, 10],
    samples: 1,
    warmUp: 0,
  },
} as const;
type Sizes = (typeof SIZES)[Size];

/**
 * How long planning takes beside parsing the events that it answers, how it grows, and what memory
 * it needs.
 */
export async function benchPlannerSpeed(print: Print, size: Size): Promise<void> {
  const sizes = SIZES[size];
  const { site, samples, warmUp } = sizes;
  print("Planning changes of a tenth of the site's keys, beside parsing their events' JSON twice:\n");
  await printSpeed(print, sizes);
  print(
    'More changes than free paths, in a site of ten times as many objects, and half the purges allowed:\n',
  );
  await printScarce(print, sizes);
  print('Growth, half of the site changed; 1.00 in the last column is linear:\n');
  await printGrowth(print, sizes);
  print(`Memory of a process that reads ${site.site} keys and plans once for ${site.changed}:\n`);
  await printMemory(print, site);
  print(`Medians of ${samples} samples after ${warmUp} to warm up, the strings new in each.`);
}

async function printSpeed(print: Print, sizes: Sizes): Promise<void> {
  const rows: string[][] = [];
  for (const shape of ALL_SHAPES) {
    for (const changed of sizes.beside) {
      const upload = largeUpload(shape, { changed, site: 10 * changed });
      const events = lambdaEventsOf(upload.changedKeys);
      const parseTwice = () => {
        for (let time = 0; time < 2; time++) for (const event of events) parseLambdaEvent(event);
      };
      for (const freePaths of [PLANNING.prices.freePaths, 0]) {
        const { plan, other, ratio } = await compare(upload, freePaths, parseTwice, sizes);
        const { paths } = planFor(upload, freePaths);
        const times = [plan.toFixed(1), other.toFixed(1), ratio.toFixed(2)];
        rows.push([shape, String(changed), String(freePaths), String(paths.length), ...times]);
      }
    }
  }
  printTable(print, ['keys', 'changed', 'free paths', 'paths', 'plan, ms', 'parse twice, ms', 'ratio'], rows);
}

async function printScarce(print: Print, sizes: Sizes): Promise<void> {
  const rows: string[][] = [];
  const { freePaths } = PLANNING.prices;
  for (const shape of ALL_SHAPES) {
    for (const changed of sizes.scarce) {
      const upload = largeUpload(shape, { changed, site: 10 * changed });
      const { paths, needlessPurges } = planFor(upload, freePaths);
      const limit = Math.floor(needlessPurges / 2);
      const { plan } = await compare(upload, freePaths, () => undefined, sizes);
      const limited = await compare(upload, freePaths, () => undefined, sizes, limit);
      const within = planFor(upload, freePaths, limit).paths.length;
      rows.push([
        shape,
        String(changed),
        String(paths.length),
        plan.toFixed(1),
        String(within),
        limited.plan.toFixed(1),
      ]);
    }
  }
  printTable(print, ['keys', 'changed', 'paths', 'plan, ms', 'paths within the limit', 'plan, ms'], rows);
}

async function printGrowth(print: Print, sizes: Sizes): Promise<void> {
  const rows: string[][] = [];
  for (const shape of ALL_SHAPES) {
    let before: number | undefined;
    for (const changed of sizes.growth) {
      const upload = largeUpload(shape, { changed, site: 2 * changed });
      const { plan } = await compare(upload, PLANNING.prices.freePaths, () => undefined, sizes);
      const each = plan / changed;
      const ratio = before === undefined ? '' : (each / before).toFixed(2);
      rows.push([shape, String(changed), plan.toFixed(1), (each * 1000).toFixed(2), ratio]);
      before = each;
    }
  }
  printTable(print, ['keys', 'changed', 'plan, ms', 'µs a key', 'to a tenth as many'], rows);
}

/**
 * Medians in milliseconds, and of the ratios of each round: what else the machine does slows both.
 */
async function compare(
  upload: Upload,
  freePaths: number,
  baseline: () => void,
  { samples, warmUp }: Sizes,
  maxNeedlessPurges?: number,
): Promise<{ plan: number; other: number; ratio: number }> {
  const rounds: { plan: number; other: number }[] = [];
  for (let round = 0; round < samples + warmUp; round++) {
    // As they come from a parsed message: flat strings whose hash is not computed yet.
    const fresh: Upload = JSON.parse(JSON.stringify(upload));
    const plan = await measure(async () => planFor(fresh, freePaths, maxNeedlessPurges));
    const other = await measure(async () => baseline());
    if (round >= warmUp) rounds.push({ plan, other });
  }
  return {
    plan: median(rounds.map(({ plan }) => plan)),
    other: median(rounds.map(({ other }) => other)),
    ratio: median(rounds.map(({ plan, other }) => plan / other)),
  };
}

function planFor(upload: Upload, freePaths: number, maxNeedlessPurges?: number): Plan {
  const prices = { ...PLANNING.prices, freePaths };
  return planInvalidation({ ...PLANNING, ...upload, requestedPaths: [], prices, maxNeedlessPurges });
}

async function printMemory(print: Print, site: SiteSize): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'planner-memory-'));
  try {
    // Bundled, as the function that plans is deployed: for reading TypeScript alone Node takes
    // another 60 MiB.
    const program = join(folder, 'plan-once.mjs');
    const entry = join(import.meta.dirname, 'plan-once.ts');
    await build({ entryPoints: [entry], outfile: program, bundle: true, platform: 'node', format: 'esm' });
    const nothing: Upload = { name: 'nothing', what: '', changedKeys: [], siteKeys: [] };
    const rows: string[][] = [];
    for (const upload of [nothing, ...ALL_SHAPES.map(shape => largeUpload(shape, site))]) {
      const [changedFile, siteFile] = [join(folder, 'changed'), join(folder, 'site')];
      await writeFile(changedFile, pagesOf(upload.changedKeys));
      await writeFile(siteFile, pagesOf(upload.siteKeys));
      // A process of its own: the peak of one is not the peak of another.
      const { stdout } = await promisify(execFile)(process.execPath, [
        '--expose-gc',
        program,
        changedFile,
        siteFile,
      ]);
      rows.push([upload.name, ...stdout.split(' ').slice(0, 3)]);
    }
    printTable(print, ['keys', 'peak memory, MiB', 'before planning', 'heap grew by'], rows);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** As long as those of ListObjectsV2, each in a line. */
function pagesOf(keys: readonly string[]): string {
  return [...chunks(keys, 1000)].map(page => JSON.stringify(page)).join('\n');
}
