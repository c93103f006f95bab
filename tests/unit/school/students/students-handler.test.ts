import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventOf } from '../../../helpers/api-event.ts';
import { ANNA } from './student-memory.ts';
import { MANIFEST, newStudent, SITE, startStudentsFunction } from './students-function.ts';

type StudentsFunction = Awaited<ReturnType<typeof startStudentsFunction>>;

let students: StudentsFunction;
let api: ReturnType<StudentsFunction['startApi']>;
let logged: string[];

beforeAll(async () => {
  students = await startStudentsFunction();
});

afterAll(() => students.stop());

beforeEach(() => {
  logged = [];
  for (const level of ['debug', 'info', 'warn', 'error', 'log'] as const) {
    vi.spyOn(console, level).mockImplementation((...lines) => void logged.push(lines.join(' ')));
  }
  api = students.startApi();
});

afterEach(() => vi.restoreAllMocks());

describe('POST /students', () => {
  it('answers 201 with the student, where it is and its version', async () => {
    const student = newStudent();
    const { status, headers, body } = await api.call('POST /students', student);
    const at = '2026-11-22T08:00:00.000Z';
    expect({ status, body }).toEqual({
      status: 201,
      body: { ...student, version: 1, revision: 'r1', createdAt: at, updatedAt: at },
    });
    expect(headers).toMatchObject({ location: `/students/${student.studentid}`, etag: '"r1"' });
    expect(api.outbox.ids()).toHaveLength(1);
  });

  it('answers 409 for an id that is taken', async () => {
    const student = newStudent();
    await api.call('POST /students', student);
    const { status, body } = await api.call('POST /students', student);
    expect({ status, body }).toEqual({
      status: 409,
      body: { error: { code: 'StudentExists', message: `There is already a student ${student.studentid}.` } },
    });
  });

  it('answers 400 and names every wrong field', async () => {
    const { status, body } = await api.call('POST /students', { ...newStudent(), email: 'x', grade: 1 });
    expect({ status, body }).toEqual({
      status: 400,
      body: {
        error: {
          code: 'ValidationFailed',
          message: 'Some fields need another look.',
          fields: [
            { field: 'email', message: 'Enter one e-mail address, like name@example.com.' },
            { field: 'grade', message: 'There is no such field.' },
          ],
        },
      },
    });
  });

  it.each([
    ["<script>alert('x')</script>"],
    ["'); DROP TABLE students;--"],
    ['\u202eمرحبا'],
    ['𠮷👩‍👩‍👧'],
    ['{{7*7}} %s %0a'],
  ])('stores the name %j exactly', async name => {
    const student = { ...newStudent(), name };
    expect((await api.call('POST /students', student)).status).toBe(201);
    const { body } = await api.call(`GET /students/${student.studentid}`);
    expect(body.name).toBe(name);
  });

  it.each([
    ['no body', undefined, 400, 'BadRequest'],
    ['no JSON', '{"a"', 400, 'BadRequest'],
    ['a key twice', '{"name":"A","name":"B"}', 400, 'BadRequest'],
    ['deep JSON', `{"a":${'['.repeat(9)}${']'.repeat(9)}}`, 400, 'BadRequest'],
    ['1 MB', `{"name":"${'x'.repeat(1_000_000)}"}`, 413, 'TooLarge'],
    [
      'wrong types',
      { studentid: 1, name: [], class: {}, birthdate: null, email: true },
      400,
      'ValidationFailed',
    ],
    ['a line break in the name', { ...ANNA, name: 'A\r\nBcc: x@example.com' }, 400, 'ValidationFailed'],
    [
      'a line break in the address',
      { ...ANNA, email: 'a@example.com\nBcc: x@example.com' },
      400,
      'ValidationFailed',
    ],
    ['__proto__', '{"__proto__":{"studentid":"SV1"}}', 400, 'ValidationFailed'],
  ])('refuses %s', async (_, body, status, code) => {
    expect(await api.call('POST /students', body)).toMatchObject({ status, body: { error: { code } } });
    expect(api.outbox.sent).toEqual([]);
  });

  it('answers 415 for a form', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await api.call('POST /students', 'name=A', headers)).toMatchObject({
      status: 415,
      body: { error: { code: 'UnsupportedMediaType' } },
    });
  });

  it('reads a body in Base64, and headers in any case', async () => {
    const event = eventOf('POST /students', undefined, { 'CONTENT-type': 'application/json;charset=utf-8' });
    const body = Buffer.from(JSON.stringify(newStudent())).toString('base64');
    expect(await api.send({ ...event, body, isBase64Encoded: true })).toMatchObject({ status: 201 });
  });
});

