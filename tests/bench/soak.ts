import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { QUEUE_OUTPUTS } from '../../infra/cli/aws/queues.ts';
import { chunks } from '../../shared/aws/batches.ts';
import { mapConcurrently } from '../../shared/concurrently.ts';
import { measure } from './measure.ts';
import { type Print, printTable, type Size } from './report.ts';
import { type RunningSite, runningSite } from './running-site.ts';
import type { Host, Memory, Side } from './soak-host.ts';

const SIZES = {
  whole: {
    uploads: 100_000,
    minutes: 20,
    /** After each the memory is measured, once every refresh has ended. */
    deploys: 40,
    /** The soak waits for quiet periods and invalidations, not for what they cost. */
    timeScale: 0.5,
  },
  smoke: { uploads: 12, minutes: 5, deploys: 3, timeScale: 0.05 },
} as const;
/** Of the site; each is uploaded again and again, with another content each time. */
const KEYS = 200;
const PARALLEL_UPLOADS = 32;
/**
 * Uploads in a row; before the next one the uploader waits while more changes than these wait to be
 * collected.
 */
const BURST = 500;
const MOST_WAITING = 1500;
/** Until here caches, pools and compiled code grow to their size. */
const WARM_UP_SHARE = 0.4;
const POLL_MS = 100;

/**
 * Uploads without end: whether the local cloud's memory stays flat, whether anything is lost, and
 * how fast it is beside its emulators of buckets and queues alone, which get the same uploads in
 * turns with it.
 *
 * @param limits how many uploads in all, and after how many minutes it ends early
 * @throws Error naming what was lost
 */
export async function benchSoak(print: Print, size: Size, limits: SoakLimits = {}): Promise<void> {
  const { deploys, timeScale, ...defaults } = SIZES[size];
  const { uploads, minutes } = { ...defaults, ...limits };
  const end = performance.now() + minutes * 60_000;
  await withHost('emulators', timeScale, async emulators => {
    await withHost('cloud', timeScale, async cloud => {
      const [alone, site] = [runningSite(emulators.host), runningSite(cloud.host)];
      const samples: Sample[] = [];
      const milliseconds = { alone: 0, site: 0 };
      let done = 0;
      while (done < uploads && performance.now() < end) {
        const until = Math.min(uploads, done + Math.ceil(uploads / deploys));
        const numbers = Array.from({ length: until - done }, (_, index) => done + index);
        milliseconds.alone += await measure(async () => {
          await upload(alone, numbers);
          // The answer to an upload does not wait for its event.
          while ((await alone.waitingIn(emulators.host.outputs['SiteChangesQueueUrl'])) < until)
            await pause(POLL_MS);
        });
        milliseconds.site += await measure(async () => {
          await upload(site, numbers, async () => {
            while ((await site.waitingIn(cloud.host.outputs['SiteChangesQueueUrl'])) > MOST_WAITING)
              await pause(POLL_MS);
          });
          await site.settled();
        });
        done = until;
        samples.push({ uploads: done, ...(await cloud.memory()) });
      }
      const verdict = await requireNothingLost(cloud.host, site, done);
      printMemory(print, samples);
      const rate = (time: number) => `${((done / time) * 1000).toFixed(0)} uploads/s`;
      print('```');
      print(`until verified at the edge  ${rate(milliseconds.site)}`);
      print(`buckets and queues alone    ${rate(milliseconds.alone)}`);
      print(`throughput ratio ${(milliseconds.alone / milliseconds.site).toFixed(3)}`);
      print(`${done} uploads of ${KEYS} keys: ${verdict}`);
      print('```');
    });
  });
}

export interface SoakLimits {
  readonly uploads?: number;
  readonly minutes?: number;
}

interface Sample extends Memory {
  readonly uploads: number;
}

