import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Fault, faulty, type Target } from '../helpers/faults.ts';
import { type Reply, type StudentApi, startStudentApi, studentWith } from '../helpers/student-api.ts';

/** Nothing in a log may look like these by chance. */
const STUDENT = studentWith('SECRET1', { name: 'Nguyễn Thị Riêng Tư', email: 'rieng.tu@example.com' });
const NAMESAKE = { ...STUDENT, name: 'Trần Văn Kín', email: 'van.kin@example.com' };

/** About invocations that failed: no function writes them. */
const LINES_OF_LAMBDA = /^\S+Z\t\S+\tERROR\tInvoke Error\t|^Asynchronous event dropped/;

let api: StudentApi;

beforeAll(async () => {
  api = await startStudentApi({ deployWebsite: true, timeScale: 0.005 });
});
afterAll(() => api.stop());

it('the key is in nothing that the site serves and in no log, and no log names a student', async () => {
  const answers = await everyKindOfAnswer();
  const replies = [...(await everyFile()), ...answers];
  expect(new Set(replies.map(({ status }) => status))).toEqual(
    new Set([200, 201, 204, 400, 403, 404, 409, 412, 413, 415]),
  );
  await everyKindOfTrouble();
  await api.settled();
  const spellings = [api.key, btoa(api.key), Buffer.from(api.key).toString('hex')];
  for (const { text, headers } of replies) {
    const served = `${JSON.stringify([...headers])}\n${text}`;
    for (const spelling of spellings) expect(served).not.toContain(spelling);
  }

  // CloudFront keeps some errors only if they have an age.
  const ages = answers.map(({ headers }) => headers.get('cache-control') ?? 'none');
  expect(ages.filter(age => /max-age/.test(age))).toEqual([]);

  const logs = api.cloud.journal.entries.flatMap(entry => (entry.kind === 'log' ? [entry.line] : []));
  expect(logs.some(line => line.includes('"Answered"'))).toBe(true);
  // CloudWatch charges for each line, and its queries find nothing in one that is not JSON.
  expect(logs.filter(line => !line.startsWith('{') && !LINES_OF_LAMBDA.test(line))).toEqual([]);
  for (const told of ['Mailed', 'Not mailed', 'Confirmation pending', 'Failed', 'Backed up', 'Reported'])
    expect(logs.filter(line => line.includes(`"message":"${told}"`))).not.toEqual([]);
  const personal = [STUDENT.name, STUDENT.email, STUDENT.birthdate, NAMESAKE.name, NAMESAKE.email];
  for (const word of [...spellings, ...personal]) {
    expect(logs.filter(line => line.includes(word) || line.includes(asciiJson(word)))).toEqual([]);
  }
});

it.each(['/', '/scripts.js', '/cache.js', '/missing', '/api/students', '/api/students/none', '/api/unknown'])(
  '%s has the headers that protect its visitor',
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

it.each([
  ['GET /students/NEW1', 404],
  ['GET /students?limit=x', 400],
  ['PATCH /students', 403],
])('the edge asks the API again after it answered %s with %i', async (line, status) => {
  const requests = () => api.cloud.journal.entries.filter(({ kind }) => kind === 'request').length;
  const before = requests();
  const answers = [await api.askEdge(line), await api.askEdge(line)];
  expect(answers.map(answer => answer.status)).toEqual([status, status]);
  expect(requests() - before).toBe(2);
});

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

/**
 * What goes wrong around a student: SES, the mail queue, DynamoDB and S3 refuse, a function is
 * killed, messages make no sense.
 */
async function everyKindOfTrouble(): Promise<void> {
  const headers = { 'Content-Type': 'application/json' };
  const create = (studentid: string) =>
    api.ask('POST /students', { headers, body: { ...STUDENT, studentid } });
  // SES alone repeats what it was given.
  const refused =
    (type: string, message = 'Refused by a test'): Fault =>
    async () => ({
      status: 400,
      headers: { 'content-type': 'application/json', 'x-amzn-errortype': type },
      body: JSON.stringify({ __type: type, message }),
    });
  const during = async (target: Target, fault: Fault, work: () => Promise<unknown>) => {
    const remove = api.cloud.intercept(faulty(target, fault).interceptor);
    await work();
    remove();
  };
  await during(
    { action: 'SendEmail' },
    refused('MessageRejected', `Email address is not verified: ${STUDENT.email}`),
    async () => {
      const handedBack = api.next(
        entry => entry.kind === 'log' && entry.line.includes('"Not mailed"'),
        'a mail that SES refuses',
      );
      await create('SECRET2');
      await handedBack;
    },
  );
  await during({ action: 'SendMessage', caller: 'Students' }, refused('AccessDenied'), () =>
    create('SECRET3'),
  );
  await during({ action: 'PutItem', caller: 'Students' }, refused('AccessDeniedException'), () =>
    create('SECRET4'),
  );
  const killed: Fault = ({ request }, next) => {
    api.cloud.crashFunctions(request.caller);
    return next();
  };
  await during({ action: 'PutItem', caller: 'Students' }, killed, () => create('SECRET5'));
  await during({ action: 'Scan' }, refused('AccessDeniedException'), async () => {
    const failed = api.next(
      entry =>
        entry.kind === 'invocation' && entry.functionName.includes('Backup') && entry.outcome === 'error',
      'a backup that fails',
    );
    await api.ask('POST /backup');
    await failed;
  });
  const QueueUrl = api.output('MailQueueUrl');
  const MessageBody = JSON.stringify({ type: 'student-confirmation', to: STUDENT.email, name: STUDENT.name });
  await api.clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  await api.send(`${STUDENT.name} ${STUDENT.email}`);
  await api.put('secret.txt', STUDENT.name);
}

/** As a log may escape it. */
function asciiJson(text: string): string {
  return text.replaceAll(/[^\x20-\x7E]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
