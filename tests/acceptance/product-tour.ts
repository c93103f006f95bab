import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect } from 'vitest';
import { AwsError, authorizationOf, jsonErrorResponse } from '../../infra/local/kernel/aws-api.ts';
import { stopNextExecution, upload } from '../helpers/endings.ts';
import { type Fault, faulty, refused, type Target } from '../helpers/faults.ts';
import { JSON_CONTENT, type StudentApi, studentWith } from '../helpers/student-api.ts';

/**
 * Has the product do everything that it can do, failures included, and waits until the last of it
 * is done.
 */
export async function takeProductTour(site: StudentApi): Promise<void> {
  await refreshes(site);
  await students(site);
  await refreshesByHand(site);
  await mails(site);
  await backups(site);
  await site.settled();
}

const refusedByAws =
  (code: string): Fault =>
  async () =>
    jsonErrorResponse(new AwsError(code, 'Refused by a test'), '1.1');

/** As if the last invalidation had not completed: its paths are read. */
const lastInProgress: Fault = async (_, next) => {
  const answer = await next();
  return { ...answer, body: String(answer.body).replace('Completed', 'InProgress') };
};

/** Puts a fault into AWS while something is done. */
async function during<T>(
  site: StudentApi,
  target: Target,
  fault: Fault,
  work: () => Promise<T>,
  times?: number,
): Promise<T> {
  const { interceptor } = faulty(target, fault, times);
  const remove = site.cloud.intercept(interceptor);
  return await work().finally(remove);
}

/** Uploads, a removal, a request by hand; refusals; an operator who stops an execution; viewers. */
async function refreshes(site: StudentApi): Promise<void> {
  const create = { action: 'CreateInvalidation', caller: 'Invalidate' };
  await upload(site);
  await site.warm();
  // Covered by a wildcard, for which the site is listed.
  await site.put('photos/class~1.jpg', 'a picture');
  await site.settled();
  // Uploaded again unchanged: the bucket is asked whether it may be skipped.
  await site.put('photos/class~1.jpg', 'a picture');
  await site.settled();
  await during(site, { action: 'ListInvalidations' }, lastInProgress, () => upload(site));
  await during(site, create, refused('TooManyInvalidationsInProgress', 400), () => upload(site), 1);
  await during(site, create, refused('AccessDenied', 403), () => upload(site));

  const stopped = stopNextExecution(site);
  await site.put('page.txt', 'only the stopped refresh knows of this one');
  await stopped;
  await site.settled();

  await site.remove('page.txt');
  await site.settled();
  await site.send({ paths: ['/*'] });
  await site.settled();
  await site.expectEdgeEqualsBucket();
}

async function students(site: StudentApi): Promise<void> {
  const student = studentWith('GRANTED');
  const once = { 'Idempotency-Key': 'once' };
  expect(await site.create(student, once)).toMatchObject({ status: 201 });
  expect(await site.create(student, once)).toMatchObject({ status: 201 });
  expect(await site.create(student, { 'Idempotency-Key': 'other' })).toMatchObject({ status: 409 });
  expect(await site.ask('GET /students/GRANTED')).toMatchObject({ status: 200 });
  expect(await site.askEdge('GET /students')).toMatchObject({ status: 200 });
  expect(await site.update(student)).toMatchObject({ status: 200 });
  expect(await site.ask('DELETE /students/GRANTED')).toMatchObject({ status: 204 });
}

/** By the API, which shows the history too. */
async function refreshesByHand(site: StudentApi): Promise<void> {
  const asked = await site.ask('POST /refreshes', { body: { paths: ['/*'] }, headers: JSON_CONTENT });
  expect(asked).toMatchObject({ status: 202 });
  await site.settled();
  expect(await site.ask(`GET ${asked.headers.get('location')}`)).toMatchObject({ status: 200 });
  expect(await site.ask('GET /refreshes')).toMatchObject({ status: 200 });
}

/** One that SES refuses at first, and one that comes twice. */
async function mails(site: StudentApi): Promise<void> {
  const [refusedFirst, twice] = [studentWith('REFUSED'), studentWith('TWICE')];
  const MessageBody = JSON.stringify({
    type: 'student-confirmation',
    id: 'twice',
    to: twice.email,
    ...twice,
  });
  const QueueUrl = site.output('MailQueueUrl');
  await during(
    site,
    { action: 'SendEmail' },
    refusedByAws('TooManyRequestsException'),
    async () => {
      expect(await site.create(refusedFirst)).toMatchObject({ status: 201 });
      expect(await site.mailsTo(refusedFirst)).toHaveLength(1);
    },
    5,
  );
  for (let time = 1; time <= 2; time++) {
    await site.clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    expect(await site.mailsTo(twice)).toHaveLength(1);
  }
}

/**
 * One by the API, one at night, one that cannot write its parts, and one that cannot write its
 * manifest.
 */
async function backups(site: StudentApi): Promise<void> {
  expect(await site.ask('POST /backup')).toMatchObject({ status: 201 });
  expect(await site.ask('GET /backups')).toMatchObject({ status: 200 });
  for (const action of ['UploadPart', 'PutObject']) {
    const failed = site.next(
      entry => entry.kind === 'mail' && entry.subject.includes('backed up'),
      'a failure',
    );
    await during(site, { action, caller: 'Backup' }, refused('AccessDenied', 403), async () => {
      await atNight(site);
      await failed;
    });
  }
}

/** As EventBridge invokes the function that the rule names. */
async function atNight(site: StudentApi): Promise<void> {
  const [[functionArn = '', policy] = []] = [...site.cloud.permissions.policies.resourcePolicies].filter(
    ([arn]) => arn.includes('RecordsBackup') && arn.includes(':function:'),
  );
  const rule = policy?.statements[0]?.Condition?.['ArnLike']?.['aws:SourceArn'];
  const url = `${site.cloud.endpoint}/2015-03-31/functions/${functionArn}/invocations`;
  const { status } = await fetch(url, {
    method: 'POST',
    headers: { authorization: authorizationOf(String(rule), 'lambda'), 'x-amz-invocation-type': 'Event' },
    body: JSON.stringify({ key: `backups/20261123T020000Z-${crypto.randomUUID().slice(0, 8)}.ndjson.gz` }),
  });
  expect(status).toBe(202);
}
