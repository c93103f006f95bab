import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { newStudent, startStudentsFunction } from './students-function.ts';

type StudentsFunction = Awaited<ReturnType<typeof startStudentsFunction>>;

let students: StudentsFunction;
let api: ReturnType<StudentsFunction['startApi']>;

beforeAll(async () => {
  students = await startStudentsFunction();
});

afterAll(() => students.stop());

beforeEach(() => {
  for (const level of ['info', 'warn', 'error', 'log'] as const) {
    vi.spyOn(console, level).mockImplementation(() => undefined);
  }
  api = students.startApi();
});

afterEach(() => vi.restoreAllMocks());

describe('POST /students with an Idempotency-Key', () => {
  it('answers the same again, and mails once', async () => {
    const student = newStudent();
    const headers = { 'idempotency-key': `key of ${student.studentid}` };
    const first = await api.call('POST /students', student, headers);
    await api.call(`PUT /students/${student.studentid}`, { ...student, name: 'Changed since' });
    const second = await api.call('POST /students', { ...student, name: ` ${student.name} ` }, headers);
    expect(first.status).toBe(201);
    expect(second).toEqual(first);
    expect(api.outbox.sent).toHaveLength(1);
  });

  it('answers 422 for another body', async () => {
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    await api.call('POST /students', newStudent(), headers);
    expect(await api.call('POST /students', newStudent(), headers)).toMatchObject({
      status: 422,
      body: { error: { code: 'IdempotencyMismatch' } },
    });
  });

  it('answers 409 while the first is running', async () => {
    const student = newStudent();
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const results = await Promise.all(
      Array.from({ length: 5 }, () => api.call('POST /students', student, headers)),
    );
    const others = results.filter(({ status }) => status !== 201);
    expect(results.length - others.length).toBeGreaterThanOrEqual(1);
    for (const { status, body } of others) expect([status, body.error.code]).toEqual([409, 'InProgress']);
    expect(api.outbox.ids()).toHaveLength(1);
  });

  it('returns the student that it created, even if it was killed before it could answer', async () => {
    const student = newStudent();
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const dying = students.startApi({
      records: {
        ...students.records,
        async add(record) {
          await students.records.add(record);
          throw new Error('The connection was lost');
        },
      },
    });
    expect((await dying.call('POST /students', student, headers)).status).toBe(500);
    expect(await api.call('POST /students', student, headers)).toMatchObject({ status: 201, body: student });
    expect(api.outbox.ids()).toHaveLength(1);
  });

  it('forgets a refusal: the same key works once its cause is gone', async () => {
    const student = newStudent();
    await api.call('POST /students', student);
    const headers = { 'idempotency-key': crypto.randomUUID() };
    expect((await api.call('POST /students', student, headers)).status).toBe(409);
    await api.call(`DELETE /students/${student.studentid}`);
    expect((await api.call('POST /students', student, headers)).status).toBe(201);
  });

  it.each(['', 'é', 'x'.repeat(129), 'a\tb'])('refuses the key %j', async key => {
    expect(await api.call('POST /students', newStudent(), { 'idempotency-key': key })).toMatchObject({
      status: 400,
      body: { error: { code: 'BadRequest' } },
    });
  });
});
