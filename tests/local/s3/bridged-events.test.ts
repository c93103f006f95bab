import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { BUCKET, type StorageOptions, startStorage, take } from '../../helpers/storage.ts';

/** A bucket whose events go to EventBridge, which keeps them. */
async function start(options: StorageOptions = {}) {
  const published: unknown[] = [];
  const storage = await startStorage({
    publish: async event => void published.push(event),
    ...options,
  });
  /** The events that EventBridge has when all uploads so far have sent theirs. */
  const events = async () => {
    await storage.stop();
    return published;
  };
  return { ...storage, events };
}

const put = (s3: S3Client, Key: string, Body = 'x') =>
  s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));

describe('A bucket that sends its events to EventBridge', () => {
  it('sends them in the shape of EventBridge, the key as it is', async () => {
    const { s3, events } = await start({ now: () => new Date('2026-01-02T03:04:05.678Z') });
    await put(s3, 'two words+%2B/ö.html', 'hello');
    expect(await events()).toEqual([
      {
        version: '0',
        id: expect.stringMatching(/^[\da-f-]{36}$/),
        'detail-type': 'Object Created',
        source: 'aws.s3',
        account: '000000000000',
        time: '2026-01-02T03:04:05Z',
        region: 'us-east-1',
        resources: [`arn:aws:s3:::${BUCKET}`],
        detail: {
          version: '0',
          'event-version': '1.1',
          bucket: { name: BUCKET },
          object: {
            key: 'two words+%2B/ö.html',
            size: 5,
            etag: '5d41402abc4b2a76b9719d911017c592',
            sequencer: expect.stringMatching(/^[0-9A-F]{18}$/),
          },
          'request-id': expect.any(String),
          requester: '000000000000',
          'source-ip-address': '127.0.0.1',
          reason: 'PutObject',
        },
      },
    ]);
  });

  it('tells a removal from a lifecycle rule’s, and that it is for good', async () => {
    const { s3, events } = await start();
    await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a.txt' }));
    expect(await events()).toMatchObject([
      {
        'detail-type': 'Object Deleted',
        detail: { reason: 'DeleteObject', 'deletion-type': 'Permanently Deleted', object: { key: 'a.txt' } },
      },
    ]);
  });

  it('names the API by which an object was copied, and sends one event for each of many removals', async () => {
    const { s3, events } = await start();
    await put(s3, 'a.txt');
    await s3.send(new CopyObjectCommand({ Bucket: BUCKET, Key: 'b.txt', CopySource: `${BUCKET}/a.txt` }));
    const Objects = [{ Key: 'a.txt' }, { Key: 'b.txt' }];
    await s3.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } }));
    const told = (await events()).map(event => Object(event).detail.reason);
    expect(told).toHaveLength(4);
    expect(new Set(told)).toEqual(new Set(['PutObject', 'CopyObject', 'DeleteObject']));
  });

  it('sends them to its queues as well, with the same sequencer', async () => {
    const { s3, sqs, queueUrl, events } = await start({ events: ['s3:ObjectCreated:*'] });
    await put(s3, 'a.txt');
    const [message] = await take(sqs, queueUrl, 1);
    const { sequencer } = JSON.parse(message?.Body ?? '').Records[0].s3.object;
    expect(await events()).toMatchObject([{ detail: { object: { key: 'a.txt', sequencer } } }]);
  });

  it('may send an event twice: EventBridge delivers at least once', async () => {
    const { s3, events } = await start({ deliver: (_, send) => send().then(send) });
    await put(s3, 'a.txt');
    expect(await events()).toHaveLength(2);
  });
});