describe('one student', () => {
  it('is read with its ETag, or 404', async () => {
    const student = newStudent();
    await api.call('POST /students', student);
    const found = await api.call(`GET /students/${student.studentid}`);
    expect(found).toMatchObject({ status: 200, body: student, headers: { etag: '"r1"' } });
    expect(await api.call('GET /students/nobody')).toMatchObject({
      status: 404,
      body: { error: { code: 'StudentNotFound' } },
    });
  });

  it.each(['x'.repeat(33), 'x'.repeat(3000), 'a%2Fb', '%F0%A0%AE%B7', "'%20OR%201=1", '%00'])(
    'cannot be named %s',
    async id => expect(await api.call(`GET /students/${id}`)).toMatchObject({ status: 404 }),
  );

  it('is changed whole, if in the version that If-Match names', async () => {
    const student = newStudent();
    const route = `PUT /students/${student.studentid}`;
    expect(await api.call(route, student)).toMatchObject({ status: 404 });
    await api.call('POST /students', student);
    const { studentid: _, ...withoutId } = { ...student, class: 'X' };
    expect(await api.call(route, withoutId, { 'If-Match': '"r2"' })).toMatchObject({
      status: 200,
      body: { ...student, class: 'X', version: 2, revision: 'r3' },
      headers: { etag: '"r3"' },
    });
    for (const tag of ['"r1"', '"2"', 'W/"r3"', '""']) {
      const { status, body } = await api.call(route, student, { 'if-match': tag });
      expect([tag, status, body.error.code]).toEqual([tag, 412, 'PreconditionFailed']);
    }
    expect(await api.call(route, student, { 'if-match': '*' })).toMatchObject({ status: 200 });
    expect(await api.call(route, student, { 'if-match': '2' })).toMatchObject({ status: 400 });
    expect(await api.call(route, { ...student, studentid: 'other' })).toMatchObject({
      status: 400,
      body: { error: { fields: [{ field: 'studentid' }] } },
    });
  });

  it('may be sent back as it was read, but not as an older one', async () => {
    const student = newStudent();
    const { body: read } = await api.call('POST /students', student);
    const route = `PUT /students/${student.studentid}`;
    const changed = await api.call(route, { ...Object(read), class: 'X' });
    expect(changed).toMatchObject({ status: 200, body: { ...student, class: 'X', version: 2 } });
    expect(await api.call(route, read)).toMatchObject({ status: 412 });
    const other = { ...Object(changed.body), createdAt: '2026-01-01T00:00:00.000Z' };
    expect(await api.call(route, other)).toMatchObject({
      status: 400,
      body: { error: { fields: [{ field: 'createdAt' }] } },
    });
  });

  it('may be born today anywhere on earth, and not tomorrow', async () => {
    const student = newStudent();
    const evening = students.startApi({ now: () => new Date('2026-11-22T10:00:00Z') });
    expect(await evening.call('POST /students', { ...student, birthdate: '2026-11-23' })).toMatchObject({
      status: 201,
    });
    expect(await evening.call('POST /students', { ...student, birthdate: '2026-11-24' })).toMatchObject({
      status: 400,
    });
  });

  it('is removed repeatably, if in the version that If-Match names', async () => {
    const student = newStudent();
    const route = `DELETE /students/${student.studentid}`;
    await api.call('POST /students', student);
    expect(await api.call(route, undefined, { 'if-match': '"r2"' })).toMatchObject({ status: 412 });
    expect(await api.call(route, undefined, { 'if-match': '"r1"' })).toMatchObject({
      status: 204,
      body: undefined,
    });
    expect(await api.call(route)).toMatchObject({ status: 204 });
  });
});

