import { afterAll, beforeAll, expect, it } from 'vitest';
import { AwsError, jsonErrorResponse } from '../../infra/local/kernel/aws-api.ts';
import { inject } from '../helpers/endings.ts';
import type { Fault } from '../helpers/faults.ts';
import { type StudentApi, startStudentApi, studentWith } from '../helpers/student-api.ts';

let api: StudentApi;

beforeAll(async () => {
  // Five receives of a failing mail, three minutes apart.
  api = await startStudentApi({ timeScale: 0.002 });
});
afterAll(() => api.stop());

const refusedBy =
  (code: string, status: number): Fault =>
  async () =>
    jsonErrorResponse(new AwsError(code, 'Refused by a test', status), '1.1');

it('a student is saved although SES is too busy, and the mail follows', async () => {
  const student = studentWith('BUSY');
  const busy = inject(api, { action: 'SendEmail' }, refusedBy('TooManyRequestsException', 429), 5);
  expect(await api.create(student)).toMatchObject({ status: 201 });
  expect(await api.mailsTo(student)).toHaveLength(1);
  expect(busy.met).toHaveLength(5);
});

it('a student is saved although SES refuses the address, and the mail is set aside', async () => {
  const student = studentWith('SANDBOX');
  const refusing = inject(api, { action: 'SendEmail' }, refusedBy('MessageRejected', 400));
  expect(await api.create(student)).toMatchObject({ status: 201 });
  expect(await api.mailsTo(student)).toEqual([]);
  expect(refusing.met).not.toHaveLength(0);
  expect(await api.deadMails()).toBe(1);
});

it('a student is saved although the mail queue refuses, and the next write of the student sends the mail', async () => {
  const student = studentWith('QUEUE');
  const target = { action: 'SendMessage', caller: 'Students' };
  const refusing = inject(api, target, refusedBy('InternalError', 500), 3);
  expect(await api.create(student)).toMatchObject({ status: 201 });
  expect(refusing.met).toHaveLength(3);
  expect(await api.mailsTo(student)).toEqual([]);
  expect(await api.create(student)).toMatchObject({ status: 409 });
  expect(await api.update(student)).toMatchObject({ status: 200 });
  expect(await api.mailsTo(student)).toHaveLength(1);
});

it('a student is saved although the mail queue does not answer, and mailed once', async () => {
  const student = studentWith('SILENT');
  const { promise: isOver, resolve: goOn } = Promise.withResolvers<void>();
  inject(api, { action: 'SendMessage', caller: 'Students' }, (_, next) => isOver.then(next), 1);
  expect(await api.create(student)).toMatchObject({ status: 201 });
  goOn();
  expect(await api.update(student)).toMatchObject({ status: 200 });
  expect(await api.mailsTo(student)).toHaveLength(1);
});
