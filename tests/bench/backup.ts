import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, promisify } from 'node:util';
import { PART_BYTES } from '../../shared/school/aws/multipart-upload.ts';
import { createStudentScan } from '../../shared/school/aws/student-scan.ts';
import { type BackupFiles, backup } from '../../shared/school/backup/backup.ts';
import type { StudentItem } from '../../shared/school/backup/item-line.ts';
import { backupKeyOf } from '../../shared/school/backup/manifest.ts';
import { merge } from '../../shared/school/backup/merge.ts';
import { partsOf } from '../../shared/school/backup/parts.ts';
import { manyStudents, startSchool, student, TABLE } from '../helpers/student-records.ts';
import { measure, median, peakMemory } from './measure.ts';
import type { Print, Size } from './report.ts';

const SIZES = {
  whole: {
    students: 10_000,
    samples: 7,
    /** The first ones compile the code and fill the emulator's caches. */
    warmUp: 2,
    roundTrip: 100_000,
    /** None: what Node and the program's code take by themselves. */
    memoryAt: [0, 10_000, 1_000_000],
  },
  smoke: { students: 50, samples: 1, warmUp: 0, roundTrip: 50, memoryAt: [0, 100] },
} as const;

/** As many writes in flight as a restore has. */
const IN_FLIGHT = 16;

const SEGMENTS = 4;
/** Students of this size fill DynamoDB's page of 1 MB. */
const PAGE_STUDENTS = 5000;
/**
 * Left alone, V8 lets garbage grow before it collects; limited, the peak is what the backup needs.
 */
const HEAP_LIMIT_MIB = 96;

/**
 * How fast a backup is beside a parallel scan that only counts, and how much memory it takes as the
 * table grows; whether many students come back as they were, and how fast beside bare writes.
 */
export async function benchBackup(print: Print, size: Size): Promise<void> {
  print('```');
  await benchThroughput(print, SIZES[size]);
  await benchMemory(print, SIZES[size]);
  await benchRoundTrip(print, SIZES[size]);
  print('```');
}

type Sizes = (typeof SIZES)[Size];

async function benchThroughput(print: Print, { students, samples, warmUp }: Sizes): Promise<void> {
  const school = await startSchool();
  const scans: number[] = [];
  const backups: number[] = [];
  try {
    await school.enrol(manyStudents(students));
    for (let sample = 0; sample < samples + warmUp; sample++) {
      const scan = await measure(async () => {
        for await (const _ of createStudentScan(TABLE, school.dynamoDb).pages());
      });
      const id = String(sample).padStart(8, '0');
      const made = await measure(() => school.backUp(backupKeyOf(new Date(), id)));
      if (sample < warmUp) continue;
      scans.push(scan);
      backups.push(made);
    }
  } finally {
    await school.stop();
  }
  const [scan, made] = [median(scans), median(backups)];
  const rate = (milliseconds: number) => `${Math.round((students / milliseconds) * 1000)} students/s`;
  print(`backup              median ${made.toFixed(0)} ms, ${rate(made)}`);
  print(`bare parallel scan  median ${scan.toFixed(0)} ms, ${rate(scan)}`);
  print(`throughput ratio ${(scan / made).toFixed(3)}`);
  print(
    `${students} students, ${SEGMENTS} segments, ${samples} samples after ${warmUp} to warm up; the emulators share the process\n`,
  );
}

async function benchMemory(print: Print, { memoryAt }: Sizes): Promise<void> {
  for (const count of memoryAt) {
    // A process of its own: the peak of one is not the peak of another.
    const { stdout } = await promisify(execFile)(process.execPath, [
      `--max-old-space-size=${HEAP_LIMIT_MIB}`,
      fileURLToPath(import.meta.url),
      String(count),
    ]);
    print(stdout.trimEnd());
  }
  print(
    `students made up as they are read, parts counted instead of uploaded; V8's heap limited to ${HEAP_LIMIT_MIB} MiB`,
  );
}

/** @throws Error when what was restored is not what was backed up */
async function benchRoundTrip(print: Print, { roundTrip }: Sizes): Promise<void> {
  const school = await startSchool();
  const key = backupKeyOf(new Date(), '00000000');
  const students = manyStudents(roundTrip);
  try {
    await school.enrol(students);
    await school.backUp(key);
    await school.createTable('restored');
    await school.createTable('written');
    const restored = await measure(async () => {
      const { exitCode, complaint } = await school.restore('--from', key, '--into', 'restored');
      if (exitCode !== 0) throw new Error(complaint);
    });
    const written = await measure(() => {
      const remaining = students.values();
      const write = async () => {
        for (const item of remaining) await school.put(item, 'written');
      };
      return Promise.all(Array.from({ length: IN_FLIGHT }, write));
    });
    const [before, after] = [await school.linesOf(TABLE), await school.linesOf('restored')];
    if (!isDeepStrictEqual(before, after)) throw new Error('The restored table is not the one backed up');
    print(
      `\n${after.length} students backed up and restored into an empty table: equal, item by item; restored at ${(written / restored).toFixed(3)} of the rate of bare writes`,
    );
  } finally {
    await school.stop();
  }
}

/** Backs up made-up students into nothing, and prints the most memory that took. */
async function printPeakMemory(count: number): Promise<void> {
  let heap = 0;
  async function* segment(share: number) {
    for (let start = 0; start < share; start += PAGE_STUDENTS) {
      const page: StudentItem[] = [];
      const end = Math.min(start + PAGE_STUDENTS, share);
      for (let index = start; index < end; index++) page.push(student(`SV${index}`));
      heap = Math.max(heap, process.memoryUsage().heapUsed);
      yield page;
    }
  }
  let parts = 0;
  const files: BackupFiles = {
    find: async () => undefined,
    async write(_, content) {
      for await (const _ of partsOf(content, PART_BYTES)) parts++;
      return true;
    },
    open: async () => undefined,
    publish: async () => undefined,
    discard: async () => undefined,
  };
  const start = performance.now();
  const manifest = await backup(backupKeyOf(new Date(), '00000000'), {
    source: {
      table: TABLE,
      pages: () => merge(Array.from({ length: SEGMENTS }, () => segment(count / SEGMENTS))),
    },
    files,
    reports: { send: async () => undefined },
    now: () => new Date(),
    signal: new AbortController().signal,
  });
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `${String(manifest.count).padStart(9)} students  peak memory ${mebi(peakMemory() * 2 ** 20)}, heap ${mebi(heap)}; file ${mebi(manifest.bytes)} in ${parts} parts, ${seconds.toFixed(1)} s`,
  );
}

const mebi = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0).padStart(3)} MiB`;

if (import.meta.main) await printPeakMemory(Number(process.argv[2]));