describe('GET /students', () => {
  it('pages by token', async () => {
    for (const id of ['page-1', 'page-2', 'page-3'])
      await api.call('POST /students', { ...ANNA, studentid: id, class: 'P' });
    const first = await api.call('GET /students?class=P&limit=2');
    expect(first).toMatchObject({ status: 200, body: { students: { length: 2 }, total: 3 } });
    const second = await api.call(`GET /students?class=P&limit=2&next=${first.body.next}`);
    expect(second.body.students.map(({ studentid }: { studentid: string }) => studentid)).toEqual(['page-3']);
    expect(second.body).not.toHaveProperty('next');
    expect(await api.call(`GET /students?class=Q&next=${first.body.next}`)).toMatchObject({ status: 400 });
  });

  it.each(['limit=0', 'limit=1&limit=2', 'next=zzz', 'sort=name'])('refuses ?%s', async query => {
    expect(await api.call(`GET /students?${query}`)).toMatchObject({
      status: 400,
      body: { error: { code: 'BadRequest' } },
    });
  });
});

describe('backups', () => {
  it('are started, waited for and answered', async () => {
    const { key, count, sha256, startedAt, finishedAt } = MANIFEST;
    expect(await api.call('POST /backup', '')).toMatchObject({
      status: 201,
      body: { key, count, sha256, startedAt, finishedAt },
    });
    expect(api.started).toEqual([key]);
  });

  it('that still run after a while are answered as running', async () => {
    const slow = students.startApi({
      backups: { start: async () => undefined, find: async () => undefined, list: async () => [] },
    });
    expect(await slow.call('POST /backup')).toMatchObject({
      status: 202,
      body: { key: MANIFEST.key, status: 'running' },
    });
  });

  it('are listed without technical details', async () => {
    const { table: _, ...shown } = MANIFEST;
    expect(await api.call('GET /backups')).toMatchObject({ status: 200, body: { backups: [shown] } });
  });
});

describe('every answer', () => {
  it.each([
    ['GET /students', 200],
    ['DELETE /students/nobody', 204],
    ['GET /students/nobody', 404],
    ['GET /nothing', 404],
    ['PATCH /students', 404],
    ['GET /students/%E0%A4%A', 404],
    ['GET /students/%20', 404],
    ['POST /students', 400],
  ])('to %s may be read by the site and stored by nobody', async (route, status) => {
    expect(await api.call(route)).toMatchObject({
      status,
      headers: { 'access-control-allow-origin': SITE, 'cache-control': 'no-store' },
    });
  });

  it('has one shape for errors, and a 500 that says nothing inside', async () => {
    const broken = students.startApi({
      backups: {
        start: async () => {},
        find: async () => undefined,
        list: () => Promise.reject(new Error('bucket x')),
      },
    });
    expect(await broken.call('GET /backups')).toMatchObject({
      status: 500,
      headers: { 'access-control-allow-origin': SITE },
      body: { error: { code: 'Internal', message: 'Something went wrong here. Try again later.' } },
    });
    expect(logged.join()).toContain('bucket x');
  });

  it('is returned even for odd requests: a GET with a body, headers in other scripts', async () => {
    expect(await api.call('GET /students', 'body', { 'x-name': '学生', host: 'a b' })).toMatchObject({
      status: 200,
    });
  });

  it('leaves no personal data in the logs', async () => {
    const troubled = students.startApi({ mails: { send: () => Promise.reject(new Error('no queue')) } });
    const student = { ...newStudent(), name: 'Secret Name', email: 'secret@example.com' };
    await troubled.call('POST /students', student);
    await troubled.call('POST /students', student);
    await troubled.call('GET /students?search=secret');
    await troubled.call('PUT /students/x', { ...student, email: 'secret' });
    expect(logged.join()).toContain('Confirmation pending');
    expect(logged.join()).not.toMatch(/secret/i);
  });
});
