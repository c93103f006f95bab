import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { BackupReport } from './backup-report.ts';
import { type Content, gunzip } from './content.ts';
import { type StudentItem, toLine } from './item-line.ts';
import { Manifest } from './manifest.ts';

export interface StudentSource {
  readonly table: string;
  /**
   * Every student once, in no order. Not a snapshot: a student who changes meanwhile is in it as
   * before or as after the change.
   */
  pages(): AsyncIterable<readonly StudentItem[]>;
}

export interface BackupFiles {
  find(key: string): Promise<Manifest | undefined>;
  /**
   * Stores the data file whole or not at all, and never replaces one: false if there is one
   * already.
   */
  write(key: string, content: AsyncIterable<Uint8Array>): Promise<boolean>;
  /** The data file; undefined if there is none. */
  open(key: string): Promise<Content | undefined>;
  publish(manifest: Manifest): Promise<void>;
  /** Removes both files. */
  discard(key: string): Promise<void>;
}

export interface BackupReports {
  send(report: BackupReport): Promise<void>;
}

export interface BackupDependencies {
  readonly source: StudentSource;
  readonly files: BackupFiles;
  readonly reports: BackupReports;
  readonly now: () => Date;
  /** Aborts in time to clean up and report. */
  readonly signal: AbortSignal;
}

/**
 * Backs up every student under `key` and mails how it went. Safe to repeat: a finished backup is
 * kept, one that was stopped before it had a manifest gets one, and the report keeps its id in case
 * the first was lost.
 * @throws whatever prevented the backup, once that is reported; nothing is then left under the key
 */
export async function backup(key: string, dependencies: BackupDependencies): Promise<Manifest> {
  const { files, reports, now } = dependencies;
  const startedAt = now().toISOString();
  let manifest: Manifest;
  try {
    manifest = (await files.find(key)) ?? (await make(key, startedAt, dependencies));
  } catch (error) {
    await reportFailure(error, { key, startedAt, finishedAt: now().toISOString() }, reports);
    throw error;
  }
  await reports.send(reportOf(manifest));
  return manifest;
}

async function make(
  key: string,
  startedAt: string,
  { source, files, now, signal }: BackupDependencies,
): Promise<Manifest> {
  let count = 0;

  async function* lines() {
    for await (const students of source.pages()) {
      signal.throwIfAborted();
      count += students.length;
      yield students.map(toLine).join('');
    }
  }

  const measured = measure(gzip(lines()));
  const isNew = await files.write(key, measured.content);
  const manifest = Manifest.parse({
    key,
    ...(isNew ? { count, ...measured.result() } : await describe(key, files)),
    startedAt,
    finishedAt: now().toISOString(),
    table: source.table,
  });
  try {
    await files.publish(manifest);
  } catch (error) {
    // If this fails, too, a data file without a manifest remains, which no reader takes for a
    // backup. Another run's file is left alone.
    if (isNew) await Promise.allSettled([files.discard(key)]);
    throw error;
  }
  return manifest;
}

/**
 * A data file without a manifest is whole: the run that stored it was stopped right after, or is
 * about to write the same manifest.
 */
async function describe(key: string, files: BackupFiles) {
  const content = await files.open(key);
  if (content === undefined) throw new Error(`The data file of ${key} is gone`);
  const measured = measure(content());
  let count = 0;
  for await (const chunk of gunzip(measured.content)) for (const byte of chunk) if (byte === NEWLINE) count++;
  return { count, ...measured.result() };
}

const NEWLINE = 0x0a;

/** Passes content on, and knows its hash and size at the end. */
function measure(content: AsyncIterable<Uint8Array>) {
  const sha256 = createHash('sha256');
  let bytes = 0;
  async function* passOn() {
    for await (const chunk of content) {
      sha256.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  return { content: passOn(), result: () => ({ sha256: sha256.digest('hex'), bytes }) };
}

/**
 * Compresses with back-pressure. An error in `text` reaches the reader, and a reader that stops
 * also stops `text`.
 */
function gzip(text: AsyncIterable<string>): AsyncIterable<Uint8Array> {
  return pipeline(Readable.from(text, { highWaterMark: 1 }), createGzip(), () => undefined);
}

function reportOf({ table: _, ...manifest }: Manifest): BackupReport {
  return { type: 'backup-report', id: `${manifest.key}-done`, outcome: 'done', ...manifest };
}

async function reportFailure(
  error: unknown,
  backup: Pick<BackupReport, 'key' | 'startedAt' | 'finishedAt'>,
  reports: BackupReports,
): Promise<void> {
  const failure = (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, 1000);
  try {
    await reports.send({
      type: 'backup-report',
      id: `${backup.key}-failed`,
      outcome: 'failed',
      failure,
      ...backup,
    });
  } catch (unsent) {
    throw new AggregateError([error, unsent], `The backup failed, and so did its report: ${failure}`);
  }
}
