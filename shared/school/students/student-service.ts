import { RequestRefusedError } from '../../http/refusal.ts';
import { SchoolRefusedError } from '../refusal.ts';
import type { Student, StudentFields } from './student.ts';
import type { StudentConfirmation } from './student-confirmation.ts';

/** A student as stored. */
export interface StudentRecord extends Student {
  /** The request that created it: tells a repetition after a lost answer from a second student. */
  readonly createdBy: string;
  /** Present until the confirmation mail is handed to the mail queue. */
  readonly confirmation?: 'pending';
}

/** Every write is conditional: of two at the same time, one wins and the other is told. */
export interface StudentRecords {
  /** False if the id is taken. */
  add(record: StudentRecord): Promise<boolean>;
  /** Strongly consistent. */
  get(studentid: string): Promise<StudentRecord | undefined>;
  /**
   * Writes the fields, counts the version up and returns the new record; undefined if there is no
   * record to replace.
   * @param seen the only revision to replace. @default any
   */
  replace(fields: StudentFields, change: Change, seen?: string): Promise<StudentRecord | undefined>;
  /**
   * True if it is gone, now or before; false if it exists in another revision.
   * @param seen the only revision to remove. @default any
   */
  remove(studentid: string, seen?: string): Promise<boolean>;
  /** Clears `confirmation`, unless the id now belongs to a student created at another time. */
  confirmed(studentid: string, createdAt: string): Promise<void>;
}

/** What a write adds to the fields. */
export interface Change {
  readonly at: string;
  readonly revision: string;
}

/** What only the API writes. Who writes back what was read sends it along. */
export const READ_ONLY = ['version', 'revision', 'createdAt', 'updatedAt'] as const;
export type ReadOnlyFields = Partial<Record<(typeof READ_ONLY)[number], unknown>>;

export interface StudentDependencies {
  readonly records: StudentRecords;
  readonly mails: { send(message: StudentConfirmation): Promise<void> };
  readonly now: () => Date;
  /** Another one each time, wherever it is made. */
  readonly newRevision: () => string;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Told if a confirmation could not be handed over. It stays pending. */
  readonly onUnconfirmed: (studentid: string, error: unknown) => void;
}

/** A slower mail queue must not delay the answer to whoever saves a student. */
const MAIL_PATIENCE_MS = 3000;
/**
 * A pending confirmation is usually sent a moment later, by the request that created the student.
 */
const MOMENT_MS = 500;

/**
 * Adds a student and has one confirmation mailed. The record says that it is pending, and the id of
 * the message is always the same, so any request that finds it pending may send it again.
 *
 * @param createdBy names the request; repeating it returns the student that it created
 * @throws SchoolRefusedError StudentExists
 */
export async function createStudent(
  fields: StudentFields,
  createdBy: string,
  dependencies: StudentDependencies,
): Promise<Student> {
  const at = dependencies.now().toISOString();
  const revision = dependencies.newRevision();
  const record = { ...fields, version: 1, revision, createdAt: at, updatedAt: at, createdBy } as const;
  if (await dependencies.records.add({ ...record, confirmation: 'pending' })) {
    await confirm(record, dependencies);
    return toStudent(record);
  }
  const existing = await confirmExisting(fields.studentid, dependencies);
  if (existing?.createdBy === createdBy && existing.version === 1 && hasFields(existing, fields)) {
    return toStudent(existing);
  }
  throw new SchoolRefusedError('StudentExists', `There is already a student ${fields.studentid}.`);
}

/** @throws SchoolRefusedError StudentNotFound */
export async function getStudent(
  studentid: string,
  { records }: Pick<StudentDependencies, 'records'>,
): Promise<Student> {
  const record = await records.get(studentid);
  if (record === undefined) throw studentNotFound(studentid);
  return toStudent(record);
}

/**
 * Replaces all fields of a student.
 *
 * @param seen the revision that the caller has seen. @default any
 * @throws SchoolRefusedError StudentNotFound
 * @throws RequestRefusedError PreconditionFailed if it is in another revision
 */
