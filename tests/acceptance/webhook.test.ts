import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { App, CfnOutput, SecretValue, Stack } from 'aws-cdk-lib';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Webhook } from 'standardwebhooks';
import { expect, it, onTestFinished } from 'vitest';
import { AutoInvalidation } from '../../infra/constructs/pipeline/auto-invalidation.ts';
import { secretIn, siteIn } from '../helpers/pipeline-stack.ts';
import { clientFor } from '../helpers/sdk-client.ts';
import { startSuccessiveCloud } from '../helpers/successive-clouds.ts';

const SECRET = 'whsec_plJ3nmyCDGBKInavdOK15jsl';

interface Request {
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** A receiver until the end of the test. @param answer the status for each request, in order */
async function startReceiver(answer: (number: number) => Promise<number>) {
  const requests: Request[] = [];
  const server = createServer(async (request, response) => {
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const number = requests.push({ headers, body: await text(request) });
    response.writeHead(await answer(number)).end();
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`, requests };
}

/** A site whose pipeline has a webhook, and a queue that hears of every fresh edge. */
function synthesise(outdir: string, url: string): void {
  const app = new App({ outdir, analyticsReporting: false });
  const stack = new Stack(app, 'Told');
  const { bucket, distribution } = siteIn(stack, 'Own');
  const secret = secretIn(stack, { secretStringValue: SecretValue.unsafePlainText(SECRET) });
  const pipeline = new AutoInvalidation(stack, 'Freshness', {
    bucket,
    distributions: [{ distribution }],
    notify: { emails: ['owner@example.com'] },
    webhook: { url, secret },
  });
  const fresh = new Queue(stack, 'Fresh');
  pipeline.onFresh('Tell', { target: new SqsQueue(fresh) });
  const failed = new Queue(stack, 'Failed');
  pipeline.onFailed('Warn', { target: new SqsQueue(failed) });
  new CfnOutput(stack, 'BucketName', { value: bucket.bucketName });
  new CfnOutput(stack, 'FreshQueueUrl', { value: fresh.queueUrl });
  new CfnOutput(stack, 'FailedQueueUrl', { value: failed.queueUrl });
  app.synth();
}

it('The end of a refresh reaches rules and, at last, a receiver that failed, and nothing waits for it', async () => {
  const mailed = Promise.withResolvers<void>();
  const received = Promise.withResolvers<void>();
  const { url, requests } = await startReceiver(async number => {
    // Slow until the refresh has been mailed, and then not well.
    await mailed.promise;
    if (number === 1) return 503;
    received.resolve();
    return 204;
  });
  const assemblyDirectory = mkdtempSync(join(tmpdir(), 'told-site-'));
  onTestFinished(() => rmSync(assemblyDirectory, { recursive: true }));
  synthesise(assemblyDirectory, url);
  const cloud = await startSuccessiveCloud({
    assemblyDirectory,
    stackName: 'Told',
    timeScale: 0.002,
    invalidationDelayMs: 0,
  });
  onTestFinished(cloud.stop);
  cloud.journal.subscribe(({ kind }) => {
    if (kind === 'mail') mailed.resolve();
  });
  const client = clientFor(cloud.endpoint);
  const { BucketName: Bucket, FreshQueueUrl, FailedQueueUrl } = cloud.outputs;
  const s3 = new S3Client({ ...client, forcePathStyle: true });
  await s3.send(new PutObjectCommand({ Bucket, Key: 'page.txt', Body: 'new' }));
  await received.promise;

  expect(cloud.mails().map(({ subject }) => subject)).toEqual(['Fresh: page.txt']);
  const [first, second] = requests;
  const sent = [first, second].map(request =>
    new Webhook(SECRET).verify(request?.body ?? '', request?.headers ?? {}),
  );
  expect(sent[1]).toEqual(sent[0]);
  expect(sent[0]).toMatchObject({
    type: 'refresh.ended',
    data: {
      version: 1,
      id: first?.headers['webhook-id'],
      pipeline: 'Told/Freshness',
      outcome: 'fresh',
      keys: { count: 1, first: [{ key: 'page.txt', removed: false }] },
    },
  });
  expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);

  const sqs = new SQSClient(client);
  const messagesIn = async (QueueUrl: string | undefined, WaitTimeSeconds: number) =>
    (await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds }))).Messages ?? [];
  const [message, ...others] = await messagesIn(FreshQueueUrl, 20);
  expect(others).toEqual([]);
  expect(JSON.parse(message?.Body ?? '')).toMatchObject({
    source: 'cloudfront-auto-invalidation',
    'detail-type': 'Refresh Ended',
    detail: JSON.parse(second?.body ?? '').data,
  });
  expect(await messagesIn(FailedQueueUrl, 0)).toEqual([]);
});
