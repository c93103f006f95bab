import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConnectionCutError } from '../../../infra/local/kernel/aws-endpoint.ts';
import type { EventDelivery } from '../../../infra/local/services/s3/events.ts';
import { BUCKET, type StorageOptions, startStorage, take } from '../../helpers/storage.ts';

const EVERYTHING = ['s3:ObjectCreated:*', 's3:ObjectRemoved:*'];

const Notification = z.object({
  Records: z.tuple([
    z.looseObject({
      eventName: z.string(),
      s3: z.looseObject({
        object: z.looseObject({ key: z.string(), sequencer: z.string() }),
      }),
    }),
  ]),
});

async function start(options: StorageOptions = {}) {
  const storage = await startStorage({ events: EVERYTHING, ...options });
  /** The next events' records, one a message. */
  const records = async (count: number) => {
    const messages = await take(storage.sqs, storage.queueUrl, count);
    return messages.map(({ Body = '' }) => Notification.parse(JSON.parse(Body)).Records[0]);
  };
  return { ...storage, records };
}

const put = (s3: S3Client, Key: string, Body = 'x') =>
  s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));

describe('An event', () => {
  it('has the shape that S3 sends', async () => {
    const { s3, records } = await start({ now: () => new Date('2026-01-02T03:04:05.678Z') });
    await put(s3, 'two words+ö/a.html', 'hello');
    const sequencer = expect.stringMatching(/^[0-9A-F]{18}$/);
    expect(await records(1)).toEqual([
      {
        eventVersion: '2.4',
        eventSource: 'aws:s3',
        awsRegion: 'us-east-1',
        eventTime: '2026-01-02T03:04:05.678Z',
        eventName: 'ObjectCreated:Put',
        userIdentity: { principalId: expect.any(String) },
        requestParameters: { sourceIPAddress: '127.0.0.1' },
        responseElements: { 'x-amz-request-id': expect.any(String), 'x-amz-id-2': expect.any(String) },
        s3: {
          s3SchemaVersion: '1.0',
          configurationId: expect.any(String),
          bucket: {
            name: BUCKET,
            ownerIdentity: { principalId: expect.any(String) },
            arn: `arn:aws:s3:::${BUCKET}`,
          },
          object: {
            key: 'two+words%2B%C3%B6/a.html',
            eTag: '5d41402abc4b2a76b9719d911017c592',
            size: 5,
            sequencer,
          },
        },
      },
    ]);
  });

  it.each([
    'plain.txt',
    'two words.txt',
    'a+b.txt',
    'per%20cent.txt',
    '100%.txt',
    "it's(a)*test!~.txt",
    'a&b=c?d#e;f,g:h@i$j.txt',
    'Điểm số/học kỳ 1.html',
    'emoji-😀.png',
    'line\nbreak.txt',
    'dots/../in/./between.txt',
    '&lt;literal&amp;entities;<tag>"',
  ])('names the key %j form-encoded', async key => {
    const { s3, records } = await start();
    await put(s3, key);
    await s3.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects: [{ Key: key }] } }));
    for (const {
      s3: { object },
    } of await records(2)) {
      expect(object.key).toMatch(/^[\w.\-~%+/]+$/);
      expect(new URLSearchParams(`key=${object.key}`).get('key')).toBe(key);
    }
  });

  it('has a sequencer that grows even if the clock stands still', async () => {
    const { s3, records } = await start({ now: () => new Date(0) });
    for (const body of ['1', '2', '3']) await put(s3, 'a.txt', body);
    const sequencers = (await records(3)).map(record => record.s3.object.sequencer);
    expect(new Set(sequencers).size).toBe(3);
    expect(sequencers.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(sequencers);
  });
});

describe('An event is sent by', () => {
  it('copying', async () => {
    const { s3, records } = await start();
    await put(s3, 'a.txt', 'hello');
    await s3.send(new CopyObjectCommand({ Bucket: BUCKET, Key: 'b.txt', CopySource: `${BUCKET}/a.txt` }));
    const [, copy] = await records(2);
    expect(copy).toMatchObject({
      eventName: 'ObjectCreated:Copy',
      s3: { object: { key: 'b.txt', size: 5, eTag: '5d41402abc4b2a76b9719d911017c592' } },
    });
  });

  it('a multipart upload, once, when it is complete', async () => {
    const { s3, records } = await start();
    const at = { Bucket: BUCKET, Key: 'big.bin' };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at));
    const Body = Buffer.alloc(5 * 1024 * 1024);
    const first = await s3.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body }));
    const second = await s3.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 2, Body: 'rest' }));
    const { ETag } = await s3.send(
      new CompleteMultipartUploadCommand({
        ...at,
        UploadId,
        MultipartUpload: {
          Parts: [
            { PartNumber: 1, ETag: first.ETag },
            { PartNumber: 2, ETag: second.ETag },
          ],
        },
      }),
    );
    await put(s3, 'after.txt');
    const [complete, after] = await records(2);
    expect(complete).toMatchObject({
      eventName: 'ObjectCreated:CompleteMultipartUpload',
      s3: { object: { key: 'big.bin', size: Body.length + 4, eTag: ETag?.replaceAll('"', '') } },
    });
    expect(after?.s3.object.key).toBe('after.txt');
  });

  it('no aborted upload', async () => {
    const { s3, journal } = await start();
    const at = { Bucket: BUCKET, Key: 'big.bin' };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at));
    await s3.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: 'x' }));
    await s3.send(new AbortMultipartUploadCommand({ ...at, UploadId }));
    expect(journal.entries.filter(({ kind }) => kind === 'object')).toEqual([]);
  });

  it('deleting, without size and eTag', async () => {
    const { s3, records } = await start();
    await put(s3, 'a.txt');
    await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a.txt' }));
    const [, removed] = await records(2);
    expect(removed?.eventName).toBe('ObjectRemoved:Delete');
    expect(Object.keys(removed?.s3.object ?? {})).toEqual(['key', 'sequencer']);
  });

  it.each([true, false])('deleting many at once, quietly: %s', async Quiet => {
    const { s3, records } = await start({ events: ['s3:ObjectRemoved:*'] });
    const Objects = ['a.txt', 'b c.txt', 'd/<e>&amp;.txt'].map(Key => ({ Key }));
    await s3.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects, Quiet } }));
    const removed = await records(3);
    expect(new Set(removed.map(({ eventName }) => eventName))).toEqual(new Set(['ObjectRemoved:Delete']));
    expect(new Set(removed.map(record => record.s3.object.key))).toEqual(
      new Set(['a.txt', 'b+c.txt', 'd/%3Ce%3E%26amp%3B.txt']),
    );
  });

  it('no refused change', async () => {
    const { s3, journal } = await start();
    const missing = new CopyObjectCommand({ Bucket: BUCKET, Key: 'b', CopySource: `${BUCKET}/nothing` });
    await expect(s3.send(missing)).rejects.toThrow();
    await expect(s3.send(new PutObjectCommand({ Bucket: 'nobody', Key: 'a', Body: 'x' }))).rejects.toThrow();
    expect(journal.entries.filter(({ kind }) => kind === 'object')).toEqual([]);
  });

  it('no read', async () => {
    const { s3, journal } = await start();
    await put(s3, 'a.txt');
    await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'a.txt' }));
    await s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'a.txt' }));
    await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    expect(journal.entries.filter(({ kind }) => kind === 'object')).toHaveLength(1);
  });
});