export async function updateStudent(
  fields: StudentFields,
  seen: string | undefined,
  dependencies: StudentDependencies,
): Promise<Student> {
  const { records, now, newRevision } = dependencies;
  const { studentid } = fields;
  const change = { at: now().toISOString(), revision: newRevision() };
  const updated = await records.replace(fields, change, seen);
  if (updated !== undefined) {
    if (updated.confirmation === 'pending') await confirm(updated, dependencies);
    return toStudent(updated);
  }
  const current = await records.get(studentid);
  if (current === undefined || seen === undefined) throw studentNotFound(studentid);
  // The answer to our own write was lost, and the SDK wrote again.
  if (current.revision === change.revision) return toStudent(current);
  throw changedMeanwhile(studentid);
}

/**
 * Compares what somebody sends back of a student, besides the fields, with the student.
 *
 * @returns the student's revision
 * @throws SchoolRefusedError StudentNotFound
 * @throws RequestRefusedError PreconditionFailed if the student has changed since it was read,
 *   ValidationFailed for a time that it never had
 */
export async function requireAsRead(
  studentid: string,
  sent: ReadOnlyFields,
  dependencies: Pick<StudentDependencies, 'records'>,
): Promise<string> {
  const current = await getStudent(studentid, dependencies);
  const differs = (name: keyof ReadOnlyFields) => name in sent && sent[name] !== current[name];
  if (differs('version') || differs('revision') || differs('updatedAt')) throw changedMeanwhile(studentid);
  if (!differs('createdAt')) return current.revision;
  const problem = { field: 'createdAt', message: `It cannot change: it is ${current.createdAt}.` };
  throw new RequestRefusedError('ValidationFailed', 'Some fields need another look.', [problem]);
}

/**
 * Removes a student. Safe to repeat: one that is gone stays gone.
 *
 * @param seen the revision that the caller has seen. @default any
 * @throws RequestRefusedError PreconditionFailed if it is in another revision
 */
export async function removeStudent(
  studentid: string,
  seen: string | undefined,
  { records }: Pick<StudentDependencies, 'records'>,
): Promise<void> {
  if (!(await records.remove(studentid, seen))) throw changedMeanwhile(studentid);
}

async function confirmExisting(studentid: string, dependencies: StudentDependencies) {
  const { records, sleep } = dependencies;
  const existing = await records.get(studentid);
  if (existing?.confirmation !== 'pending') return existing;
  await sleep(MOMENT_MS);
  const later = await records.get(studentid);
  if (later?.confirmation === 'pending') await confirm(later, dependencies);
  return later;
}

/** Mail trouble never fails a request: the record stays pending. */
async function confirm(record: StudentRecord, dependencies: StudentDependencies): Promise<void> {
  const { records, mails, sleep, onUnconfirmed } = dependencies;
  try {
    const impatience = sleep(MAIL_PATIENCE_MS).then(() => {
      throw new Error(`The mail queue took longer than ${MAIL_PATIENCE_MS} ms`);
    });
    await Promise.race([mails.send(confirmationOf(record)), impatience]);
    await records.confirmed(record.studentid, record.createdAt);
  } catch (error) {
    onUnconfirmed(record.studentid, error);
  }
}

function confirmationOf(record: StudentRecord): StudentConfirmation {
  const { studentid, name, email, createdAt } = record;
  return {
    type: 'student-confirmation',
    id: `student-confirmation-${studentid}-${createdAt}`,
    to: email,
    studentid,
    name,
    class: record.class,
  };
}

export function studentNotFound(studentid: string): SchoolRefusedError {
  return new SchoolRefusedError('StudentNotFound', `There is no student ${studentid}.`);
}

function changedMeanwhile(studentid: string): RequestRefusedError {
  return new RequestRefusedError(
    'PreconditionFailed',
    `Student ${studentid} was changed since you read it. Read it again first.`,
  );
}

function hasFields(record: StudentFields, fields: StudentFields): boolean {
  return (['studentid', 'name', 'class', 'birthdate', 'email'] as const).every(
    field => record[field] === fields[field],
  );
}

/** The record without its internal members. Plain JSON, so that Powertools can store it. */
export function toStudent(record: Student): Student {
  const { studentid, name, birthdate, email, version, revision, createdAt, updatedAt, incomplete } = record;
  const fields = { studentid, name, class: record.class, birthdate, email };
  return {
    ...fields,
    ...{ version, revision, createdAt, updatedAt },
    ...(incomplete === undefined ? {} : { incomplete }),
  };
}
