import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { BackupReport } from '../mail/mail.ts';
import { type StudentItem, toLine } from './item-line.ts';
import { Manifest } from './manifest.ts';

export interface StudentSource {
  readonly table: string;
  /** Every student once, in no order. Not a snapshot: what changes meanwhile is in it before or after its change. */
  pages(): AsyncIterable<readonly StudentItem[]>;
}

export interface BackupFiles {
  find(key: string): Promise<Manifest | undefined>;
  /** Stores the data file whole or not at all, never in place of another. */
  write(key: string, content: AsyncIterable<Uint8Array>): Promise<void>;
  publish(manifest: Manifest): Promise<void>;
  /** Takes both files away. */
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
  /** Gives up in time to clean up and to report. */
  readonly signal: AbortSignal;
}

/**
 * Backs up every student under `key` and reports by mail how it went. Safe to repeat: a backup that is finished is kept, and
 * reported under the same id in case its first report was lost.
 * @throws whatever prevented the backup, once it is reported; nothing is then left under the key
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
  const sha256 = createHash('sha256');
  let count = 0;
  let bytes = 0;

  async function* lines() {
    for await (const students of source.pages()) {
      signal.throwIfAborted();
      count += students.length;
      yield students.map(toLine).join('');
    }
  }

  async function* measured(content: AsyncIterable<Uint8Array>) {
    for await (const chunk of content) {
      sha256.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }

  await files.write(key, measured(gzip(lines())));
  const manifest = Manifest.parse({
    key,
    count,
    sha256: sha256.digest('hex'),
    bytes,
    startedAt,
    finishedAt: now().toISOString(),
    table: source.table,
  });
  try {
    await files.publish(manifest);
  } catch (error) {
    // If this fails too, a data file without manifest remains: no backup to any reader.
    await Promise.allSettled([files.discard(key)]);
    throw error;
  }
  return manifest;
}

/** Compresses with back-pressure. What fails in `text` fails in the reader; a reader that stops, stops `text`. */
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
