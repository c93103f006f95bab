import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { inject } from '../helpers/endings.ts';
import {
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

/** What a 429 says, and the exception it names. */
const TOO_MANY = ['Too Many Requests', 'TooManyRequestsException'] as const;
const LIMIT = ['Limit Exceeded', 'LimitExceededException'] as const;

const refusal = (code: string) => ({ error: { code, message: expect.any(String) } });

function expectRefusal(reply: Reply, status: number, code: string): void {
  expect(reply).toMatchObject({ status, body: refusal(code) });
}

describe('the requests of the documentation', () => {
  it('create a student, exactly as documented', async () => {
    const reply = await api.ask('POST /students', {
      headers: { 'Content-Type': 'application/json' },
      body: '{"studentid":"SV005","name":"Pham Thi E","class":"CNTT05","birthdate":"2001-05-05","email":"student5@example.com"}',
    });
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({
      ...STUDENT,
      version: 1,
      revision: REVISION,
      createdAt: TIME,
      updatedAt: TIME,
    });
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      'content-type': 'application/json',
      location: '/students/SV005',
      etag: `"${Object(reply.body).revision}"`,
      'access-control-allow-origin': api.output('SiteUrl'),
      'access-control-expose-headers': 'ETag, Location',
      'cache-control': 'no-store',
    });
    const [mail, ...others] = await api.mailsTo(STUDENT);
    expect(mail).toMatchObject({ subject: 'You are registered as student SV005' });
    expect(others).toEqual([]);
  });

  it('back up all students, exactly as documented', async () => {
    const mailed = api.mails().length;
    const reply = await api.ask('POST /backup', { headers: { 'Content-Type': 'application/json' } });
    expect(reply).toMatchObject({
      status: 201,
      body: {
        key: expect.stringMatching(/^backups\/\d{8}T\d{6}Z-[\da-f]{8}\.ndjson\.gz$/),
        count: (await api.records()).length,
        sha256: expect.stringMatching(/^[\da-f]{64}$/),
        startedAt: TIME,
        finishedAt: TIME,
      },
    });
    const { body } = await api.ask('GET /backups');
    expect(body).toEqual({ backups: [{ ...Object(reply.body), bytes: expect.any(Number) }] });
    await api.settled();
    const subjects = api.mails().map(({ subject }) => subject);
    expect(subjects.slice(mailed)).toEqual([expect.stringMatching(/^Backup: \d+ students$/)]);
  });
});

const REVISION = expect.stringMatching(/^[\w-]{12}$/);
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

const tagOf = ({ headers }: Reply) => ({ 'If-Match': headers.get('etag') ?? '' });

