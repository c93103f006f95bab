import { main } from '../../infra/cli/main.ts';
import { type AwsResponse, authorizationOf, jsonRequest } from '../../infra/local/kernel/aws-api.ts';
import type { LocalCloud } from '../../infra/local/local-cloud.ts';
import type { StudentFields } from '../../shared/school/students/student.ts';
import { runCommand } from '../helpers/run-command.ts';
import type { Simulation } from './simulation.ts';
import { deadLetterQueueUrl, output, POINTS_OF_PRESENCE, QUEUES, TESTER } from './stack.ts';

export type School = ReturnType<typeof createSchool>;

/** Long enough for a second try to find the first one's locks released. */
const RETRY_SECONDS = 5;
const MAX_TRIES = 40;

/**
 * What people do with the school's system, and what should have become of it: every upload and
 * every request is repeated until it is answered clearly, as people do, so that there is one right
 * end.
 */
export function createSchool({ cloud, time }: Simulation) {
  return {
    ...siteOf(cloud),
    ...registerOf(cloud),
    redrive: () => redrive(cloud),
    sleep,
    time,
  };
}

/** The site, and what its owner does with it. */
function siteOf(cloud: LocalCloud) {
  /** What the site bucket should hold, for every key ever touched; undefined: nothing. */
  const files = new Map<string, string | undefined>();
  const pathOf = (key: string) => `/${output(cloud, 'SiteBucketName')}/${key}`;
  return {
    files,

    async put(key: string, content: string): Promise<void> {
      files.set(key, content);
      await askS3(cloud, 'PUT', pathOf(key), content);
    },

    async remove(key: string): Promise<void> {
      files.set(key, undefined);
      await askS3(cloud, 'DELETE', pathOf(key));
    },

    /** A request by hand. */
    async invalidate(paths: readonly string[]): Promise<void> {
      await sendMessage(cloud, 'SiteChangesQueueUrl', { paths });
    },

    pause: () => command(cloud, 'pause'),
    resume: () => command(cloud, 'resume'),

    keepCloudFrontBusy: (paths: readonly string[]) => keepCloudFrontBusy(cloud, paths),

    /** Has every point of presence cache what it shows now. */
    async warm(): Promise<void> {
      for (const key of files.keys())
        for (const url of urlsOf(key)) for (const pop of POINTS_OF_PRESENCE) await cloud.view(url, pop);
    },
  };
}

/** The students' register, and what the school's staff does with it. */
function registerOf(cloud: LocalCloud) {
  const students = new Map<string, StudentFields>();
  /** Addresses that a confirmation should have gone to. */
  const registered = new Set<string>();
  return {
    students,
    registered,

    async register(student: StudentFields): Promise<void> {
      const status = await askApi(cloud, 'POST', '/students', student, `register-${student.studentid}`);
      if (status !== 201) throw new Error(`${student.studentid} could not be registered: ${status}`);
      students.set(student.studentid, student);
      registered.add(student.email);
    },

    async change(student: StudentFields): Promise<void> {
      const status = await askApi(cloud, 'PUT', `/students/${student.studentid}`, student);
      if (status !== 200) throw new Error(`${student.studentid} could not be changed: ${status}`);
      students.set(student.studentid, student);
    },

    async expel(studentid: string): Promise<void> {
      const status = await askApi(cloud, 'DELETE', `/students/${studentid}`);
      if (status !== 204) throw new Error(`${studentid} could not be removed: ${status}`);
      students.delete(studentid);
    },

    /** A message to the mail queue, as the API sends it; sending it again says nothing new. */
    async confirm({ studentid, name, email, class: studentClass }: StudentFields): Promise<void> {
      const message = { type: 'student-confirmation', id: `confirmation-${studentid}`, to: email };
      await sendMessage(cloud, 'MailQueueUrl', { ...message, studentid, name, class: studentClass });
      registered.add(email);
    },

    /** Students whose record says that their confirmation is still to be sent. */
    async pendingConfirmations(): Promise<StudentFields[]> {
      const ids = await pendingIds(cloud);
      return ids.map(id => students.get(id)).filter(student => student !== undefined);
    },

    async backUp(): Promise<void> {
      const status = await askApi(cloud, 'POST', '/backup');
      if (status !== 201 && status !== 202) throw new Error(`No backup was started: ${status}`);
    },
  };
}

/** A command of the project, repeated until it succeeds, as people do. */
async function command({ endpoint }: LocalCloud, name: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    const { exitCode, complaint } = await runCommand(main, [name, '--local', '--endpoint', endpoint]);
    if (exitCode === 0) return;
    if (tries === MAX_TRIES) throw new Error(`npm run ${name} still fails: ${complaint}`);
    await sleep(RETRY_SECONDS);
  }
}

