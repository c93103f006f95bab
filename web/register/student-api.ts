import * as z from 'zod/mini';
import type { StudentFields } from '../../shared/school/students/student.ts';
import { callApi } from '../api/call.ts';

const savedStudentSchema = z.object({
  studentid: z.string(),
  name: z.string(),
  class: z.string(),
  birthdate: z.string(),
  email: z.string(),
  revision: z.string(),
  incomplete: z.optional(z.array(z.string())),
});
/**
 * A student as the API stores it; `revision` is another one after each change. `incomplete` names
 * what another program left out of the record.
 */
export type SavedStudent = z.infer<typeof savedStudentSchema>;

const studentPageSchema = z.object({
  students: z.array(savedStudentSchema),
  next: z.optional(z.string()),
  total: z.optional(z.number()),
});
export type StudentPage = z.infer<typeof studentPageSchema>;

const backupSchema = z.object({
  key: z.string(),
  count: z.number(),
  sha256: z.string(),
  bytes: z.number(),
  startedAt: z.string(),
  finishedAt: z.string(),
});
/** A complete backup; `bytes` is the size of the compressed file. */
export type Backup = z.infer<typeof backupSchema>;

const finishedBackupSchema = z.omit(backupSchema, { bytes: true });
const startedBackupSchema = z.union([finishedBackupSchema, z.object({ key: z.string() })]);
export type StartedBackup = z.infer<typeof startedBackupSchema>;

export interface StudentQuery {
  readonly search: string;
  readonly class: string;
}

const PAGE_SIZE = 25;

export async function listStudents(
  query: StudentQuery,
  token: string | undefined,
  signal: AbortSignal,
): Promise<StudentPage> {
  const wanted = new URLSearchParams({ limit: String(PAGE_SIZE) });
  if (query.search !== '') wanted.set('search', query.search);
  if (query.class !== '') wanted.set('class', query.class);
  if (token !== undefined) wanted.set('next', token);
  return callApi(`students?${wanted}`, studentPageSchema, { signal });
}

export async function readStudent(studentid: string): Promise<SavedStudent> {
  return callApi(pathOf(studentid), savedStudentSchema);
}

/**
 * @param submission the same for every retry of one submission: the API then creates and mails once
 */
export async function createStudent(student: StudentFields, submission: string): Promise<SavedStudent> {
  const headers = { 'idempotency-key': submission };
  return callApi('students', savedStudentSchema, { method: 'POST', body: student, headers });
}

/** Refused with 412 unless the student still has this revision. */
export async function updateStudent(student: StudentFields, revision: string): Promise<SavedStudent> {
  const headers = { 'if-match': `"${revision}"` };
  return callApi(pathOf(student.studentid), savedStudentSchema, { method: 'PUT', body: student, headers });
}

/** Refused with 412 unless the student still has this revision. */
export async function deleteStudent({ studentid, revision }: SavedStudent): Promise<void> {
  const headers = { 'if-match': `"${revision}"` };
  await callApi(pathOf(studentid), z.undefined(), { method: 'DELETE', headers });
}

/** Returns the counts if the backup is done, only its key while it is running. */
export async function startBackup(): Promise<StartedBackup> {
  return callApi('backup', startedBackupSchema, { method: 'POST' });
}

/** Newest first. */
export async function listBackups(): Promise<readonly Backup[]> {
  const { backups } = await callApi('backups', z.object({ backups: z.array(backupSchema) }));
  return backups;
}

function pathOf(studentid: string): string {
  return `students/${encodeURIComponent(studentid)}`;
}
