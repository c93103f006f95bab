import { S3Client } from '@aws-sdk/client-s3';
import { expect, it, onTestFinished } from 'vitest';
import { startAwsEndpoint } from '../../infra/local/kernel/aws-endpoint.ts';
import { createJournal } from '../../infra/local/kernel/journal.ts';
import { createSiteBucket } from '../../shared/aws/site-bucket.ts';
import { MAX_COMPARED_BYTES } from '../../shared/refresh/edge-answer.ts';
import { fingerprintOf } from '../../shared/refresh/served.ts';
import { forgetAnswers } from '../helpers/held-answers.ts';
import { clientFor } from '../helpers/sdk-client.ts';

/** What S3 answers to a HEAD request (API reference, HeadObject), the emulator's gaps filled. */
const STORED = {
  etag: '"d41d8cd98f00b204e9800998ecf8427e"',
  'content-type': 'text/html',
  'cache-control': 'max-age=60',
  'content-encoding': 'gzip',
  'content-disposition': 'inline',
  'content-language': 'vi',
  // S3 keeps it as it came, a date or not.
  expires: '0',
  'x-amz-website-redirect-location': '/other.html',
  'x-amz-meta-owner': 'Ann',
};
const OTHERS = { 'last-modified': 'Mon, 02 Nov 2026 10:00:00 GMT', 'x-amz-request-id': 'R1' };

/** A bucket that answers every request alike. */
async function bucketAnswering(status: number, headers: Record<string, string>, body = '') {
  const services = new Map([['s3', async () => ({ status, headers, body })]]);
  const endpoint = await startAwsEndpoint({ port: 0, services, journal: createJournal() });
  const client = new S3Client({ ...clientFor(endpoint.url), forcePathStyle: true });
  onTestFinished(async () => {
    client.destroy();
    await endpoint.stop();
  });
  return createSiteBucket('site', client);
}

it('An object is read with everything that is stored with it, and nothing of the request', async () => {
  const bucket = await bucketAnswering(200, { ...STORED, ...OTHERS });
  expect(await bucket.head('a.html')).toEqual({
    headers: STORED,
    lastModified: 'Mon, 02 Nov 2026 10:00:00 GMT',
  });
});

it.each(Object.keys(STORED))('The fingerprint of an object depends on %s', async name => {
  const all = { ...STORED, ...OTHERS };
  const without = Object.fromEntries(Object.entries(all).filter(([key]) => key !== name));
  const [whole, part] = await Promise.all(
    [all, without].map(async headers => (await bucketAnswering(200, headers)).head('a.html')),
  );
  expect(fingerprintOf(part)).not.toBe(fingerprintOf(whole));
});

it('A refusal is told at once, with what to do about it', async () => {
  const bucket = await bucketAnswering(403, {});
  await expect(bucket.head('docs/a.html')).rejects.toThrow(
    expect.objectContaining({
      name: 'AccessDenied',
      message: expect.stringMatching(
        /^S3 answers 403 to HeadObject of docs\/a\.html in site\. .*aws:PrincipalArn/,
      ),
    }),
  );
});

it('Content is read with its ETag', async () => {
  const bucket = await bucketAnswering(200, { etag: '"1"', 'content-length': '7' }, 'content');
  expect(await bucket.read('a.html')).toEqual({ eTag: '"1"', body: new Uint8Array(Buffer.from('content')) });
});

it.each([
  { length: MAX_COMPARED_BYTES, read: MAX_COMPARED_BYTES },
  { length: MAX_COMPARED_BYTES + 1, read: undefined },
])('Content of $length bytes is read: $read', async ({ length, read }) => {
  const bucket = await bucketAnswering(200, { 'content-length': `${length}` }, 'x'.repeat(length));
  expect((await bucket.read('a.html'))?.body.length).toBe(read);
});

it.each([
  { code: 'NoSuchKey', status: 404 },
  { code: 'AccessDenied', status: 403 },
])('Content that cannot be had ($code) is undefined', async ({ code, status }) => {
  const error = `<Error><Code>${code}</Code><Message>Not for you</Message></Error>`;
  const bucket = await bucketAnswering(status, { 'content-type': 'application/xml' }, error);
  expect(await bucket.read('a.html')).toBeUndefined();
});

it('A missing object is read as undefined', async () => {
  expect(await (await bucketAnswering(404, {})).head('gone.html')).toBeUndefined();
});

const XML = { 'content-type': 'application/xml' };

/** A page as S3 writes it, with keys encoded as in forms. */
const pageOf = (keys: readonly string[], isTruncated: boolean) =>
  `<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>site</Name><Prefix>a%3CKey%3E</Prefix>
<MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType><IsTruncated>${isTruncated}</IsTruncated>
${keys.map(key => `<Contents><Key>${key}</Key><ETag>&quot;1&quot;</ETag><Size>1</Size></Contents>`).join('')}
</ListBucketResult>`;

it.each([true, false])('A page of keys is decoded, when more follow: %s', async isTruncated => {
  const encoded = ['a/b-1.html', 'two+words', 'plus%2B', '%F0%9F%98%80', '%3Ctag%3E%26', '%01'];
  const bucket = await bucketAnswering(200, XML, pageOf(encoded, isTruncated));
  expect(await bucket.page({ prefix: '' })).toEqual({
    keys: ['a/b-1.html', 'two words', 'plus+', '😀', '<tag>&', '\u0001'],
    isLast: !isTruncated,
  });
});

it('A page without keys is the last', async () => {
  const bucket = await bucketAnswering(200, XML, pageOf([], false));
  expect(await bucket.page({ prefix: 'none/', startAfter: 'none/a' })).toEqual({ keys: [], isLast: true });
});

it.each([
  { status: 403, code: 'AccessDenied' },
  // S3 may find out what is wrong when it has begun to answer.
  { status: 200, code: 'InternalError' },
  { status: 503, code: 'SlowDown' },
])('A refused listing ($status, $code) fails as it does in the SDK', async ({ status, code }) => {
  const error = `<Error><Code>${code}</Code><Message>Not now</Message></Error>`;
  const bucket = await bucketAnswering(status, XML, error);
  await expect(bucket.page({ prefix: '' })).rejects.toMatchObject({ name: code });
  // AWS's model knows neither errors in a success nor those that any operation may meet.
  forgetAnswers();
});

it('A listing that does not encode its keys is refused: some of them would be wrong', async () => {
  const page = pageOf(['a&amp;b'], false).replace('<EncodingType>url</EncodingType>', '');
  const bucket = await bucketAnswering(200, XML, page);
  await expect(bucket.page({ prefix: '' })).rejects.toThrow('S3 lists site in a form');
});