function askS3(cloud: LocalCloud, method: string, url: string, body = ''): Promise<AwsResponse> {
  const headers = {
    host: 'localhost',
    authorization: authorizationOf(TESTER, 's3'),
    'cache-control': 'max-age=31536000',
    'content-type': 'text/plain',
  };
  return cloud.callAws({ service: 's3', caller: TESTER, method, url, headers, body: Buffer.from(body) });
}

async function sendMessage(cloud: LocalCloud, queueUrlOutput: string, message: object): Promise<void> {
  const input = { QueueUrl: output(cloud, queueUrlOutput), MessageBody: JSON.stringify(message) };
  await cloud.callAws(jsonRequest('sqs', 'AmazonSQS.SendMessage', input, TESTER));
}

/** Sends a request through the edge until the answer tells what has become of it. */
async function askApi(
  cloud: LocalCloud,
  method: string,
  path: string,
  body?: unknown,
  key?: string,
): Promise<number> {
  for (let tries = 1; ; tries++) {
    const { status, body: answer } = await cloud.request({
      method,
      url: `/api${path}`,
      headers: {
        host: '127.0.0.1',
        'content-type': 'application/json',
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      body: Buffer.from(body === undefined ? '' : JSON.stringify(body)),
    });
    const isUnclear = status >= 500 || status === 429 || String(answer).includes('"InProgress"');
    if (!isUnclear) return status;
    if (tries === MAX_TRIES) throw new Error(`${method} ${path} is still answered ${status}: ${answer}`);
    await sleep(RETRY_SECONDS);
  }
}

/** Somebody else's invalidation, with these paths. */
async function keepCloudFrontBusy(cloud: LocalCloud, paths: readonly string[]): Promise<void> {
  const items = paths.map(path => `<Path>${path}</Path>`).join('');
  const { status, body } = await cloud.callAws({
    service: 'cloudfront',
    caller: TESTER,
    method: 'POST',
    url: `/2020-05-31/distribution/${output(cloud, 'DistributionId')}/invalidation`,
    headers: { host: 'localhost', authorization: authorizationOf(TESTER, 'cloudfront') },
    body: Buffer.from(
      `<InvalidationBatch><Paths><Quantity>${paths.length}</Quantity><Items>${items}</Items></Paths><CallerReference>others ${paths.length}</CallerReference></InvalidationBatch>`,
    ),
  });
  if (status !== 201) throw new Error(`CreateInvalidation answered ${status}: ${body}`);
}

async function pendingIds(cloud: LocalCloud): Promise<string[]> {
  const input = { TableName: output(cloud, 'StudentTableName'), ConsistentRead: true };
  const { Items } = await askAws<{ Items: Record<string, { S?: string }>[] }>(
    cloud,
    'dynamodb',
    'DynamoDB_20120810.Scan',
    input,
  );
  return Items.filter(item => item['confirmation']?.S === 'pending').map(item => item['studentid']?.S ?? '');
}

/** Puts dead letters back into their queues, as `npm run redrive` does. */
async function redrive(cloud: LocalCloud): Promise<void> {
  const ask = <T>(action: string, input: object) => askAws<T>(cloud, 'sqs', `AmazonSQS.${action}`, input);
  for (const name of QUEUES) {
    const queue = output(cloud, name);
    const deadLetters = { QueueUrl: deadLetterQueueUrl(cloud, name) };
    const { Messages = [] } = await ask<{ Messages?: { Body: string; ReceiptHandle: string }[] }>(
      'ReceiveMessage',
      { ...deadLetters, MaxNumberOfMessages: 10 },
    );
    for (const { Body, ReceiptHandle } of Messages) {
      await ask('SendMessage', { QueueUrl: queue, MessageBody: Body });
      await ask('DeleteMessage', { ...deadLetters, ReceiptHandle });
    }
  }
}

export function sleep(seconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, seconds * 1000));
}

export function urlsOf(key: string): string[] {
  return key === 'index.html' ? ['/', '/index.html'] : [`/${key}`];
}

/** A student whose e-mail address tells the student's mails from others. */
export function studentWith(studentid: string, name = 'Pham Thi E'): StudentFields {
  const email = `${studentid.toLowerCase()}@example.com`;
  return { studentid, name, class: 'CNTT05', birthdate: '2001-05-05', email };
}

/** The answer to an AWS call in a JSON protocol. @throws Error unless its status is 200 */
export async function askAws<T>(
  cloud: LocalCloud,
  service: string,
  target: string,
  input: unknown,
): Promise<T> {
  const { status, body = '' } = await cloud.callAws(jsonRequest(service, target, input, TESTER));
  if (status !== 200) throw new Error(`${target} answered ${status}: ${body}`);
  return JSON.parse(String(body) || '{}') as T;
}
