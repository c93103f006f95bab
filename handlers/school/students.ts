import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { createMailQueue } from '../../shared/aws/mail-queue.ts';
import { readSettings, setting } from '../../shared/config.ts';
import { answer, noContent } from '../../shared/http/answers.ts';
import { createApi } from '../../shared/http/api.ts';
import { RequestRefusedError } from '../../shared/http/refusal.ts';
import { etagOf } from '../../shared/http/request.ts';
import { logger } from '../../shared/observability.ts';
import { createBackups } from '../../shared/school/aws/backup-bucket.ts';
import { createStudentTable } from '../../shared/school/aws/student-table.ts';
import { backupKeyOf } from '../../shared/school/backup/manifest.ts';
import { type BackupDependencies, requestBackup } from '../../shared/school/backup/request-backup.ts';
import { createOnce } from '../../shared/school/students/create-once.ts';
import {
  listStudents,
  readListRequest,
  type StudentPages,
} from '../../shared/school/students/list-students.ts';
import {
  type CheckedStudent,
  checkStudent,
  isStudentId,
  MAX_ID_LENGTH,
  type StudentFields,
  type StudentRules,
} from '../../shared/school/students/student.ts';
import {
  createStudent,
  getStudent,
  READ_ONLY,
  type ReadOnlyFields,
  removeStudent,
  requireAsRead,
  type StudentDependencies,
  type StudentRecords,
  studentNotFound,
  updateStudent,
} from '../../shared/school/students/student-service.ts';

interface Dependencies extends Omit<StudentDependencies, 'onUnconfirmed'>, BackupDependencies {
  readonly records: StudentRecords & StudentPages;
  readonly idempotencyTable: string;
  /** The one origin whose pages may read the answers. */
  readonly siteOrigin: string;
  readonly newRequestId: () => string;
}

/** The API's requests → students and their backups. */
export function createHandler({ idempotencyTable, siteOrigin, newRequestId, ...dependencies }: Dependencies) {
  const { records, backups, now } = dependencies;
  const students: StudentDependencies = { ...dependencies, onUnconfirmed };
  const create = (fields: StudentFields, createdBy: string) => createStudent(fields, createdBy, students);
  const createWithKey = createOnce(create, idempotencyTable);
  const check = (input: unknown, rules: Omit<StudentRules, 'today'> = {}) =>
    fieldsOf(checkStudent(input, { ...rules, today: latestToday(now()) }));

  return createApi(siteOrigin, (router, request, context) => {
    router.post('/students', async () => {
      const fields = check(request.json());
      const key = request.idempotencyKey();
      const student = await (key === undefined
        ? create(fields, `request ${newRequestId()}`)
        : createWithKey({ key, student: fields }, context));
      return answer(201, student, { location: `/students/${student.studentid}`, etag: etagOf(student) });
    });

    router.get('/students', async () =>
      answer(200, await listStudents(readListRequest(request.query()), records)),
    );

    router.get('/students/:studentid', async ({ params }) => {
      const student = await getStudent(idOf(params), students);
      return answer(200, student, { etag: etagOf(student) });
    });

    router.put('/students/:studentid', async ({ params }) => {
      const [sent, input] = readOnlyApart(request.json());
      const fields = check(input, { studentid: idOf(params) });
      const expected = request.expectedRevision();
      const read = sent && (await requireAsRead(fields.studentid, sent, students));
      const student = await updateStudent(fields, expected ?? read, students);
      return answer(200, student, { etag: etagOf(student) });
    });

    router.delete('/students/:studentid', async ({ params }) => {
      await removeStudent(idOf(params), request.expectedRevision(), students);
      return noContent();
    });

    router.post('/backup', async () => {
      const { key, manifest } = await requestBackup(dependencies);
      if (manifest === undefined) return answer(202, { key, status: 'running' });
      const { count, sha256, startedAt, finishedAt } = manifest;
      return answer(201, { key, count, sha256, startedAt, finishedAt });
    });

    router.get('/backups', async () => {
      const finished = await backups.list();
      return answer(200, { backups: finished.map(({ table: _, ...backup }) => backup) });
    });
  });
}

/** The date where the day begins first, 14 hours before UTC: somewhere it is today. */
function latestToday(now: Date): string {
  return new Date(now.getTime() + 14 * 3_600_000).toISOString().slice(0, 10);
}

/** No student has an id that no student can have. */
function idOf({ studentid = '' }: Readonly<Record<string, string>>): string {
  if (!isStudentId(studentid)) throw studentNotFound(studentid.slice(0, MAX_ID_LENGTH));
  return studentid;
}

/** What only the API writes, if there is any, and all else. */
function readOnlyApart(body: Readonly<Record<string, unknown>>) {
  const isReadOnly = ([name]: [string, unknown]) => READ_ONLY.some(each => each === name);
  const entries = Object.entries(body);
  const sent: ReadOnlyFields = Object.fromEntries(entries.filter(isReadOnly));
  const input = Object.fromEntries(entries.filter(entry => !isReadOnly(entry)));
  return [Object.keys(sent).length === 0 ? undefined : sent, input] as const;
}

function fieldsOf({ student, problems }: CheckedStudent): StudentFields {
  if (student !== undefined) return student;
  throw new RequestRefusedError('ValidationFailed', 'Some fields need another look.', problems);
}

function onUnconfirmed(studentid: string, error: unknown): void {
  logger.warn('Confirmation pending', { studentid, error: error instanceof Error ? error : String(error) });
}

const settings = readSettings({
  STUDENT_TABLE: setting.text,
  IDEMPOTENCY_TABLE: setting.text,
  MAIL_QUEUE_URL: setting.url,
  SITE_URL: setting.url,
  BACKUP_BUCKET: setting.text,
  BACKUP_FUNCTION: setting.text,
});

export const handler = createHandler({
  records: createStudentTable(settings.STUDENT_TABLE),
  mails: createMailQueue(settings.MAIL_QUEUE_URL),
  backups: createBackups(settings.BACKUP_BUCKET, settings.BACKUP_FUNCTION),
  idempotencyTable: settings.IDEMPOTENCY_TABLE,
  siteOrigin: new URL(settings.SITE_URL).origin,
  now: () => new Date(),
  newRequestId: randomUUID,
  newRevision: () => randomBytes(9).toString('base64url'),
  newBackupKey: () => backupKeyOf(new Date(), randomUUID()),
  // An unfinished sleep must not delay the answer.
  sleep: milliseconds => setTimeout(milliseconds, undefined, { ref: false }),
});
