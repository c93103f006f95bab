import type { APIGatewayProxyEvent } from 'aws-lambda';
import { vi } from 'vitest';
import { createStudentTable } from '../../../../shared/school/aws/student-table.ts';
import type { Manifest } from '../../../../shared/school/backup/manifest.ts';
import { CONTEXT, eventOf, readAnswer } from '../../../helpers/api-event.ts';
import { IDEMPOTENCY_TABLE, STUDENT_TABLE, startTables } from './local-tables.ts';
import { ANNA, createOutbox } from './student-memory.ts';

export const SITE = 'https://d111111abcdef8.cloudfront.net';
export const MANIFEST: Manifest = {
  key: 'backups/20261122T080000Z-0123abcd.ndjson.gz',
  count: 3,
  sha256: 'f'.repeat(64),
  bytes: 500,
  startedAt: '2026-11-22T08:00:00Z',
  finishedAt: '2026-11-22T08:00:01Z',
  table: STUDENT_TABLE,
};

const ENVIRONMENT = {
  STUDENT_TABLE,
  IDEMPOTENCY_TABLE,
  MAIL_QUEUE_URL: 'http://127.0.0.1/mail',
  SITE_URL: SITE,
  BACKUP_BUCKET: 'backups',
  BACKUP_FUNCTION: 'backup',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_LAMBDA_FUNCTION_NAME: 'students',
  POWERTOOLS_DEV: 'true',
};

/** The API's function with its tables; mail queue and backups are scripted. */
export async function startStudentsFunction() {
  const tables = await startTables();
  for (const [name, value] of Object.entries(ENVIRONMENT)) vi.stubEnv(name, value);
  vi.stubEnv('AWS_ENDPOINT_URL', tables.endpoint);
  const { createHandler } = await import('../../../../handlers/school/students.ts');
  type Dependencies = Parameters<typeof createHandler>[0];

  /** @param changes what behaves otherwise than it should */
  const startApi = (changes: Partial<Dependencies> = {}) => {
    const outbox = createOutbox();
    const started: string[] = [];
    let revisions = 0;
    const handler = createHandler({
      records: createStudentTable(STUDENT_TABLE, tables.client),
      mails: outbox,
      backups: {
        start: async key => void started.push(key),
        find: async key => (started.includes(key) ? MANIFEST : undefined),
        list: async () => [MANIFEST],
      },
      idempotencyTable: IDEMPOTENCY_TABLE,
      siteOrigin: SITE,
      now: () => new Date('2026-11-22T08:00:00Z'),
      newRequestId: () => crypto.randomUUID(),
      newRevision: () => `r${++revisions}`,
      newBackupKey: () => MANIFEST.key,
      // A mail queue that answers at once beats it.
      sleep: () => new Promise(resolve => setImmediate(resolve)),
      ...changes,
    });
    const send = async (event: APIGatewayProxyEvent) => readAnswer(await handler(event, CONTEXT));
    return {
      outbox,
      started,
      send,
      /** @param body a string is sent as it is, anything else as JSON */
      call: (route: string, body?: unknown, headers: Record<string, string> = {}) =>
        send(eventOf(route, body, { 'content-type': 'application/json', ...headers })),
    };
  };

  return {
    startApi,
    records: createStudentTable(STUDENT_TABLE, tables.client),
    async stop() {
      vi.unstubAllEnvs();
      await tables.stop();
    },
  };
}

let students = 0;
export const newStudent = () => ({ ...ANNA, studentid: `T${students++}` });