describe('A queue', () => {
  it('gets only the events it asked for', async () => {
    const { s3, records } = await start({ events: ['s3:ObjectCreated:Copy', 's3:ObjectRemoved:*'] });
    await put(s3, 'a.txt');
    await s3.send(new CopyObjectCommand({ Bucket: BUCKET, Key: 'b.txt', CopySource: `${BUCKET}/a.txt` }));
    await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a.txt' }));
    expect((await records(2)).map(({ eventName }) => eventName)).toEqual([
      'ObjectCreated:Copy',
      'ObjectRemoved:Delete',
    ]);
  });

  it('gets nothing from another bucket', async () => {
    const { s3, storage, records } = await start();
    storage.ensureBucket('other');
    await s3.send(new PutObjectCommand({ Bucket: 'other', Key: 'elsewhere.txt', Body: 'x' }));
    await put(s3, 'here.txt');
    expect((await records(1))[0]?.s3.object.key).toBe('here.txt');
  });

  it.each([
    { prefix: 'my+site/', missed: 'my+site/a.txt', taken: 'my site/a.txt' },
    { prefix: 't%C3%A0i/', missed: 't%C3%A0i/a.txt', taken: 'tài/a.txt' },
    { prefix: 'v%3d1/', missed: 'v=2/a.txt', taken: 'v=1/a.txt' },
  ])('gets what an encoded prefix means: $prefix', async ({ prefix, missed, taken }) => {
    const { s3, records } = await start({ prefix });
    await put(s3, missed);
    await put(s3, taken);
    const [event] = await records(1);
    expect(new URLSearchParams(`key=${event?.s3.object.key}`).get('key')).toBe(taken);
  });

  it.each(['my site/', 'tài/', 'v=1/', '~home/'])(
    'gets nothing by the prefix %s, which is not encoded',
    async prefix => {
      const { s3, journal, stop } = await start({ prefix });
      await put(s3, `${prefix}a.txt`);
      expect(journal.entries.filter(({ kind }) => kind === 'object')).toHaveLength(1);
      await stop();
      expect(
        journal.entries.filter(entry => entry.kind === 'call' && entry.action === 'SendMessage'),
      ).toEqual([]);
    },
  );

  it('gets an event twice, late or not at all if the delivery says so', async () => {
    const held: (() => Promise<void>)[] = [];
    const deliver: EventDelivery = async ({ key }, send) => {
      if (key === 'twice.txt') await send().then(send);
      else if (key === 'late.txt') held.push(send);
    };
    const { s3, records } = await start({ deliver });
    for (const key of ['late.txt', 'lost.txt', 'twice.txt']) await put(s3, key);
    const keys = async (count: number) => (await records(count)).map(record => record.s3.object.key);
    expect(await keys(2)).toEqual(['twice.txt', 'twice.txt']);
    for (const send of held) await send();
    expect(await keys(1)).toEqual(['late.txt']);
  });

  it.each<[string, () => { status: number }]>([
    ['refuses it', () => ({ status: 503 })],
    [
      'is cut off',
      () => {
        throw new ConnectionCutError();
      },
    ],
  ])('gets an event in the end if it %s at first', async (_, fail) => {
    const { s3, endpoint, records } = await start();
    let failures = 0;
    endpoint.intercept(async ({ action }, next) => {
      if (action !== 'SendMessage' || failures === 2) return next();
      failures++;
      return fail();
    });
    await put(s3, 'a.txt');
    expect((await records(1))[0]?.s3.object.key).toBe('a.txt');
    expect(failures).toBe(2);
  });

  it('that never takes an event does not prevent S3 from stopping', async () => {
    const { s3, endpoint, journal, stop } = await start();
    endpoint.intercept(async ({ action }, next) => (action === 'SendMessage' ? { status: 503 } : next()));
    await put(s3, 'a.txt');
    await journal.waitFor(entry => entry.kind === 'call' && entry.status === 503, 'a refused event');
    await expect(stop()).resolves.toBeUndefined();
  });
});
