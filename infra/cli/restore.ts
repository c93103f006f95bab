import { parseArgs } from 'node:util';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { createBackupBucket } from '../../shared/aws/backup-bucket.ts';
import type { StudentItem } from '../../shared/backup/item-line.ts';
import { BackupKey, type Manifest } from '../../shared/backup/manifest.ts';
import {
  BackupRefusedError,
  type FinishedBackups,
  type Outcome,
  type RestoreTarget,
  restore,
  verify,
} from '../../shared/backup/restore.ts';

const USAGE = `Writes the students of a backup back into a table.

  npm run restore -- --from KEY [options]

  --from KEY       backup to restore, backups/….ndjson.gz; latest: the newest one
  --into TABLE     table to write to (the stack's own)
  --overwrite      students who differ get the backup's content; otherwise they are left alone, as conflicts
  --dry-run        only tell what would happen
  --json           tell it as JSON
  --stack NAME     stack whose backups are meant (StudentSite)
  --region REGION  where the stack is (us-east-1)
  --local          the local cloud, at http://127.0.0.1:4566
  --endpoint URL   another address than AWS's; with --local, the local cloud's
  --help           this text

The whole file is checked against its manifest before anything is written. Stopped halfway, it may be run again.
Without --local it talks to AWS with the credentials that the AWS CLI uses.`;

const LATEST = 'latest';
const LOCAL_ENDPOINT = 'http://127.0.0.1:4566';

/** A failure whose message is all that the user needs. */
class RestoreError extends Error {
  override readonly name = 'RestoreError';
}

/**
 * The command, without the process around it.
 *
 * @param print takes the lines of the report
 * @param complain takes the lines about what went wrong
 * @returns the exit code: 0, or 1 when the backup was refused or not wholly restored
 */
export async function main(
  args: readonly string[],
  print: (line: string) => void,
  complain: (line: string) => void,
): Promise<0 | 1> {
  try {
    const options = readOptions(args);
    if (options.help) print(USAGE);
    else await restoreBackup(options, print);
    return 0;
  } catch (error) {
    complain(explain(error));
    return 1;
  }
}

function readOptions(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        from: { type: 'string', default: '' },
        into: { type: 'string' },
        overwrite: { type: 'boolean', default: false },
        'dry-run': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        stack: { type: 'string', default: 'StudentSite' },
        region: { type: 'string', default: 'us-east-1' },
        local: { type: 'boolean', default: false },
        endpoint: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (!values.help && values.from !== LATEST && !BackupKey.safeParse(values.from).success) {
      throw new Error(
        'Which backup? --from takes its key, backups/<time>-<8 hex digits>.ndjson.gz, or latest',
      );
    }
    const endpoint = values.endpoint ?? (values.local ? LOCAL_ENDPOINT : undefined);
    if (endpoint !== undefined && !URL.canParse(endpoint)) throw new Error(`Not a URL: ${endpoint}`);
    return { ...values, endpoint };
  } catch (error) {
    throw new RestoreError(`${error instanceof Error ? error.message : error}\n\n${USAGE}`, { cause: error });
  }
}

type Options = ReturnType<typeof readOptions>;

async function restoreBackup(options: Options, print: (line: string) => void): Promise<void> {
  const client = {
    region: options.region,
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.local ? { credentials: { accessKeyId: 'local', secretAccessKey: 'local' } } : {}),
  };
  const output = await outputsOf(options.stack, new CloudFormationClient(client));
  const backups = createBackupBucket(output('BackupBucketName'), new S3Client(client));
  const into = options.into ?? output('StudentTableName');
  const manifest = await findBackup(options.from, backups);
  const content = await backups.open(manifest.key);
  if (content === undefined) throw new BackupRefusedError(`${manifest.key} has a manifest, but no file`);
  await verify(manifest, content);

  const figures: Figures = { inserted: 0, updated: 0, conflict: 0, unchanged: 0 };
  const onOutcome = (outcome: Outcome) => {
    figures[outcome]++;
  };
  const { overwrite, 'dry-run': dryRun } = options;
  try {
    const target = createTarget(into, new DynamoDBClient(client));
    await restore(content, target, { overwrite, dryRun, onOutcome });
  } finally {
    const report = { manifest, into, dryRun, figures };
    print(options.json ? JSON.stringify(report) : describe(report));
  }
}

async function outputsOf(stack: string, cloudFormation: CloudFormationClient) {
  const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName: stack }));
  const outputs = new Map(Stacks[0]?.Outputs?.map(output => [output.OutputKey, output.OutputValue]));
  return (name: string): string => {
    const value = outputs.get(name);
    if (value !== undefined) return value;
    throw new RestoreError(`The stack ${stack} has no output ${name}: is it the student site?`);
  };
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

const ADVICE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing answers there. Start the local cloud (npm start), or check --endpoint.',
  ENOTFOUND: 'There is no such host. Check --endpoint and --region.',
  CredentialsProviderError: 'Sign in as for the AWS CLI, or use --local for the local cloud.',
  ValidationError: 'Check --stack and --region.',
  Z_DATA_ERROR: 'The file is not compressed as a backup is. Nothing was written.',
  ResourceNotFoundException: 'Check --into: the table must exist, with the key studentid.',
};

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof RestoreError) return error.message;
  if (error instanceof BackupRefusedError) return `Refused, nothing was written. ${error.message}`;
  const code = 'code' in error ? String(error.code) : '';
  const advice = ADVICE[code] ?? ADVICE[error.name];
  return [`${error.name}: ${error.message || code}`, advice].filter(line => line !== undefined).join('\n');
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2), console.log, console.error);
