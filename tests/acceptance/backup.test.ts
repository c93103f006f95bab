import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { authorizationOf } from '../../infra/local/kernel/aws-api.ts';
import { ConnectionCutError } from '../../infra/local/kernel/aws-endpoint.ts';
import { startSchedules } from '../../infra/local/services/events/schedules.ts';
import { loadStack } from '../../infra/local/template/template.ts';
import { manifestKeyOf } from '../../shared/school/backup/manifest.ts';
import { ASSEMBLY } from '../helpers/assembly.ts';
import { startStudentApi } from '../helpers/student-api.ts';
import { enrol, linesOf, manyStudents } from '../helpers/student-records.ts';

const COMMAND = fileURLToPath(new URL('../../infra/cli/main.ts', import.meta.url));

/** Subject of the mail about a backup, done or failed. */
const REPORT = /^Backup: |backed up/;

const FINISHED = {
  key: expect.stringMatching(/^backups\/\d{8}T\d{6}Z-[\da-f]{8}\.ndjson\.gz$/),
  sha256: expect.stringMatching(/^[\da-f]{64}$/),
};

type School = Awaited<ReturnType<typeof startSchool>>;

/** The whole system with so many students in it. */
async function startSchool(students: number, timeScale: number) {
  const api = await startStudentApi({ timeScale });
  const dynamoDb = new DynamoDBClient({
    endpoint: api.cloud.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'acceptance-test', secretAccessKey: 'none' },
  });
  await enrol(manyStudents(students), api.output('StudentTableName'), dynamoDb);
  const Bucket = api.output('BackupBucketName');

  /** The next mail about a backup. */
  const report = () =>
    api.next(
      entry => entry.kind === 'mail' && REPORT.test(entry.subject),
      'the report of the backup',
      120_000,
    );

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

    async files(): Promise<string[]> {
      const { Contents = [] } = await api.clients.s3.send(new ListObjectsV2Command({ Bucket }));
      return Contents.map(({ Key = '' }) => Key);
    },

    async read(Key: string): Promise<Uint8Array> {
      const { Body } = await api.clients.s3.send(new GetObjectCommand({ Bucket, Key }));
      return (await Body?.transformToByteArray()) ?? new Uint8Array();
    },

    write: (Key: string, Body: Uint8Array) =>
      api.clients.s3.send(new PutObjectCommand({ Bucket, Key, Body })),

    async createTable(TableName: string): Promise<void> {
      await dynamoDb.send(
        new CreateTableCommand({
          TableName,
          AttributeDefinitions: [{ AttributeName: 'studentid', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'studentid', KeyType: 'HASH' }],
          BillingMode: 'PAY_PER_REQUEST',
        }),
      );
      await waitUntilTableExists({ client: dynamoDb, maxWaitTime: 10, minDelay: 0.05 }, { TableName });
    },

    linesOf: (table = api.output('StudentTableName')) => linesOf(table, dynamoDb),

    /** `npm run restore`, in a process of its own. */
    async restore(...options: string[]) {
      const command = [COMMAND, 'restore', '--local', '--endpoint', api.cloud.endpoint, ...options];
      const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] });
      const [printed, complaint, [exitCode]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close'),
      ]);
      return { exitCode, printed, complaint };
    },
  };
}

/** `npm run bench -- backup` does the same with 100,000. */
const MANY = 20_000;

describe('Many students', () => {
  it('backed up through the API and restored into an empty table are equal, item by item', async () => {
    const school = await startSchool(MANY, 0.1);
    onTestFinished(school.stop);
    const key = await school.backUp();
    const { body } = await school.ask('GET /backups');
    expect(body).toEqual({ backups: [expect.objectContaining({ ...FINISHED, key, count: MANY })] });
    await school.settled();
    expect(school.reports().map(({ subject }) => subject)).toEqual([`Backup: ${MANY} students`]);

    await school.createTable('restored');
    const { exitCode, printed } = await school.restore('--from', key, '--into', 'restored', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(printed).figures).toEqual({
      inserted: MANY,
      updated: 0,
      conflict: 0,
      unchanged: 0,
    });
    const [original, restored] = [await school.linesOf(), await school.linesOf('restored')];
    expect(restored).toHaveLength(MANY);
    expect(restored.filter((line, index) => line !== original[index])).toEqual([]);
  });
});

