import type { StudentPages } from '../../../../shared/school/students/list-students.ts';
import type { StudentFields } from '../../../../shared/school/students/student.ts';
import type { StudentConfirmation } from '../../../../shared/school/students/student-confirmation.ts';
import type {
  StudentDependencies,
  StudentRecord,
  StudentRecords,
} from '../../../../shared/school/students/student-service.ts';

/**
 * `turn` decides when a call reaches the table; there, condition and write are one step, as in
 * DynamoDB.
 */
type Turn = () => Promise<unknown>;

export function createStudentMemory(turn: Turn = () => Promise.resolve(), recordsPerRead = 1000) {
  const stored = new Map<string, StudentRecord>();
  const reads: unknown[] = [];
  const sorted = () => [...stored.values()].sort((a, b) => (a.studentid < b.studentid ? -1 : 1));

  const records: StudentRecords & StudentPages = {
    async add(record) {
      await turn();
      if (stored.has(record.studentid)) return false;
      stored.set(record.studentid, record);
      return true;
    },
    async get(studentid) {
      await turn();
      return stored.get(studentid);
    },
    async replace(fields, { at, revision }, seen) {
      await turn();
      const current = stored.get(fields.studentid);
      if (current === undefined || (seen !== undefined && seen !== current.revision)) return undefined;
      const replaced = { ...current, ...fields, version: current.version + 1, revision, updatedAt: at };
      stored.set(fields.studentid, replaced);
      return replaced;
    },
    async remove(studentid, seen) {
      await turn();
      const current = stored.get(studentid);
      if (current !== undefined && seen !== undefined && seen !== current.revision) return false;
      stored.delete(studentid);
      return true;
    },
    async confirmed(studentid, createdAt) {
      await turn();
      const current = stored.get(studentid);
      if (current?.createdAt !== createdAt) return;
      const { confirmation: _, ...confirmed } = current;
      stored.set(studentid, confirmed);
    },
    async page({ after = '', limit = recordsPerRead, ...filter }) {
      reads.push({ after, limit, ...filter });
      const rest = sorted().filter(({ studentid }) => studentid > after);
      const read = rest.slice(0, Math.min(limit, recordsPerRead));
      const last = read.length < rest.length ? read.at(-1) : undefined;
      return {
        students: read.filter(student => filter.class === undefined || student.class === filter.class),
        ...(last === undefined ? {} : { after: last.studentid }),
      };
    },
    count: async studentClass =>
      stored.size > recordsPerRead
        ? undefined
        : sorted().filter(student => studentClass === undefined || student.class === studentClass).length,
  };
  return { records, stored, reads };
}

/** Sends messages nowhere, and keeps them. */
export function createOutbox(turn: Turn = () => Promise.resolve()) {
  const sent: StudentConfirmation[] = [];
  return {
    sent,
    /** Mails that leave: the mail function sends one per id. */
    ids: () => [...new Set(sent.map(({ id }) => id))],
    async send(message: StudentConfirmation) {
      await turn();
      sent.push(message);
    },
  };
}

export function dependenciesOn(
  records: StudentRecords,
  mails: StudentDependencies['mails'],
): StudentDependencies & { readonly unconfirmed: [string, unknown][] } {
  const unconfirmed: [string, unknown][] = [];
  let revisions = 0;
  let milliseconds = Date.parse('2026-11-22T08:00:00Z');
  return {
    records,
    mails,
    now: () => new Date(milliseconds++),
    newRevision: () => `r${++revisions}`,
    // Moments pass at once; nobody's patience ends.
    sleep: duration => (duration < 1000 ? Promise.resolve() : new Promise(() => undefined)),
    onUnconfirmed: (studentid, error) => unconfirmed.push([studentid, error]),
    unconfirmed,
  };
}

export const ANNA: StudentFields = {
  studentid: 'SV001',
  name: 'Nguyễn Thị Ánh',
  class: 'CNTT05',
  birthdate: '2001-05-05',
  email: 'anh@example.com',
};
