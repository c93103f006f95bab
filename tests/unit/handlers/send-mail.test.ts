import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { alarmEvent } from '../mail/alarm-events.ts';
import { reportOf, STACK } from '../mail/reports.ts';
import { IDEMPOTENCY_TABLE, startTables } from '../school/students/local-tables.ts';

const OWNER = 'owner@example.com';

let tables: Awaited<ReturnType<typeof startTables>>;
let pipeline: typeof import('../../../handlers/pipeline/send-mail.ts');
let school: typeof import('../../../handlers/school/send-mail.ts');
let sent: { to: readonly string[]; subject: string }[];

beforeAll(async () => {
  tables = await startTables();
  const environment = {
    MAIL_FROM: 'site@example.com',
    MAIL_REGION: 'us-east-1',
    NOTIFY_EMAIL: OWNER,
    POWERTOOLS_SERVICE_NAME: STACK.name,
    IDEMPOTENCY_TABLE,
    AWS_ENDPOINT_URL: tables.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    POWERTOOLS_METRICS_DISABLED: 'true',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  pipeline = await import('../../../handlers/pipeline/send-mail.ts');
  school = await import('../../../handlers/school/send-mail.ts');
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await tables.stop();
});

beforeEach(() => {
  sent = [];
});

const CONFIRMATION = {
  type: 'student-confirmation',
  to: 'student5@example.com',
  studentid: 'SV005',
  name: 'Pham Thi E',
  class: 'CNTT05',
};
const BACKUP = { type: 'backup-report', outcome: 'failed', key: 'k', startedAt: 'then', finishedAt: 'now' };

function deliver({ createHandler }: Pick<typeof school, 'createHandler'>, ...messages: object[]) {
  const handler = createHandler({
    mailer: {
      async send(to, { subject }) {
        sent.push({ to, subject });
        return 'message';
      },
    },
    reportsTo: [OWNER],
    stack: STACK,
    idempotencyTable: IDEMPOTENCY_TABLE,
  });
  // Of the context, only this is read.
  const records = messages.map((message, index) => ({
    messageId: `${index}`,
    body: JSON.stringify(message),
  }));
  const context = { functionName: 'send-mail', getRemainingTimeInMillis: () => 30_000 } as Context;
  return handler({ Records: records }, context);
}

describe('The function that sends mails', () => {
  it('mails a confirmation to the student, and a report to the people who run the site', async () => {
    const result = await deliver(school, { ...CONFIRMATION, id: 'c1' }, { ...BACKUP, id: 'b1' });
    expect(result).toEqual({ batchItemFailures: [] });
    expect(sent.toSorted((a, b) => a.subject.localeCompare(b.subject))).toEqual([
      { to: [OWNER], subject: expect.stringContaining('FAILED') },
      { to: ['student5@example.com'], subject: 'You are registered as student SV005' },
    ]);
  });

  it('mails a confirmation once if it is requested twice', async () => {
    for (const _ of ['first', 'again']) await deliver(school, { ...CONFIRMATION, id: 'c2' });
    expect(sent).toHaveLength(1);
  });

  it('mails an alarm to the people who run the site, once however often it is delivered', async () => {
    await deliver(pipeline, alarmEvent('ALARM'));
    await deliver(pipeline, alarmEvent('ALARM', { id: 'delivered again' }));
    await deliver(pipeline, alarmEvent('OK'));
    expect(sent).toEqual([
      { to: [OWNER], subject: 'ALARM: StudentSite/mail-dead-letters' },
      { to: [OWNER], subject: 'OK: StudentSite/mail-dead-letters' },
    ]);
  });

  it('hands back only the confirmation that names more than one address', async () => {
    const forged = { ...CONFIRMATION, id: 'c3', to: 'a@example.com\r\nBcc: b@example.com' };
    expect(await deliver(school, forged, { ...CONFIRMATION, id: 'c4' })).toEqual({
      batchItemFailures: [{ itemIdentifier: '0' }],
    });
    expect(sent).toHaveLength(1);
  });

  it('sends the mails of the pipeline with the school and without it, those of the school only with it', async () => {
    const report = reportOf({ id: 'r1' });
    expect(await deliver(pipeline, report, { ...CONFIRMATION, id: 'c5' }, { ...BACKUP, id: 'b5' })).toEqual({
      batchItemFailures: [{ itemIdentifier: '1' }, { itemIdentifier: '2' }],
    });
    expect(sent).toEqual([{ to: [OWNER], subject: 'Fresh: styles.css' }]);
    expect(await deliver(school, reportOf({ id: 'r2' }))).toEqual({ batchItemFailures: [] });
    expect(sent).toHaveLength(2);
  });
});