describe('a student', () => {
  it('is created once, read, changed, and removed repeatably', async () => {
    const student = studentWith('SV100');
    const created = await api.create(student);
    expectRefusal(await api.create(student), 409, 'StudentExists');
    const read = await api.ask('GET /students/SV100');
    expect(read).toMatchObject({ status: 200, text: created.text });
    expect(read.headers.get('etag')).toBe(created.headers.get('etag'));

    const { studentid: _, ...changes } = { ...student, name: 'Phạm Thị É' };
    const changed = await api.ask('PUT /students/SV100', { headers: JSON_CONTENT, body: changes });
    expect(changed).toMatchObject({ status: 200, body: { ...student, ...changes, version: 2 } });
    expect(changed.headers.get('etag')).not.toBe(created.headers.get('etag'));
    expect(await api.ask('GET /students/SV100')).toMatchObject({ text: changed.text });

    for (const _ of ['once', 'again']) {
      expect(await api.ask('DELETE /students/SV100')).toMatchObject({ status: 204, text: '' });
    }
    expectRefusal(await api.ask('GET /students/SV100'), 404, 'StudentNotFound');
    expectRefusal(await api.update(student), 404, 'StudentNotFound');
  });

  it('changes only in the version that If-Match names', async () => {
    const student = studentWith('SV101');
    const seen = tagOf(await api.create(student));
    expect(await api.update({ ...student, class: 'A' }, seen)).toMatchObject({ status: 200 });
    expectRefusal(await api.update({ ...student, class: 'B' }, seen), 412, 'PreconditionFailed');
    expectRefusal(await api.ask('DELETE /students/SV101', { headers: seen }), 412, 'PreconditionFailed');
    expectRefusal(await api.update(student, { 'If-Match': '1' }), 400, 'BadRequest');
    expect(await api.ask('GET /students/SV101')).toMatchObject({ body: { class: 'A', version: 2 } });
    const newest = await api.update(student, { 'If-Match': '*' });
    expect(newest).toMatchObject({ status: 200 });
    const latest = { headers: tagOf(newest) };
    expect(await api.ask('DELETE /students/SV101', latest)).toMatchObject({ status: 204 });
    expect(await api.ask('DELETE /students/SV101', latest)).toMatchObject({ status: 204 });
  });

  it('is not taken for another one who got its id', async () => {
    const student = studentWith('SV102');
    const seen = tagOf(await api.create(student));
    await api.ask('DELETE /students/SV102');
    await api.create({ ...student, name: 'Somebody else' });
    expectRefusal(await api.ask('DELETE /students/SV102', { headers: seen }), 412, 'PreconditionFailed');
    expectRefusal(await api.update(student, seen), 412, 'PreconditionFailed');
    expect(await api.ask('GET /students/SV102')).toMatchObject({ body: { name: 'Somebody else' } });
  });

  it('may be written back as it was read', async () => {
    const { body } = await api.create(studentWith('SV103'));
    const route = 'PUT /students/SV103';
    const sent = { headers: JSON_CONTENT, body: { ...Object(body), class: 'X' } };
    expect(await api.ask(route, sent)).toMatchObject({ status: 200, body: { class: 'X', version: 2 } });
    expectRefusal(await api.ask(route, sent), 412, 'PreconditionFailed');
  });

  it('is refused in another encoding than UTF-8, and accepted with a byte order mark', async () => {
    const json = JSON.stringify({ ...studentWith('SV104'), name: 'José' });
    const sent = (body: Uint8Array) =>
      fetch(`${api.output('ApiUrl').replace(/\/$/, '')}/students`, {
        method: 'POST',
        headers: { ...JSON_CONTENT, 'x-api-key': api.key },
        body: new Uint8Array(body),
      });
    const latin = await sent(Buffer.from(json, 'latin1'));
    expect([latin.status, await latin.text()]).toEqual([400, expect.stringContaining('not UTF-8')]);
    expect((await sent(Buffer.from(`\ufeff${json}`))).status).toBe(201);
    expect(await api.ask('GET /students/SV104')).toMatchObject({ body: { name: 'José' } });
  });

  it('keeps the id of its address', async () => {
    await api.create(studentWith('SV102'));
    const reply = await api.ask('PUT /students/SV102', { headers: JSON_CONTENT, body: studentWith('SV103') });
    expectRefusal(reply, 400, 'ValidationFailed');
    expect(reply.body).toMatchObject({ error: { fields: [{ field: 'studentid' }] } });
  });

  it('is listed in the order of the ids, page by page, by class and by search', async () => {
    const ids = ['LIST-3', 'LIST-1', 'LIST-2'];
    for (const id of ids) await api.create(studentWith(id, { class: 'LIST' }));
    const first = await api.ask('GET /students?class=LIST&limit=2');
    const { next } = Object(first.body);
    const listed = (reply: Reply) =>
      Object(reply.body).students.map(({ studentid }: { studentid: string }) => studentid);
    expect(first).toMatchObject({ status: 200, body: { next: expect.any(String), total: 3 } });
    expect(listed(first)).toEqual(['LIST-1', 'LIST-2']);
    const second = await api.ask(`GET /students?class=LIST&limit=2&next=${next}`);
    expect(listed(second)).toEqual(['LIST-3']);
    expect(second.body).not.toHaveProperty('next');
    expect(listed(await api.ask('GET /students?search=list-2%40EXAMPLE'))).toEqual(['LIST-2']);
    for (const query of ['limit=0', 'limit=101', 'next=x', `next=${next}`, 'sort=name', 'limit=1&limit=1']) {
      expectRefusal(await api.ask(`GET /students?${query}`), 400, 'BadRequest');
    }
  });
});