describe('A backup', () => {
  const STUDENTS = 30;
  let school: School;

  beforeAll(async () => {
    school = await startSchool(STUDENTS, 0.02);
  });
  afterAll(() => school.stop());

  it('that is quickly done is the answer itself, the first of the list, and is mailed once', async () => {
    await school.backUp();
    const mailed = school.reports().length;
    const { status, body } = await school.ask('POST /backup');
    expect({ status, body }).toMatchObject({ status: 201, body: { ...FINISHED, count: STUDENTS } });
    const { backups } = (await school.ask('GET /backups')).body as { backups: unknown[] };
    expect(backups[0]).toMatchObject(body as object);
    await school.settled();
    expect(school.reports()).toHaveLength(mailed + 1);
  });

  it('is made every night by the rule of the template', async () => {
    const { endpoint } = school.cloud;
    const template = { assemblyDirectory: ASSEMBLY, stackName: 'StudentSite', endpoint };
    const { resources } = loadStack(template);
    let now = Date.parse('2026-11-22T12:00:00Z');
    const reported = school.report();
    const stop = startSchedules({
      rules: resources.filter(({ properties }) => 'ScheduleExpression' in properties),
      now: () => now,
      async wait(milliseconds) {
        now += milliseconds;
        // The second night never comes.
        if (now > Date.parse('2026-11-23T02:00:00Z')) await new Promise(() => undefined);
      },
      async callAws({ service, caller, method, url, headers, body }) {
        const authorization = authorizationOf(caller, service);
        const sent = { ...(headers as Record<string, string>), authorization };
        const answer = await fetch(`${endpoint}${url}`, {
          method,
          headers: sent,
          body: new Uint8Array(body),
        });
        return { status: answer.status, body: await answer.text() };
      },
    });
    onTestFinished(stop);
    await reported;
    const { backups } = (await school.ask('GET /backups')).body as { backups: unknown[] };
    expect(backups).toContainEqual(
      expect.objectContaining({
        key: expect.stringMatching(/^backups\/20261123T020000Z-/),
        count: STUDENTS,
      }),
    );
  });

  it.each([
    ['tampered with', (bytes: Uint8Array) => bytes.with(40, (bytes[40] ?? 0) ^ 1), 'SHA-256'],
    ['truncated', (bytes: Uint8Array) => bytes.subarray(0, -1), 'size in bytes'],
  ])('%s is refused before anything is written', async (name, change, reason) => {
    const key = await school.backUp();
    await school.write(key, change(await school.read(key)));
    const table = `empty-${name.replaceAll(' ', '-')}`;
    await school.createTable(table);
    const { exitCode, printed, complaint } = await school.restore('--from', key, '--into', table);
    expect({ exitCode, printed }).toEqual({ exitCode: 1, printed: '' });
    expect(complaint).toContain(
      `Refused, nothing was written. The file is not what its manifest says: its ${reason}`,
    );
    expect(await school.linesOf(table)).toEqual([]);
  });

  it.each(['UploadPart', 'CompleteMultipartUpload'])(
    'killed at %s leaves neither file nor manifest, and Lambda makes it again',
    async action => {
      const [files, mailed] = [await school.files(), school.reports().length];
      const killed = Promise.withResolvers<void>();
      const retry = Promise.withResolvers<void>();
      const uploads: string[] = [];
      let hasCrashed = false;
      const remove = school.cloud.intercept(async (call, next) => {
        if (!call.request.caller.includes('Backup')) return next();
        if (hasCrashed) await retry.promise;
        if (/MultipartUpload/.test(call.action)) uploads.push(call.action);
        if (hasCrashed || call.action !== action) return next();
        hasCrashed = true;
        school.cloud.crashFunctions(call.request.caller);
        killed.resolve();
        throw new ConnectionCutError();
      });
      onTestFinished(remove);

      const answer = school.ask('POST /backup');
      await killed.promise;
      expect(await school.files()).toEqual(files);
      // What was uploaded is left to the bucket's lifecycle rule.
      expect(uploads).not.toContain('AbortMultipartUpload');

      retry.resolve();
      const { status, body } = await answer;
      expect({ status, body }).toMatchObject({ status: 201, body: { ...FINISHED, count: STUDENTS } });
      const { key } = body as { key: string };
      expect(await school.files()).toEqual([...files, key, manifestKeyOf(key)].sort());
      await school.settled();
      expect(school.reports()).toHaveLength(mailed + 1);
    },
  );
});
