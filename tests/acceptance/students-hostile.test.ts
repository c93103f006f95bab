import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Ask,
  JSON_CONTENT,
  type Reply,
  STUDENT,
  type StudentApi,
  startStudentApi,
  studentWith,
} from '../helpers/student-api.ts';

let api: StudentApi;

beforeAll(async () => {
  api = await startStudentApi();
});
afterAll(() => api.stop());

const FIELDS = ['studentid', 'name', 'class', 'birthdate', 'email'] as const;

/** A caller with the key, and the page. */
const ways: readonly [way: string, ask: Ask][] = [
  ['API Gateway', (line, sent) => api.ask(line, sent)],
  ['the edge', (line, sent) => api.askEdge(line, sent)],
];

const fieldsOf = ({ body }: Reply): string[] =>
  (Object(body).error?.fields ?? []).map(({ field }: { field: string }) => field);

const NAMES: readonly [what: string, name: string][] = [
  ['a script', '<script>alert(1)</script><img src=x onerror="alert(2)">'],
  ['HTML entities', 'A & B &lt;b&gt; "C" \'D\''],
  ['SQL', `Robert'); DROP TABLE studentData;--`],
  ['templates', '{{7*7}} #{7*7} <%= 7 %> %s %00 \\u0000 \\'],
  ['right to left', 'محمد \u202Etxt.exe\u202C שרה'],
  ['four bytes each', '𠮷野 👩\u200D👩\u200D👧\u200D👦 𝔘𝔫𝔦'],
  ['a hundred of four bytes', '𠮷'.repeat(100)],
  ['names of the language', '__proto__ constructor toString'],
  ['a formula', '=HYPERLINK("http://evil.example","x")'],
];

describe.each(ways)('through %s', (way, ask) => {
  const create = (body: unknown) => ask('POST /students', { headers: JSON_CONTENT, body });

  it.each(NAMES)('a name of %s is stored and answered exactly, and mailed safely', async (_, name) => {
    const number = NAMES.findIndex(each => each[1] === name);
    const student = studentWith(`NAME${number}.${ways.findIndex(each => each[0] === way)}`, { name });
    const created = await create(student);
    expect(created).toMatchObject({ status: 201, body: student });
    expect(await ask(`GET /students/${student.studentid}`)).toMatchObject({
      status: 200,
      text: created.text,
    });

    const [mail, ...others] = await api.mailsTo(student);
    expect(others).toEqual([]);
    expect(mail?.destination).toEqual({ to: [student.email], cc: [], bcc: [] });
    expect(mail?.subject).toBe(`You are registered as student ${student.studentid}`);
    expect(mail?.body.text?.split('\n')).toContain(`Name: ${name}`);
    expect(mail?.body.html).toContain(`<td>${escaped(name)}</td>`);
  });

  it('a name is composed and trimmed, and otherwise kept as typed', async () => {
    const student = studentWith(`NFC.${ways.findIndex(each => each[0] === way)}`, {
      name: '  Nguye\u0302\u0303n  Va\u0306n \u00A0',
    });
    expect(await create(student)).toMatchObject({ status: 201, body: { name: 'Nguyễn  Văn' } });
  });

  it.each([
    ['name', 'A\r\nBcc: victim@example.com'],
    ['name', 'A\u2028B'],
    ['name', 'A\u0000'],
    ['name', '\ud83d'],
    ['name', 'x'.repeat(101)],
    ['name', ['A']],
    ['name', { toString: 'A' }],
    ['class', 'K\nSubject: Hello'],
    ['class', true],
    ['email', 'a@example.com\r\nBcc: victim@example.com'],
    ['email', 'a@example.com\nSubject: Hello'],
    ['email', 'a@example.com, victim@example.com'],
    ['email', 'A <a@example.com>'],
    ['email', '"a\r\nBcc: victim@example.com"@example.com'],
    ['email', 'a@example.com%0d%0aBcc:victim@example.com'],
    ['email', `${'a'.repeat(65)}@example.com`],
    ['email', ['a@example.com']],
    ['studentid', '../students'],
    ['studentid', '..'],
    ['studentid', 'A\r\nSet-Cookie: a=b'],
    ['studentid', 'A/B'],
    ['studentid', null],
    ['studentid', 5],
    ['birthdate', '2001-02-30'],
    ['birthdate', '9999-12-31'],
    ['birthdate', '0000-01-01'],
    ['birthdate', 20010505],
  ])('a wrong %s is refused by its name: %j', async (field, value) => {
    const reply = await create({ ...STUDENT, [field]: value });
    expect(reply).toMatchObject({ status: 400, body: { error: { code: 'ValidationFailed' } } });
    expect(new Set(fieldsOf(reply))).toEqual(new Set([field]));
  });

  it.each([
    ['a key twice', '{"studentid":"A","studentid":"B"}', 400, 'BadRequest'],
    ['a key twice, once escaped', '{"name":"A","n\\u0061me":"B"}', 400, 'BadRequest'],
    ['objects in objects', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`, 400, 'BadRequest'],
    ['lists in lists', `{"name":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, 400, 'BadRequest'],
    ['a prototype', '{"__proto__":{"studentid":"A"}}', 400, 'ValidationFailed'],
    ['1 MB', JSON.stringify({ ...STUDENT, name: 'x'.repeat(1_000_000) }), 413, 'TooLarge'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00, 0x80]), 400, 'BadRequest'],
    ['two byte order marks', `\uFEFF\uFEFF${JSON.stringify(STUDENT)}`, 400, 'BadRequest'],
    ['two values', '{}{}', 400, 'BadRequest'],
    ['a number too large', '{"studentid":1e999}', 400, 'ValidationFailed'],
  ])('a body of %s is refused', async (_, body, status, code) => {
    expect(await create(body)).toMatchObject({ status, body: { error: { code } } });
  });

  it.each([
    ['GET', '/students/%2e%2e%2fbackups'],
    ['GET', '/students/a%2Fb'],
    ['GET', '/students/%00'],
    ['GET', '/students/A%0d%0aSet-Cookie:%20a=b'],
    ['GET', `/students/${'x'.repeat(5000)}`],
    ['GET', '/students/%F0%9F%92%A9'],
    ['DELETE', '/students/%3Cscript%3E'],
    ['PUT', '/students/constructor'],
  ])('%s %s finds nothing', async (method, path) => {
    const sent =
      method === 'PUT' ? { headers: JSON_CONTENT, body: { ...STUDENT, studentid: 'constructor' } } : {};
    const reply = await ask(`${method} ${path}`, sent);
    expect(reply.status).toBe(404);
    expect(reply.headers.get('set-cookie')).toBeNull();
  });

  it.each([
    ['class=%00', 200],
    ['search=%27%20OR%201=1--', 200],
    ['search=%F0%9F%92%A9%E2%80%AE', 200],
    [`search=${'x'.repeat(101)}`, 400],
    ['limit=1e1', 400],
    ['limit=-1', 400],
    ['next=%2e%2e', 400],
    ['constructor=1', 400],
    ['limit=1&limit=2', 400],
  ])('a list by %s answers %i', async (query, status) => {
    expect(await ask(`GET /students?${query}`)).toMatchObject({ status });
  });

  it.each([
    ['If-Match', '"\u00e9"'],
    ['If-Match', '"1", "2"'],
    ['Idempotency-Key', 'cl\u00e9'],
    ['Idempotency-Key', 'k'.repeat(129)],
  ])('a header %s: %s is refused', async (name, value) => {
    const headers = { ...JSON_CONTENT, [name]: value };
    const line = name === 'If-Match' ? `PUT /students/${STUDENT.studentid}` : 'POST /students';
    const reply = await ask(line, { headers, body: STUDENT });
    expect(reply).toMatchObject({ status: 400, body: { error: { code: 'BadRequest' } } });
  });
});

