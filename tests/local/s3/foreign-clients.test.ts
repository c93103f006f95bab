import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { authorizationOf } from '../../../infra/local/kernel/aws-api.ts';
import { BUCKET, startStorage } from '../../helpers/storage.ts';

const STALE = '"0123456789abcdef0123456789abcdef"';
const at = { Bucket: BUCKET, Key: 'a.txt' };

async function start() {
  const { s3, endpoint, journal } = await startStorage();
  const { ETag } = await s3.send(new PutObjectCommand({ ...at, Body: 'as it was' }));
  /** A request as a client without any SDK sends it. */
  const send = (method: string, key: string, headers: Record<string, string> = {}, body?: string | Buffer) =>
    fetch(`${endpoint.url}/${BUCKET}/${key}`, {
      method,
      headers: { authorization: authorizationOf('tester', 's3'), ...headers },
      ...(body === undefined ? {} : { body: body as BodyInit }),
    });
  const events = () => journal.entries.filter(({ kind }) => kind === 'object').length;
  return { s3, send, events, ETag };
}

const read = async (s3: S3Client, Key = 'a.txt') => {
  const { Body, ContentType } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
  return { content: await Body?.transformToString(), type: ContentType };
};

describe('A conditional write', () => {
  const copy = { ...at, CopySource: `${BUCKET}/a.txt` };

  it.each([
    ['PutObject', new PutObjectCommand({ ...at, Body: 'x', IfMatch: STALE })],
    ['PutObject of what must be new', new PutObjectCommand({ ...at, Body: 'x', IfNoneMatch: '*' })],
    ['DeleteObject', new DeleteObjectCommand({ ...at, IfMatch: STALE })],
    ['CopyObject', new CopyObjectCommand({ ...copy, CopySourceIfMatch: STALE })],
    ['CopyObject over another state', new CopyObjectCommand({ ...copy, IfMatch: STALE })],
    [
      'CopyObject of what is older',
      new CopyObjectCommand({ ...copy, CopySourceIfModifiedSince: new Date('2030-01-01') }),
    ],
    [
      'CopyObject of what is newer',
      new CopyObjectCommand({ ...copy, CopySourceIfUnmodifiedSince: new Date('2020-01-01') }),
    ],
  ])('%s is refused with 412 if its precondition does not hold', async (_, command) => {
    const { s3, events } = await start();
    // The commands' types differ, and sending them is all that is asked.
    await expect(s3.send(command as PutObjectCommand)).rejects.toMatchObject({
      name: 'PreconditionFailed',
      $metadata: { httpStatusCode: 412 },
    });
    expect((await read(s3)).content).toBe('as it was');
    expect(events()).toBe(1);
  });

  it('of an unchanged object is done', async () => {
    const { s3, ETag } = await start();
    await s3.send(new CopyObjectCommand({ ...copy, Key: 'b.txt', CopySourceIfMatch: ETag }));
    const { ETag: next } = await s3.send(new PutObjectCommand({ ...at, Body: 'x', IfMatch: ETag }));
    await s3.send(new DeleteObjectCommand({ ...at, IfMatch: next }));
    await s3.send(new DeleteObjectCommand({ ...at, Key: 'b.txt', IfMatch: '*' }));
    await expect(read(s3)).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(read(s3, 'b.txt')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('that expects an object is refused as NoSuchKey if there is none', async () => {
    const { s3 } = await start();
    const put = new PutObjectCommand({ ...at, Key: 'new.txt', Body: 'x', IfMatch: STALE });
    await expect(s3.send(put)).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(read(s3, 'new.txt')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('in a batch of deletions is refused by name', async () => {
    const { s3 } = await start();
    const Objects = [{ Key: 'a.txt', ETag: STALE }];
    await expect(
      s3.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } })),
    ).rejects.toMatchObject({ name: 'NotImplemented', message: expect.stringContaining('ETag') });
    expect((await read(s3)).content).toBe('as it was');
  });
});
