import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { main } from '../../infra/cli/main.ts';
import type { StudentItem } from '../../shared/school/backup/item-line.ts';
import { runCommand } from './run-command.ts';
import { startStudentApi } from './student-api.ts';
import { enrol, linesOf } from './student-records.ts';

const COMMAND = fileURLToPath(new URL('../../infra/cli/main.ts', import.meta.url));

/** Subject of the mail about a backup, done or failed. */
const REPORT = /^Backup: |backed up/;

export const FINISHED = {
  key: expect.stringMatching(/^backups\/\d{8}T\d{6}Z-[\da-f]{8}\.ndjson\.gz$/),
  sha256: expect.stringMatching(/^[\da-f]{64}$/),
};

export type BackedUpSchool = Awaited<ReturnType<typeof startBackedUpSchool>>;

/**
 * The whole system with these students in it, and what tests do with its backups. Stop it at the
 * end.
 */
export async function startBackedUpSchool(students: readonly StudentItem[], timeScale: number) {
  const api = await startStudentApi({ timeScale });
  const dynamoDb = new DynamoDBClient({
    endpoint: api.cloud.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'acceptance-test', secretAccessKey: 'none' },
  });
  await enrol(students, api.output('StudentTableName'), dynamoDb);

  /** The next mail about a backup. */
  const report = () =>
    api.next(entry => entry.kind === 'mail' && REPORT.test(entry.subject), 'the report of the backup');

  return {
    ...api,
    report,

    /** Asks for a backup and waits for its report. */
    async backUp(): Promise<string> {
      const reported = report();
      const { body } = await api.ask('POST /backup');
      await reported;
      return (body as { key: string }).key;
    },

    reports: () => api.mails().filter(({ subject }) => REPORT.test(subject)),

    ...backupFiles(api.output('BackupBucketName'), api.clients.s3),

    createTable: (name: string) => createTable(name, dynamoDb),

    linesOf: (table = api.output('StudentTableName')) => linesOf(table, dynamoDb),

    /** `npm run restore`, in a process of its own. */
    restore: (...options: string[]) =>
      runProcess([COMMAND, 'restore', '--local', '--endpoint', api.cloud.endpoint, ...options]),

    /** The same without its process. */
    restoreHere: (...options: string[]) =>
      runCommand(main, ['restore', '--local', '--endpoint', api.cloud.endpoint, ...options]),
  };
}

function backupFiles(Bucket: string, s3: S3Client) {
  return {
    async files(): Promise<string[]> {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
      return Contents.map(({ Key = '' }) => Key);
    },

    async read(Key: string): Promise<Uint8Array> {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      return (await Body?.transformToByteArray()) ?? new Uint8Array();
    },

    write: (Key: string, Body: Uint8Array) => s3.send(new PutObjectCommand({ Bucket, Key, Body })),
  };
}

/** An empty table for students to be restored into. */
async function createTable(TableName: string, client: DynamoDBClient): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: [{ AttributeName: 'studentid', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'studentid', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 0.05 }, { TableName });
}

/** Runs a file of Node's with arguments to its end. */
async function runProcess(command: readonly string[]) {
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [printed, complaint, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { exitCode, printed, complaint };
}

/**
 * Backs the students up through the API, restores them into an empty table, and compares the two
 * tables item by item.
 */
export async function expectRoundTrip(school: BackedUpSchool, students: number): Promise<void> {
  const key = await school.backUp();
  const { body } = await school.ask('GET /backups');
  expect(body).toEqual({ backups: [expect.objectContaining({ ...FINISHED, key, count: students })] });
  await school.settled();
  expect(school.reports().map(({ subject }) => subject)).toEqual([`Backup: ${students} students`]);

  await school.createTable('restored');
  const { exitCode, printed } = await school.restore('--from', key, '--into', 'restored', '--json');
  expect(exitCode).toBe(0);
  expect(JSON.parse(printed).figures).toEqual({
    inserted: students,
    updated: 0,
    conflict: 0,
    unchanged: 0,
  });
  const [original, restored] = [await school.linesOf(), await school.linesOf('restored')];
  expect(restored).toHaveLength(students);
  expect(restored.filter((line, index) => line !== original[index])).toEqual([]);
}
