import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { type Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { createBackupBucket } from '../../../shared/school/aws/backup-bucket.ts';
import { createRestoreTarget } from '../../../shared/school/aws/restore-target.ts';
import type { Content } from '../../../shared/school/backup/content.ts';
import type { StudentItem } from '../../../shared/school/backup/item-line.ts';
import { BackupKey, type Manifest } from '../../../shared/school/backup/manifest.ts';
import {
  BackupRefusedError,
  type FinishedBackups,
  type Outcome,
  restore,
  verify,
} from '../../../shared/school/backup/restore.ts';
import type { Stack } from '../aws/stack.ts';
import { CommandError, EXIT } from '../command.ts';
import { type Advice, addStackOptions, onStack } from '../stack-options.ts';
import { tableOf } from '../terminal/table.ts';
import type { Page, Terminal } from '../terminal/terminal.ts';
import { counted, grouped } from '../terminal/words.ts';

const LATEST = 'latest';

const ADVICE: Advice = {
  Z_DATA_ERROR: 'The file is not compressed as a backup is. Nothing was written.',
  ResourceNotFoundException: 'Check --into: the table must exist, with the key studentid.',
};

const MORE_HELP = `
The whole file is checked against its manifest before anything is written.
A restore that was interrupted may be run again.
Exit codes: 0, all are as in the backup; 1, it failed; 2, the arguments are wrong; 5, students who differ were left alone, and are named.`;

export function define(command: Command, terminal: Terminal): void {
  const options = command
    .description('Writes the students of a backup back into a table.')
    .usage('--from <key> [options]')
    .requiredOption(
      '--from <key>',
      'backup to restore, backups/….ndjson.gz; latest: the newest one',
      backupKey,
    )
    .option('--into <table>', "table to write to (default: the stack's own)")
    .option('--overwrite', 'restore students who differ, too; without it, they are left alone as conflicts')
    .option('--dry-run', 'only show what would happen')
    .option('--json', 'print the report as JSON');
  addStackOptions(options)
    .addHelpText('after', MORE_HELP)
    .action(options => onStack(options, stack => restoreBackup(options, stack, terminal), ADVICE));
}

function backupKey(value: string): string {
  if (value === LATEST || BackupKey.safeParse(value).success) return value;
  throw new InvalidArgumentError(
    'It must be the key of a backup, backups/<time>-<8 hex digits>.ndjson.gz, or latest.',
  );
}

interface Options {
  readonly from: string;
  readonly into?: string | undefined;
  readonly overwrite?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  readonly json?: boolean | undefined;
}

async function restoreBackup(options: Options, stack: Stack, terminal: Terminal): Promise<void> {
  try {
    const backup = await openBackup(options.from, stack, terminal);
    const table = options.into ?? (await stack.output('StudentTableName'));
    await restoreInto(table, backup, options, stack, terminal);
  } catch (error) {
    if (!(error instanceof BackupRefusedError)) throw error;
    throw new CommandError(`Refused, nothing was written. ${error.message}`, { cause: error });
  }
}

interface Backup {
  readonly manifest: Manifest;
  readonly content: Content;
}

/** @throws BackupRefusedError when the file is not what its manifest says */
async function openBackup(from: string, stack: Stack, { progress }: Terminal): Promise<Backup> {
  const backups = createBackupBucket(await stack.output('BackupBucketName'), new S3Client(stack.client));
  const manifest = await findBackup(from, backups);
  const content = await backups.open(manifest.key);
  if (content === undefined) throw new BackupRefusedError(`${manifest.key} has a manifest, but no file`);
  progress.update(() => `Checking ${manifest.key}`);
  await verify(manifest, content);
  return { manifest, content };
}

async function restoreInto(
  into: string,
  { manifest, content }: Backup,
  { overwrite = false, dryRun = false, json }: Options,
  stack: Stack,
  { page, print, progress }: Terminal,
): Promise<void> {
  const figures: Figures = { inserted: 0, updated: 0, conflict: 0, unchanged: 0 };
  const conflicts: string[] = [];
  const incomplete: string[] = [];
  const onOutcome = (outcome: Outcome, item: StudentItem) => {
    figures[outcome]++;
    if (outcome === 'conflict') conflicts.push(item.studentid.S);
    if (MEMBERS.some(name => !(name in item))) incomplete.push(item.studentid.S);
    progress.update(() => `${into}: ${grouped(doneOf(figures))} of ${counted(manifest.count, 'student')}`);
  };
  try {
    const target = createRestoreTarget(into, new DynamoDBClient({ ...stack.client, ...PATIENT }));
    await restore(content, target, { overwrite, dryRun, onOutcome });
  } finally {
    const lists = { conflicts: conflicts.sort(byText), incomplete: incomplete.sort(byText) };
    const report = { manifest, into, dryRun, figures, ...lists };
    print(json ? JSON.stringify(report) : describe(report, page));
  }
  if (conflicts.length === 0) return;
  throw new CommandError(
    `${dryRun ? 'Would be left alone' : 'Left alone'}, because they differ: ${named(conflicts)}. With --overwrite they become as in the backup.`,
    { exitCode: EXIT.leftAlone },
  );
}

/** What the API writes of a student. Other programs may have left some of it out. */
const MEMBERS = ['name', 'class', 'birthdate', 'email', 'version', 'createdAt', 'updatedAt'];

const byText = (a: string, b: string) => (a < b ? -1 : 1);

/** More would hide the rest of the report. --json has all. */
const MOST_NAMED = 50;

function named(ids: readonly string[]): string {
  const rest = ids.length - MOST_NAMED;
  return [...ids.slice(0, MOST_NAMED), ...(rest > 0 ? [`and ${grouped(rest)} more`] : [])].join(', ');
}

async function findBackup(from: string, backups: FinishedBackups): Promise<Manifest> {
  if (from !== LATEST) {
    const manifest = await backups.find(from);
    if (manifest !== undefined) return manifest;
  }
  const [newest] = await backups.list();
  if (newest === undefined) throw new BackupRefusedError('There is no finished backup in the bucket');
  if (from === LATEST) return newest;
  throw new BackupRefusedError(
    `${from} has no manifest, so it is no finished backup. The newest one is ${newest.key}`,
  );
}

/** All students share one partition of their index. It takes 1,000 writes a second, so wait. */
const PATIENT = { maxAttempts: 12, retryMode: 'adaptive' } as const;

type Figures = Record<Outcome, number>;

const doneOf = ({ inserted, updated, conflict, unchanged }: Figures) =>
  inserted + updated + conflict + unchanged;

interface Report {
  readonly manifest: Manifest;
  readonly into: string;
  readonly dryRun: boolean;
  readonly figures: Figures;
  /** Ids of the students who were left alone. */
  readonly conflicts: readonly string[];
  /** Ids of the students whose records lack something. */
  readonly incomplete: readonly string[];
}

function describe({ manifest, into, dryRun, figures, incomplete }: Report, page: Page): string {
  const rows = [
    ['Inserted', figures.inserted],
    ['Updated', figures.updated],
    ['Conflicts, left alone', figures.conflict],
    ['Unchanged', figures.unchanged],
    ['Of the backup', doneOf(figures)],
  ] as const;
  return [
    `${manifest.key}: ${counted(manifest.count, 'student')} of ${manifest.table}, ${manifest.startedAt}; SHA-256 and count are right`,
    ...tableOf(
      [
        { title: `${dryRun ? 'Would be restored' : 'Restored'} into ${into}` },
        { title: 'Students', align: 'right' },
      ],
      rows.map(([name, count]) => [name, grouped(count)]),
      page,
    ),
    ...(incomplete.length === 0
      ? []
      : [`Incomplete in the backup: ${named(incomplete)}. Whoever changes them on the page repairs them.`]),
  ].join('\n');
}
