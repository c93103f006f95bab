import { createHash } from 'node:crypto';
import { type Content, gunzip } from './content.ts';
import { type StudentItem, toLine } from './item-line.ts';
import type { Manifest } from './manifest.ts';
import { fromLine } from './read-line.ts';

export interface FinishedBackups {
  find(key: string): Promise<Manifest | undefined>;
  /** Newest first. */
  list(): Promise<Manifest[]>;
  /** The data file as it is now: reading fails once it is replaced. Undefined if there is none. */
  open(key: string): Promise<Content | undefined>;
}

export interface RestoreTarget {
  get(studentid: string): Promise<StudentItem | undefined>;
  /** @returns false if there is a student with that id */
  insert(item: StudentItem): Promise<boolean>;
  /** @returns false if the student is no longer as `seen` */
  replace(seen: StudentItem, item: StudentItem): Promise<boolean>;
}

/** What happens to one student. A `conflict` is one who differs and is left alone. */
export type Outcome = 'inserted' | 'updated' | 'conflict' | 'unchanged';

export interface RestoreOptions {
  /** Students who differ get the backup's content instead of being left alone. */
  readonly overwrite: boolean;
  /** Writes nothing, and reports the same. */
  readonly dryRun: boolean;
  readonly onOutcome: (outcome: Outcome, item: StudentItem) => void;
}

/** A backup that must not be restored. */
export class BackupRefusedError extends Error {
  override readonly name = 'BackupRefused';
}

/** Concurrent writes. More gain nothing: DynamoDB answers in milliseconds. */
const CONCURRENCY = 16;

/**
 * Reads the whole file and writes nothing: checks its bytes against the checksum first, and only
 * then its content.
 * @throws BackupRefusedError if it is not what its manifest says
 */
export async function verify(manifest: Manifest, content: Content): Promise<void> {
  const sha256 = createHash('sha256');
  let bytes = 0;
  for await (const chunk of content()) {
    sha256.update(chunk);
    bytes += chunk.length;
  }
  refuseUnlessEqual('size in bytes', bytes, manifest.bytes);
  refuseUnlessEqual('SHA-256', sha256.digest('hex'), manifest.sha256);
  let count = 0;
  for await (const _ of itemsIn(content())) count++;
  refuseUnlessEqual('number of students', count, manifest.count);
}

/**
 * Writes a verified backup's students. Never overwrites a change that it has not seen. If repeated,
 * it continues where it was stopped.
 */
export async function restore(
  content: Content,
  target: RestoreTarget,
  { onOutcome, ...options }: RestoreOptions,
): Promise<void> {
  const items = itemsIn(content());
  const work = async () => {
    for await (const item of items) {
      onOutcome(await restoreStudent(item, target, options), item);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}

async function restoreStudent(
  item: StudentItem,
  target: RestoreTarget,
  { overwrite, dryRun }: Pick<RestoreOptions, 'overwrite' | 'dryRun'>,
): Promise<Outcome> {
  if (!dryRun && (await target.insert(item))) return 'inserted';
  const current = await target.get(item.studentid.S);
  // Outside a dry run it was there a moment ago, so somebody has just deleted it on purpose.
  if (current === undefined) return dryRun ? 'inserted' : 'conflict';
  if (toLine(current) === toLine(item)) return 'unchanged';
  if (!overwrite) return 'conflict';
  return dryRun || (await target.replace(current, item)) ? 'updated' : 'conflict';
}

function refuseUnlessEqual(what: string, found: string | number, expected: string | number): void {
  if (found === expected) return;
  throw new BackupRefusedError(
    `The file is not what its manifest says: its ${what} is ${found}, not ${expected}`,
  );
}

async function* itemsIn(compressed: AsyncIterable<Uint8Array>): AsyncGenerator<StudentItem> {
  let number = 0;
  for await (const line of linesIn(gunzip(compressed))) yield parse(line, ++number);
}

/** @throws BackupRefusedError naming the line that is not a student */
function parse(line: string, number: number): StudentItem {
  try {
    return fromLine(line);
  } catch (cause) {
    throw new BackupRefusedError(`Line ${number} is not a student`, { cause });
  }
}

/** Unlike node:readline, does not break lines at U+2028, which a name may contain. */
async function* linesIn(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