it('Bodies larger than Lambda and API Gateway accept never reach the program', async () => {
  const ofSize = (bytes: number) =>
    api.ask('POST /students', { headers: JSON_CONTENT, body: Buffer.alloc(bytes, 'x') });
  expect(await ofSize(6_500_000)).toMatchObject({ status: 413, body: { message: 'Request Too Long' } });
  expect(await ofSize(10_485_761)).toMatchObject({
    status: 413,
    text: 'HTTP content length exceeded 10485760 bytes.',
  });
});

it('A student is returned as created, or refused with the names of the wrong fields', async () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
    fc.string({ unit: 'binary', maxLength: 40 }),
  );
  const sane = (value: string) =>
    fc.oneof({ weight: 12, arbitrary: fc.constant(value) }, text, fc.jsonValue());
  const students = fc.record({
    studentid: fc.oneof(
      { weight: 12, arbitrary: fc.stringMatching(/^F[A-Za-z0-9._-]{8,20}$/) },
      text,
      fc.jsonValue(),
    ),
    name: fc.oneof({ weight: 12, arbitrary: text }, fc.jsonValue()),
    class: fc.oneof({ weight: 12, arbitrary: text }, fc.jsonValue()),
    birthdate: sane('2001-05-05'),
    email: sane('fuzz@example.com'),
  });
  await fc.assert(
    fc.asyncProperty(students, fc.constantFrom(...ways), async (student, [, ask]) => {
      const created = await ask('POST /students', { headers: JSON_CONTENT, body: student });
      if (created.status === 201) {
        const fields = FIELDS.map(field => [field, String(student[field]).trim().normalize('NFC')]);
        expect(created.body).toMatchObject(Object.fromEntries(fields));
        expect(await ask(`GET ${created.headers.get('location')}`)).toMatchObject({
          status: 200,
          text: created.text,
        });
      } else if (created.status === 400) {
        const wrong = fieldsOf(created);
        // A value deep enough is refused before its fields are looked at.
        if (wrong.length === 0) expect(created.text).toContain('"BadRequest"');
        else expect(FIELDS).toEqual(expect.arrayContaining(wrong.map(field => field.split('.')[0])));
      } else expect(created).toMatchObject({ status: 409, body: { error: { code: 'StudentExists' } } });
    }),
    { numRuns: 60 },
  );
});

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
