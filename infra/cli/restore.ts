import { parseArgs } from 'node:util';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { createBackupBucket } from '../../shared/school/aws/backup-bucket.ts';
import type { Content } from '../../shared/school/backup/content.ts';
import type { StudentItem } from '../../shared/school/backup/item-line.ts';
import { BackupKey, type Manifest } from '../../shared/school/backup/manifest.ts';
import {
  BackupRefusedError,
  type FinishedBackups,
  type Outcome,
  type RestoreTarget,
  restore,
  verify,
} from '../../shared/school/backup/restore.ts';
import { CommandError, STACK_OPTIONS, STACK_USAGE, type Stack, stackCommand } from './stack-command.ts';

const USAGE = `Writes the students of a backup back into a table.

  npm run restore -- --from KEY [options]

  --from KEY       backup to restore, backups/….ndjson.gz; latest: the newest one
  --into TABLE     table to write to (the stack's own)
  --overwrite      students who differ get the backup's content; otherwise they are left alone, as conflicts
  --dry-run        only tell what would happen
  --json           tell it as JSON
${STACK_USAGE}

The whole file is checked against its manifest before anything is written. Stopped halfway, it may be run again.
Without --local it talks to AWS with the credentials that the AWS CLI uses.`;

const LATEST = 'latest';

const ADVICE: Readonly<Record<string, string>> = {
  Z_DATA_ERROR: 'The file is not compressed as a backup is. Nothing was written.',
  ResourceNotFoundException: 'Check --into: the table must exist, with the key studentid.',
};

/** `npm run restore` */
export const main = stackCommand({ usage: USAGE, readOptions, perform: restoreBackup, advice: ADVICE });

function readOptions(args: readonly string[]) {
  const options = {
    ...STACK_OPTIONS,
    from: { type: 'string', default: '' },
    into: { type: 'string' },
    overwrite: { type: 'boolean', default: false },
    'dry-run': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  } as const;
  const { values } = parseArgs({ args: [...args], options });
  if (values.help || values.from === LATEST || BackupKey.safeParse(values.from).success) return values;
  throw new Error('Which backup? --from takes its key, backups/<time>-<8 hex digits>.ndjson.gz, or latest');
}

type Options = ReturnType<typeof readOptions>;

async function restoreBackup(options: Options, stack: Stack, print: (line: string) => void): Promise<void> {
  try {
    const backup = await openBackup(options.from, stack);
    const table = options.into ?? (await stack.output('StudentTableName'));
    await restoreInto(table, backup, options, stack, print);
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
async function openBackup(from: string, stack: Stack): Promise<Backup> {
  const backups = createBackupBucket(await stack.output('BackupBucketName'), new S3Client(stack.client));
  const manifest = await findBackup(from, backups);
  const content = await backups.open(manifest.key);
  if (content === undefined) throw new BackupRefusedError(`${manifest.key} has a manifest, but no file`);
  await verify(manifest, content);
  return { manifest, content };
}

async function restoreInto(
  into: string,
  { manifest, content }: Backup,
  { overwrite, 'dry-run': dryRun, json }: Options,
  stack: Stack,
  print: (line: string) => void,
): Promise<void> {
  const figures: Figures = { inserted: 0, updated: 0, conflict: 0, unchanged: 0 };
  const onOutcome = (outcome: Outcome) => {
    figures[outcome]++;
  };
  try {
    const target = createTarget(into, new DynamoDBClient({ ...stack.client, ...PATIENT }));
    await restore(content, target, { overwrite, dryRun, onOutcome });
  } finally {
    const report = { manifest, into, dryRun, figures };
    print(json ? JSON.stringify(report) : describe(report));
  }
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

/** All students share one partition of their index, which takes 1,000 writes a second: a restore waits for it. */
const PATIENT = { maxAttempts: 12, retryMode: 'adaptive' } as const;

function createTarget(TableName: string, client: DynamoDBClient): RestoreTarget {
  const put = async (input: Omit<PutItemCommandInput, 'TableName'>) => {
    try {
      await client.send(new PutItemCommand({ TableName, ...input }));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  };
  return {
    async get(studentid) {
      const Key = { studentid: { S: studentid } };
      const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
      // An item found by its key has that key.
      return Item as StudentItem | undefined;
    },
    insert: Item => put({ Item, ConditionExpression: 'attribute_not_exists(studentid)' }),
    replace: (seen, Item) => put({ Item, ...isStill(seen, Item) }),
  };
}

/** Holds while each attribute of either item is as it was seen. */
function isStill(seen: StudentItem, item: StudentItem) {
  const names = [...new Set([...Object.keys(seen), ...Object.keys(item)])];
  const values: [string, AttributeValue][] = [];
  const conditions = names.map((name, index) => {
    const value = seen[name];
    if (value === undefined) return `attribute_not_exists(#${index})`;
    values.push([`:${index}`, value]);
    return `#${index} = :${index}`;
  });
  return {
    ConditionExpression: conditions.join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(names.map((name, index) => [`#${index}`, name])),
    ExpressionAttributeValues: Object.fromEntries(values),
  };
}

type Figures = Record<Outcome, number>;

interface Report {
  readonly manifest: Manifest;
  readonly into: string;
  readonly dryRun: boolean;
  readonly figures: Figures;
}

function describe({ manifest, into, dryRun, figures }: Report): string {
  const rows: [string, number][] = [
    ['Inserted', figures.inserted],
    ['Updated', figures.updated],
    ['Conflicts, left alone', figures.conflict],
    ['Unchanged', figures.unchanged],
  ];
  const done = rows.reduce((sum, [, count]) => sum + count, 0);
  return [
    `${manifest.key}: ${manifest.count} students of ${manifest.table}, ${manifest.startedAt}; SHA-256 and count are right`,
    `${dryRun ? 'Would be restored' : 'Restored'} into ${into}:`,
    ...[...rows, ['Of the backup', done] as const].map(
      ([name, count]) => `  ${name.padEnd(22)}${String(count).padStart(10)}`,
    ),
  ].join('\n');
}