async function withHost<T>(
  side: Side,
  timeScale: number,
  work: (side: { readonly host: Host; readonly memory: () => Promise<Memory> }) => Promise<T>,
): Promise<T> {
  const child = fork(join(import.meta.dirname, 'soak-host.ts'), [side, String(timeScale)], {
    execArgv: ['--expose-gc'],
  });
  const answer = async () => (await once(child, 'message'))[0];
  try {
    const host = (await answer()) as Host;
    const memory = async () => {
      child.send('memory');
      return (await answer()) as Memory;
    };
    return await work({ host, memory });
  } finally {
    const ended = once(child, 'exit');
    child.send('stop');
    await ended;
  }
}

/** @throws Error naming the upload that was lost, or the queue that is not empty */
async function requireNothingLost(
  { siteUrl, outputs }: Host,
  site: RunningSite,
  uploads: number,
): Promise<string> {
  const states = new Map<string, string>();
  const changes: { readonly refresh: string; readonly eTag: string }[] = [];
  for await (const { pk, sk, state, eTag } of site.refreshItems()) {
    if (sk === 'refresh') states.set(pk, state);
    if (sk.startsWith('change#')) changes.push({ refresh: pk, eTag });
  }
  const fresh = changes.filter(({ refresh }) => states.get(refresh) === 'fresh');
  const eTags = new Set(fresh.map(({ eTag }) => eTag));
  for (let number = 0; number < uploads; number++) {
    const eTag = createHash('md5').update(contentOf(number)).digest('hex');
    if (!eTags.has(eTag)) throw new Error(`Upload ${number} is in no refresh that ended fresh`);
  }
  for (let number = Math.max(0, uploads - KEYS); number < uploads; number++) {
    const seen = await (await fetch(`${siteUrl}/${keyOf(number)}`)).text();
    if (seen !== contentOf(number)) throw new Error(`The edge does not serve upload ${number}`);
  }
  for (const queue of QUEUE_OUTPUTS) {
    const left = await site.waitingIn(outputs[queue.replace(/QueueUrl$/, 'DeadLetterQueueUrl')]);
    if (left > 0) throw new Error(`There are ${left} dead letters of ${queue}`);
  }
  return `each in one of ${states.size} refreshes that ended fresh, every key served as uploaded last, no dead letters`;
}

const keyOf = (number: number) => `pages/${(number % KEYS) % 20}/${number % KEYS}.html`;
const contentOf = (number: number) => `<p>Upload ${number}</p>\n`.repeat(40);

/** @param room resolves when there is room for another burst */
async function upload(
  site: RunningSite,
  numbers: readonly number[],
  room: () => Promise<void> = async () => undefined,
): Promise<void> {
  for (const burst of chunks(numbers, BURST)) {
    await room();
    await mapConcurrently(burst, PARALLEL_UPLOADS, number => site.put(keyOf(number), contentOf(number)));
  }
}

function printMemory(print: Print, samples: readonly Sample[]): void {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const columns: readonly (readonly [string, (sample: Sample) => number])[] = [
    ['heap MiB', ({ heap }) => heap],
    ['outside heap MiB', ({ external }) => external],
    ['resident MiB', ({ resident }) => resident],
    ['functions MiB', ({ functions }) => sum(functions)],
  ];
  const steady = samples.slice(Math.round(samples.length * WARM_UP_SHARE));
  printTable(
    print,
    ['uploads', ...columns.map(([name]) => name), 'processes'],
    [
      ...samples.map(sample => [
        String(sample.uploads),
        ...columns.map(([, of]) => of(sample).toFixed(1)),
        String(sample.functions.length),
      ]),
      ['per 100,000', ...columns.map(([, of]) => (100_000 * slope(steady, of)).toFixed(1)), ''],
    ],
  );
}

/** By least squares, per upload. */
function slope(samples: readonly Sample[], of: (sample: Sample) => number): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(samples.map(({ uploads }) => uploads)), mean(samples.map(of))];
  const covariance = mean(samples.map(sample => (sample.uploads - x) * (of(sample) - y)));
  return covariance / mean(samples.map(({ uploads }) => (uploads - x) ** 2));
}
