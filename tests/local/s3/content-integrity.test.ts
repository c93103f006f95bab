import { createHash } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { authorizationOf } from '../../../infra/local/kernel/aws-api.ts';
import { clientFor } from '../../helpers/sdk-client.ts';
import { BUCKET, startStorage } from '../../helpers/storage.ts';

const CONTENT = '123456789';
const digest = (algorithm: string) => createHash(algorithm).update(CONTENT).digest('base64');
const crc = (hex: string) => Buffer.from(hex, 'hex').toString('base64');

/** The digests of `123456789`; those of the CRCs are the check values of their catalogues. */
const DIGESTS: readonly (readonly [header: string, value: string])[] = [
  ['content-md5', digest('md5')],
  ['x-amz-checksum-md5', digest('md5')],
  ['x-amz-checksum-sha1', digest('sha1')],
  ['x-amz-checksum-sha256', digest('sha256')],
  ['x-amz-checksum-sha512', digest('sha512')],
  ['x-amz-checksum-crc32', crc('cbf43926')],
  ['x-amz-checksum-crc32c', crc('e3069283')],
  ['x-amz-checksum-crc64nvme', crc('ae8b14860a799888')],
];

async function start() {
  const { s3, endpoint } = await startStorage();
  /** A PUT as a client without any SDK sends it. */
  const put = async (headers: Record<string, string>, body = CONTENT) => {
    const response = await fetch(`${endpoint.url}/${BUCKET}/a.txt`, {
      method: 'PUT',
      headers: { authorization: authorizationOf('tester', 's3'), ...headers },
      body,
    });
    return { status: response.status, text: await response.text() };
  };
  const stored = async (Key = 'a.txt') => {
    const { Body, ...facts } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
    return { ...facts, content: await Body?.transformToString() };
  };
  return { endpoint, s3, put, stored };
}

/** Content in chunks with a checksum behind it, as the AWS CLI and SDKs stream it. */
const chunked = (checksum: string) =>
  `4\r\n1234\r\n5\r\n56789\r\n0\r\nx-amz-checksum-crc32:${checksum}\r\n\r\n`;
const CHUNKED = { 'content-encoding': 'gzip, aws-chunked', 'x-amz-trailer': 'x-amz-checksum-crc32' };

describe('The content of an object', () => {
  it.each(DIGESTS)('is stored if it has the digest that the header %s names', async (header, value) => {
    const { put, stored } = await start();
    expect(await put({ [header]: value })).toMatchObject({ status: 200 });
    expect((await stored()).content).toBe(CONTENT);
  });

  it.each(DIGESTS)(
    'is refused as BadDigest if it has not the digest that %s names',
    async (header, value) => {
      const { put, stored } = await start();
      const { status, text } = await put({ [header]: value }, 'other');
      expect(status).toBe(400);
      expect(text).toContain('<Code>BadDigest</Code>');
      await expect(stored()).rejects.toMatchObject({ name: 'NoSuchKey' });
    },
  );

  it.each([
    ['content-md5', 'x', 'InvalidDigest'],
    ['x-amz-checksum-sha256', 'eA==', 'InvalidRequest'],
    ['x-amz-checksum-xxhash3', crc('0123456789abcdef'), 'NotImplemented'],
  ])('is refused if the header %s has the value %s: %s', async (header, value, code) => {
    const { put } = await start();
    expect((await put({ [header]: value })).text).toContain(`<Code>${code}</Code>`);
  });

  it('that comes in chunks is checked by the checksum behind it', async () => {
    const { put, stored } = await start();
    expect((await put(CHUNKED, chunked(crc('cbf43927')))).text).toContain('<Code>BadDigest</Code>');
    await expect(stored()).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect(await put(CHUNKED, chunked(crc('cbf43926')))).toMatchObject({ status: 200 });
    expect(await stored()).toMatchObject({ content: CONTENT, ContentEncoding: 'gzip', ContentLength: 9 });
  });

  it('that comes in broken chunks is refused', async () => {
    const { put } = await start();
    for (const body of ['9\r\n1234', 'x\r\n\r\n', '9'])
      expect((await put(CHUNKED, body)).text).toContain('<Code>IncompleteBody</Code>');
  });

  it.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)(
    'is uploaded by the SDK with a checksum by %s',
    async ChecksumAlgorithm => {
      const { s3, stored } = await start();
      const Body = 'Điểm số'.repeat(100_000);
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a.txt', Body, ChecksumAlgorithm }));
      expect((await stored()).content).toBe(Body);
    },
  );
});

describe('A part of an upload', () => {
  it('is refused as BadDigest if it has not the checksum that it names', async () => {
    const { s3, stored } = await start();
    const upload = { Bucket: BUCKET, Key: 'a.txt' };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(upload));
    const part = (ChecksumCRC32: string) =>
      new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: CONTENT, ChecksumCRC32 });
    await expect(s3.send(part(crc('cbf43927')))).rejects.toMatchObject({ name: 'BadDigest' });
    const { ETag } = await s3.send(part(crc('cbf43926')));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await s3.send(new CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload }));
    expect((await stored()).content).toBe(CONTENT);
  });
});

describe('A batch of deletions', () => {
  it('is refused as BadDigest if its list has not the digest that it names', async () => {
    const { endpoint, put, stored } = await start();
    await put({});
    const s3 = new S3Client({ ...clientFor(endpoint.url), forcePathStyle: true });
    s3.middlewareStack.add(
      next => async args => {
        const { request } = args as unknown as { request: { headers: Record<string, string> } };
        request.headers['content-md5'] = digest('md5');
        return next(args);
      },
      { step: 'build', priority: 'low' },
    );
    const Delete = { Objects: [{ Key: 'a.txt' }] };
    await expect(s3.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete }))).rejects.toMatchObject({
      name: 'BadDigest',
    });
    expect((await stored()).content).toBe(CONTENT);
  });
});
