import { S3Client } from '@aws-sdk/client-s3';
import { expect, it, onTestFinished } from 'vitest';
import type { AwsResponse } from '../../../infra/local/kernel/aws-api.ts';
import { startAwsEndpoint } from '../../../infra/local/kernel/aws-endpoint.ts';
import { createJournal } from '../../../infra/local/kernel/journal.ts';
import { createBucketNotifications } from '../../../shared/aws/bucket-notifications.ts';
import { clientFor } from '../../helpers/sdk-client.ts';

const refusal = (status: number, code: string): AwsResponse => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: `<Error><Code>${code}</Code><Message>Refused by a test</Message></Error>`,
});

/** A bucket whose notifications are a list of ids. Each change of it gets the next answer. */
async function start(...answers: AwsResponse[]) {
  const asked: string[] = [];
  const s3 = async ({ method }: { method: string }): Promise<AwsResponse> => {
    asked.push(method);
    if (method === 'PUT') return answers.shift() ?? { status: 200 };
    return {
      status: 200,
      headers: { 'content-type': 'application/xml' },
      body: '<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>',
    };
  };
  const endpoint = await startAwsEndpoint({
    port: 0,
    services: new Map([['s3', s3]]),
    journal: createJournal(),
  });
  onTestFinished(endpoint.stop);
  const client = new S3Client({ ...clientFor(endpoint.url), forcePathStyle: true });
  const paused: number[] = [];
  const pause = async (milliseconds: number) => paused.push(milliseconds);
  return { ...createBucketNotifications(client, pause), asked, paused };
}

it('Notifications that somebody else is changing are read again', async () => {
  const { change, asked } = await start(refusal(409, 'OperationAborted'), refusal(409, 'OperationAborted'));
  const seen: object[] = [];
  await change('site', configuration => {
    seen.push(configuration);
    return { ...configuration };
  });
  expect(asked).toEqual(['GET', 'PUT', 'GET', 'PUT', 'GET', 'PUT']);
  expect(seen).toHaveLength(3);
});

it('Notifications that somebody else keeps changing are given up after five attempts', async () => {
  const { change, asked, paused } = await start(...Array(5).fill(refusal(409, 'OperationAborted')));
  await expect(change('site', configuration => ({ ...configuration }))).rejects.toMatchObject({
    name: 'OperationAborted',
  });
  expect(asked.filter(method => method === 'PUT')).toHaveLength(5);
  expect(paused).toEqual([500, 1000, 1500, 2000]);
});

it.each([
  [refusal(301, 'PermanentRedirect'), 'The region of this stack (-c region=…) has no bucket site'],
  [refusal(404, 'NoSuchBucket'), 'There is no bucket site'],
  [refusal(403, 'AccessDenied'), 'Refused by a test'],
])('The answer %j is reported with its reason', async (answer, message) => {
  const { change } = await start(answer);
  await expect(change('site', configuration => ({ ...configuration }))).rejects.toThrow(message);
});

it.each([
  [301, 'PermanentRedirect'],
  [404, 'NoSuchBucket'],
])('There is nothing to remove if S3 answers %i %s', async (status, code) => {
  const { changeIfAny } = await start(refusal(status, code));
  await expect(changeIfAny('site', configuration => ({ ...configuration }))).resolves.toBeUndefined();
});

it('A removal that is not permitted is reported', async () => {
  const { changeIfAny } = await start(refusal(403, 'AccessDenied'));
  await expect(changeIfAny('site', configuration => ({ ...configuration }))).rejects.toThrow('Refused');
});

it('Nothing is written if nothing changes', async () => {
  const { changeIfAny, asked } = await start();
  await changeIfAny('site', configuration => configuration);
  expect(asked).toEqual(['GET']);
});
