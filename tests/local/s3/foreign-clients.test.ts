import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { authorizationOf } from '../../../infra/local/kernel/aws-api.ts';
import { BUCKET, startStorage } from '../../helpers/storage.ts';

const STALE = '"0123456789abcdef0123456789abcdef"';
const V2_HEADERS = { authorization: 'AWS tester:c2lnbmF0dXJl' };
const at = { Bucket: BUCKET, Key: 'a.txt' };

async function start() {
  const { s3, endpoint, journal } = await startStorage();
  const { ETag } = await s3.send(new PutObjectCommand({ ...at, Body: 'as it was' }));
  const url = (key: string) => `${endpoint.url}/${BUCKET}/${key}`;
  /** A request as a client without any SDK sends it. */
  const send = (method: string, key: string, headers: Record<string, string> = {}, body?: string | Buffer) =>
    fetch(url(key), {
      method,
      headers: { authorization: authorizationOf('tester', 's3'), ...headers },
      ...(body === undefined ? {} : { body: body as BodyInit }),
    });
  const events = () => journal.entries.filter(({ kind }) => kind === 'object').length;
  return { s3, url, send, events, ETag };
}

const read = async (s3: S3Client, Key = 'a.txt') => {
  const { Body, ContentType } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
  return { content: await Body?.transformToString(), type: ContentType };
};

describe('An object', () => {
  it.each([
    'application/x-www-form-urlencoded',
    'application/x-amz-json-1.0',
    'application/json',
    'text/html; charset=utf-8',
    'html',
  ])('is stored as it is, of the type %s', async type => {
    const { s3, send } = await start();
    expect((await send('PUT', 'b', { 'content-type': type }, 'a=1&b=2')).status).toBe(200);
    expect(await read(s3, 'b')).toEqual({ content: 'a=1&b=2', type });
  });

  it('may be empty, or come in parts, whatever its type', async () => {
    const { s3, send } = await start();
    for (const type of ['application/x-www-form-urlencoded', 'html']) {
      const headers = { 'content-type': type };
      expect((await send('PUT', 'empty', headers)).status).toBe(200);
      expect(await read(s3, 'empty')).toEqual({ content: '', type });
      const created = await (await send('POST', 'parts?uploads', headers)).text();
      const uploadId = /<UploadId>(.*)<\/UploadId>/.exec(created)?.[1];
      const part = await send('PUT', `parts?uploadId=${uploadId}&partNumber=1`, headers, 'a=1');
      const list = `<Part><PartNumber>1</PartNumber><ETag>${part.headers.get('etag')}</ETag></Part>`;
      const completed = await send('POST', `parts?uploadId=${uploadId}`, headers, list);
      expect(completed.status).toBe(200);
      expect(await read(s3, 'parts')).toEqual({ content: 'a=1', type });
      expect((await send('DELETE', 'parts', headers)).status).toBe(204);
    }
  });

  it('may be as large as a request', async () => {
    const { s3, send } = await start();
    const content = Buffer.alloc(64 * 1024 * 1024, 'x');
    expect((await send('PUT', 'large', {}, content)).status).toBe(200);
    const { ContentLength } = await s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'large' }));
    expect(ContentLength).toBe(content.length);
  });

  it('larger than a request may be is refused by S3', async () => {
    const { s3 } = await start();
    const Body = Buffer.alloc(64 * 1024 * 1024 + 1);
    const put = new PutObjectCommand({
      Bucket: BUCKET,
      Key: 'larger',
      Body,
      ContentType: 'application/json',
    });
    await expect(s3.send(put)).rejects.toMatchObject({
      name: 'EntityTooLarge',
      $metadata: { httpStatusCode: 400 },
    });
    await expect(read(s3, 'larger')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('is refused as KeyTooLongError with a key of more than 1,024 bytes', async () => {
    const { s3, events } = await start();
    const Key = `${'ü'.repeat(512)}x`;
    const target = { Bucket: BUCKET, Key };
    for (const command of [
      new PutObjectCommand({ ...target, Body: 'x' }),
      new CopyObjectCommand({ ...target, CopySource: `${BUCKET}/a.txt` }),
      new CreateMultipartUploadCommand(target),
      new DeleteObjectCommand(target),
    ]) {
      // The commands' types differ, and sending them is all that is asked.
      await expect(s3.send(command as PutObjectCommand)).rejects.toMatchObject({
        name: 'KeyTooLongError',
        $metadata: { httpStatusCode: 400 },
      });
    }
    expect(events()).toBe(1);
  });
});

describe('A presigned URL', () => {
  it('takes what curl sends', async () => {
    const { s3, url } = await start();
    const scope = encodeURIComponent('guest/20260101/us-east-1/s3/aws4_request');
    const signed = `${url('b')}?X-Amz-Credential=${scope}&X-Amz-Signature=0`;
    const response = await fetch(signed, { method: 'PUT', body: new URLSearchParams({ a: '1' }) });
    expect(response.status).toBe(200);
    expect((await read(s3, 'b')).content).toBe('a=1');
  });

  it('of Signature Version 2 is refused in words that say so', async () => {
    const { url } = await start();
    const signed = `${url('a.txt')}?AWSAccessKeyId=tester&Signature=x&Expires=1900000000`;
    for (const request of [new Request(signed), new Request(url('a.txt'), { headers: V2_HEADERS })]) {
      const response = await fetch(request);
      expect(response.status).toBe(400);
      expect(await response.text()).toMatch(
        /\?>\s*<Error><Code>InvalidRequest<\/Code><Message>.*Please use AWS4-HMAC-SHA256/,
      );
    }
  });
});

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