describe('an Idempotency-Key', () => {
  it('makes a retry return the same answer with one mail, and refuses another body', async () => {
    const student = studentWith('SV200');
    const key = { 'Idempotency-Key': 'first try of SV200' };
    const first = await api.create(student, key);
    const second = await api.create(student, key);
    expect(second).toMatchObject({ status: 201, text: first.text });
    expect(second.headers.get('location')).toBe('/students/SV200');
    expectRefusal(await api.create({ ...student, name: 'Other' }, key), 422, 'IdempotencyMismatch');
    expectRefusal(await api.create(student, { 'Idempotency-Key': 'new' }), 409, 'StudentExists');
    expectRefusal(await api.create(student, { 'Idempotency-Key': 'k'.repeat(129) }), 400, 'BadRequest');
    expect(await api.mailsTo(student)).toHaveLength(1);
  });

  it('is in use while its first request runs', async () => {
    const student = studentWith('SV201');
    const key = { 'Idempotency-Key': 'SV201' };
    const running = Promise.withResolvers<void>();
    const isOver = Promise.withResolvers<void>();
    inject(api, { action: 'SendMessage', caller: 'Students' }, (_, next) => {
      running.resolve();
      return isOver.promise.then(next);
    });
    const first = api.create(student, key);
    await running.promise;
    expectRefusal(await api.create(student, key), 409, 'InProgress');
    isOver.resolve();
    expect(await first).toMatchObject({ status: 201 });
    expect(await api.create(student, key)).toMatchObject({ status: 201, text: (await first).text });
    expect(await api.mailsTo(student)).toHaveLength(1);
  });
});

describe('A nonsensical request', () => {
  it('is told every wrong field at once', async () => {
    const reply = await api.create({ studentid: 'SV 1', name: '', birthdate: '2001-02-30', email: 7, x: 1 });
    expectRefusal(reply, 400, 'ValidationFailed');
    const fields = Object(reply.body).error.fields.map(({ field }: { field: string }) => field);
    expect(fields.toSorted()).toEqual(['birthdate', 'class', 'email', 'name', 'studentid', 'x']);
  });

  it.each([
    ['no JSON', '{', JSON_CONTENT, 400, 'BadRequest'],
    ['nothing', undefined, JSON_CONTENT, 400, 'BadRequest'],
    ['a list', '[]', JSON_CONTENT, 400, 'BadRequest'],
    ['another media type', '{}', { 'Content-Type': 'text/plain' }, 415, 'UnsupportedMediaType'],
    ['no media type', '{}', {}, 415, 'UnsupportedMediaType'],
    ['more than 64 KiB', `"${'x'.repeat(65_535)}"`, JSON_CONTENT, 413, 'TooLarge'],
  ])('is refused: %s', async (_, body, headers: Record<string, string>, status, code) => {
    expectRefusal(await api.ask('POST /students', { body, headers }), status, code);
  });
});

describe('API Gateway', () => {
  it.each([
    ['no key', {}],
    ['another key', { 'x-api-key': 'x'.repeat(40) }],
  ])('refuses %s', async (_, headers) => {
    const reply = await api.askWithoutKey('GET /students', { headers });
    expectGatewayRefusal(reply, 403, 'Forbidden', 'ForbiddenException');
  });

  it.each(['GET /teachers', 'PATCH /students', 'GET /students/a/b', 'DELETE /backup'])(
    'knows no %s',
    async line => {
      const reply = await api.ask(line);
      expectGatewayRefusal(reply, 403, 'Missing Authentication Token', 'MissingAuthenticationTokenException');
    },
  );

  it.each([
    ['/students', 'GET,POST'],
    ['/students/SV005', 'GET,PUT,DELETE'],
    ['/backup', 'POST'],
    ['/backups', 'GET'],
  ])('answers a preflight of %s without a key', async (path, methods) => {
    const reply = await api.askWithoutKey(`OPTIONS ${path}`);
    expect(reply).toMatchObject({ status: 204, text: '' });
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      'access-control-allow-origin': api.output('SiteUrl'),
      'access-control-allow-methods': methods,
      'access-control-allow-headers': 'Content-Type,X-Api-Key,Idempotency-Key,If-Match',
      'access-control-max-age': '3600',
    });
  });

  it.each([
    ['throttles whoever is faster than the usage plan allows', { rate: 0.001, burst: 2 }, TOO_MANY],
    ['ends with the day’s quota', { requestsPerDay: 2 }, LIMIT],
  ])('%s', async (_, limits, [message, type]) => {
    const limited = await startStudentApi({}, limits);
    onTestFinished(limited.stop);
    for (const _ of ['first', 'second']) expect((await limited.ask('GET /students')).status).toBe(200);
    expectGatewayRefusal(await limited.ask('GET /students'), 429, message, type, limited);
    expect((await limited.askWithoutKey('OPTIONS /students')).status).toBe(204);
  });
});

function expectGatewayRefusal(
  reply: Reply,
  status: number,
  message: string,
  type: string,
  { output } = api,
): void {
  expect(reply).toMatchObject({ status, body: { message } });
  expect(reply.headers.get('x-amzn-errortype')).toBe(type);
  expect(reply.headers.get('access-control-allow-origin')).toBe(output('SiteUrl'));
}
