import { setTimeout as pause } from 'node:timers/promises';
import type { JournalEntry } from '../../infra/local/kernel/journal.ts';
import { type LocalCloud, startLocalCloud } from '../../infra/local/local-cloud.ts';
import { ASSEMBLY } from '../helpers/assembly.ts';
import { synthesise } from '../helpers/synthesise.ts';
import { measure, median } from './measure.ts';
import type { Print, Size } from './report.ts';

const SIZES = {
  whole: {
    samples: 15,
    /** The first ones start the functions' processes. */
    warmUp: 2,
  },
  smoke: { samples: 1, warmUp: 0 },
} as const;
/** `quietSeconds` of cdk.json's defaults. */
const QUIET_MS = 2000;

/**
 * How long one upload takes to reach CreateInvalidation, at real time scale: from S3's answer to
 * the uploader until the call has been answered. The baseline is a timer of the quiet period, which
 * no implementation of it can beat.
 */
export async function benchLoneUpload(print: Print, size: Size): Promise<void> {
  const { samples, warmUp } = SIZES[size];
  await synthesise();
  const cloud = await startLocalCloud({ assemblyDirectory: ASSEMBLY, deployWebsite: false });
  const uploads: number[] = [];
  const timers: number[] = [];
  try {
    for (let sample = 0; sample < samples + warmUp; sample++) {
      const [upload, timer] = await Promise.all([
        measure(() => uploadOne(cloud, sample)),
        measure(quietPeriod),
      ]);
      if (sample < warmUp) continue;
      uploads.push(upload);
      timers.push(timer);
    }
  } finally {
    await cloud.stop();
  }
  const [upload, timer] = [median(uploads), median(timers)];
  print('```');
  print(
    `upload → CreateInvalidation  median ${upload.toFixed(0)} ms, slowest ${Math.max(...uploads).toFixed(0)} ms`,
  );
  print(`quiet period alone           median ${timer.toFixed(0)} ms`);
  print(
    `ratio ${(upload / timer).toFixed(3)}; above the quiet period ${(upload - timer).toFixed(0)} ms (goal: 300)`,
  );
  print(`${samples} samples after ${warmUp} to warm up`);
  print('```');
}

const quietPeriod = () => pause(QUIET_MS);

async function uploadOne(cloud: LocalCloud, sample: number): Promise<void> {
  const { promise: created, resolve } = Promise.withResolvers<void>();
  const stop = cloud.journal.subscribe((entry: JournalEntry) => {
    if (entry.kind === 'call' && entry.action === 'CreateInvalidation') resolve();
  });
  await cloud.publish(`bench-${sample}.html`, Buffer.from(`sample ${sample}`));
  await created;
  stop();
}
