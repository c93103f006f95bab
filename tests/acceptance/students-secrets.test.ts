import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Reply, type StudentApi, startStudentApi, studentWith } from '../helpers/student-api.ts';

/** Nothing in a log may look like these by chance. */
const STUDENT = studentWith('SECRET1', { name: 'Nguyễn Thị Riêng Tư', email: 'rieng.tu@example.com' });
const NAMESAKE = { ...STUDENT, name: 'Trần Văn Kín', email: 'van.kin@example.com' };

let api: StudentApi;

beforeAll(async () => {
  api = await startStudentApi({ deployWebsite: true });
});
afterAll(() => api.stop());

it('the key is in nothing that the site serves and in no log, and no log names a student', async () => {
  const replies = [...(await everyFile()), ...(await everyKindOfAnswer())];
  expect(new Set(replies.map(({ status }) => status))).toEqual(
    new Set([200, 201, 204, 400, 403, 404, 409, 412, 413, 415]),
  );
  await api.settled();
  const spellings = [api.key, btoa(api.key), Buffer.from(api.key).toString('hex')];
  for (const { text, headers } of replies) {
    const served = `${JSON.stringify([...headers])}\n${text}`;
    for (const spelling of spellings) expect(served).not.toContain(spelling);
  }

  const logs = api.cloud.journal.entries.flatMap(entry => (entry.kind === 'log' ? [entry.line] : []));
  expect(logs.some(line => line.includes('"Answered"'))).toBe(true);
  expect(logs.some(line => line.includes('"Mailed"'))).toBe(true);
  const personal = [STUDENT.name, STUDENT.email, STUDENT.birthdate, NAMESAKE.name, NAMESAKE.email];
  for (const word of [...spellings, ...personal]) {
    expect(logs.filter(line => line.includes(word) || line.includes(asciiJson(word)))).toEqual([]);
  }
});

it.each(['/', '/scripts.js', '/missing', '/api/students', '/api/students/none', '/api/unknown'])(
  '%s comes with the headers that protect its visitor',
  async path => {
    const { headers } = await fetch(`${api.cloud.siteUrl}${path}`);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-security-policy': expect.stringMatching(/^default-src 'none'; script-src 'self';/),
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
    });
    expect(headers.get('content-security-policy')).not.toContain('unsafe');
  },
);

/** Every object of the site, as the edge serves it. */
async function everyFile(): Promise<Reply[]> {
  const { Contents = [] } = await api.clients.s3.send(
    new ListObjectsV2Command({ Bucket: api.output('SiteBucketName') }),
  );
  const keys = Contents.map(({ Key = '' }) => Key);
  expect(keys).toEqual(expect.arrayContaining(['index.html', 'scripts.js', 'styles.css']));
  const replies: Reply[] = [];
  for (const key of ['', ...keys, 'missing', 'index.html?versions']) {
    const response = await fetch(`${api.cloud.siteUrl}/${key}`);
    const { status, headers } = response;
    replies.push({
      status,
      headers,
      text: Buffer.from(await response.arrayBuffer()).toString('latin1'),
      body: undefined,
    });
  }
  return replies;
}

/** Answers of the API to the page, good and bad, and to a caller with the key. */
async function everyKindOfAnswer(): Promise<Reply[]> {
  const headers = { 'Content-Type': 'application/json' };
  const replies: Reply[] = [];
  for (const ask of [api.askEdge, api.ask]) {
    const item = `/students/${STUDENT.studentid}`;
    const stale = { ...headers, 'If-Match': '"7"' };
    replies.push(
      await ask('POST /students', { headers, body: STUDENT }),
      await ask('POST /students', { headers, body: NAMESAKE }),
      await ask('POST /students', { headers, body: { ...STUDENT, email: `${STUDENT.email}\n`, name: '' } }),
      await ask('POST /students', { headers, body: `{"name":"${STUDENT.name}",` }),
      await ask('POST /students', { headers, body: 'x'.repeat(70_000) }),
      await ask('POST /students', { body: '{}' }),
      await ask('GET /students?limit=1'),
      await ask('GET /students?limit=x'),
      await ask(`GET ${item}`),
      await ask(`PUT ${item}`, { headers: stale, body: NAMESAKE }),
      await ask(`PUT ${item}`, { headers, body: NAMESAKE }),
      await ask('POST /backup', { headers }),
      await ask('GET /backups'),
      await ask('OPTIONS /students'),
      await ask('PATCH /students'),
      await ask('GET /unknown'),
      await ask(`DELETE ${item}`),
      await ask(`GET ${item}`),
    );
  }
  return [...replies, await api.askWithoutKey('GET /students', { headers: { 'x-api-key': 'wrong' } })];
}

/** As a log may escape it. */
function asciiJson(text: string): string {
  return text.replaceAll(/[^\x20-\x7E]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
