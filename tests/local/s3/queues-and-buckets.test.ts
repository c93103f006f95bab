import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutBucketVersioningCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BUCKET, startStorage, take } from '../../helpers/storage.ts';

const put = (s3: S3Client, key: string, body = 'x') =>
  s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body }));
const read = async (s3: S3Client, key: string) => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
  return Body?.transformToString();
};

interface Query {
  readonly Prefix?: string;
  readonly Delimiter?: string;
  readonly MaxKeys?: number;
  readonly StartAfter?: string;
}

/** Keys and common prefixes in the order of the pages. */
async function list(s3: S3Client, query: Query = {}) {
  const keys: (string | undefined)[] = [];
  const prefixes: (string | undefined)[] = [];
  const pages: number[] = [];
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: BUCKET, ...query })) {
    keys.push(...(page.Contents ?? []).map(({ Key }) => Key));
    prefixes.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix));
    pages.push(page.KeyCount ?? 0);
  }
  return { keys, prefixes, pages };
}

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

const AWKWARD_KEYS = [
  'plain.txt',
  'two words.txt',
  'a+b.txt',
  'per%20cent.txt',
  '100%.txt',
  'question?mark.txt',
  'hash#sign.txt',
  'amper&sand=equals.txt',
  '<angle>&quot;"quotes".txt',
  'literal-&lt;-entity.txt',
  "apostrophe's(brackets)*!.txt",
  'Điểm số/học kỳ 1.html',
  'emoji-😀.png',
  'trailing/slash/',
  '/leading-slash.txt',
  'double//slash.txt',
  'dots/../in/./between.txt',
  'back\\slash.txt',
  'line\nbreak.txt',
  'ü'.repeat(512),
];

describe('An object', () => {
  it.each(AWKWARD_KEYS)('with the key %j is written, listed, read, copied and deleted', async key => {
    const { s3 } = await startStorage();
    await put(s3, key, `content of ${key}`);
    expect((await list(s3)).keys).toEqual([key]);
    const encoded = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, EncodingType: 'url' }));
    expect(encoded.Contents?.map(({ Key }) => Key)).toEqual([expect.stringMatching(/^[\w./%+-]+$/)]);
    expect(decodeURIComponent(encoded.Contents?.[0]?.Key?.replaceAll('+', ' ') ?? '')).toBe(key);
    expect(await read(s3, key)).toBe(`content of ${key}`);
    const source = `${BUCKET}/${encodeURIComponent(key)}`;
    await s3.send(new CopyObjectCommand({ Bucket: BUCKET, Key: 'copy', CopySource: source }));
    expect(await read(s3, 'copy')).toBe(`content of ${key}`);
    await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: key }));
    expect((await list(s3)).keys).toEqual(['copy']);
  });

  it('with any key is deleted in a batch, quietly or not', async () => {
    const { s3 } = await startStorage();
    for (const Quiet of [true, false]) {
      for (const key of AWKWARD_KEYS) await put(s3, key);
      const Objects = AWKWARD_KEYS.map(Key => ({ Key }));
      const { Deleted = [] } = await s3.send(
        new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects, Quiet } }),
      );
      expect(Deleted.map(({ Key }) => Key)).toEqual(Quiet ? [] : AWKWARD_KEYS);
      expect((await list(s3)).keys).toEqual([]);
    }
  });

  it.each([
    ['MalformedXML', 'no key', []],
    [
      'MalformedXML',
      'more than 1,000 keys',
      Array.from({ length: 1001 }, (_, index) => ({ Key: `${index}` })),
    ],
    ['NoSuchBucket', 'a bucket that does not exist', [{ Key: 'a.txt' }]],
  ])('is not deleted in a batch, but refused as %s, with %s', async (name, _, Objects) => {
    const { s3 } = await startStorage();
    const Bucket = name === 'NoSuchBucket' ? 'nobody' : BUCKET;
    await put(s3, '1');
    await expect(s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))).rejects.toMatchObject({
      name,
    });
    expect((await list(s3)).keys).toEqual(['1']);
  });

  it('may be empty', async () => {
    const { s3 } = await startStorage();
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'empty.txt', Body: Buffer.alloc(0) }));
    const { ContentLength, ETag } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'empty.txt' }));
    expect(ContentLength).toBe(0);
    expect(ETag).toBe('"d41d8cd98f00b204e9800998ecf8427e"');
  });

  it('keeps the headers it was given', async () => {
    const { s3 } = await startStorage();
    const headers = {
      CacheControl: 'public, max-age=0',
      ContentType: 'text/css',
      Metadata: { author: 'me' },
    };
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a.css', Body: 'x', ...headers }));
    expect(await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'a.css' }))).toMatchObject(headers);
  });

  it('that is missing is NoSuchKey', async () => {
    const { s3 } = await startStorage();
    await expect(read(s3, 'nothing')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });
});

describe('What the local S3 does not emulate', () => {
  const at = { Bucket: BUCKET, Key: 'a.txt' };

  it.each([
    ['tagging', new PutObjectTaggingCommand({ ...at, Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } })],
    ['tagging', new DeleteObjectTaggingCommand(at)],
    ['tagging', new GetObjectTaggingCommand(at)],
    ['acl', new PutObjectAclCommand({ ...at, ACL: 'private' })],
    ['uploadId', new ListPartsCommand({ ...at, UploadId: 'u' })],
    ['versionId', new GetObjectCommand({ ...at, VersionId: 'v1' })],
    [
      'versioning',
      new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration: { Status: 'Suspended' } }),
    ],
    ['versions', new ListObjectVersionsCommand({ Bucket: BUCKET })],
    ['location', new GetBucketLocationCommand({ Bucket: BUCKET })],
  ])('is refused by name, and changes nothing: %s (%#)', async (name, command) => {
    const { s3 } = await startStorage();
    await put(s3, 'a.txt', 'as it was');
    // The commands' types differ, and sending them is all that is asked.
    await expect(s3.send(command as GetObjectCommand)).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining(name),
    });
    expect(await read(s3, 'a.txt')).toBe('as it was');
  });
});

describe('A listing', () => {
  it('is in the order of UTF-8 bytes, however it is paged', async () => {
    const { s3 } = await startStorage();
    const sorted = ['A', 'B', 'Z', '_', 'a', 'a/', 'a/B', 'a/b', 'b', 'é', 'ﬀ', '😀'];
    for (const key of sorted.toReversed()) await put(s3, key);
    for (const MaxKeys of [1, 2, 5, 1000]) {
      expect((await list(s3, { MaxKeys })).keys).toEqual(sorted);
    }
  });

  it('equals a brute force over all keys, with prefixes, delimiters and pages', async () => {
    const { s3 } = await startStorage();
    let bucketContent: string[] = [];
    const key = fc
      .array(fc.constantFrom('a', 'B', '/', 'é', '😀', 'ﬀ', '-', 'b'), { minLength: 1, maxLength: 5 })
      .map(letters => letters.join(''));
    const query = fc.record(
      {
        Prefix: fc.constantFrom('a', 'a/', 'B', 'é', '/'),
        Delimiter: fc.constantFrom('/', '-', 'B'),
        MaxKeys: fc.integer({ min: 1, max: 4 }),
        // Whether a start at `a/` leaves out the prefix `a/` is nowhere documented.
        StartAfter: key.filter(start => !/[-/B]$/.test(start)),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(key, { maxLength: 12 }), query, async (keys, asked) => {
        for (const old of bucketContent) await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: old }));
        for (const fresh of keys) await put(s3, fresh);
        bucketContent = keys;
        const { keys: listed, prefixes, pages } = await list(s3, asked);
        const expected = bruteForce(keys, asked);
        expect(listed).toEqual(expected.keys);
        expect(prefixes).toEqual(expected.prefixes);
        for (const size of pages) expect(size).toBeLessThanOrEqual(asked.MaxKeys ?? 1000);
      }),
      { numRuns: 60 },
    );
  });

  it('of a bucket that does not exist is NoSuchBucket', async () => {
    const { s3 } = await startStorage();
    await expect(s3.send(new ListObjectsV2Command({ Bucket: 'nobody' }))).rejects.toMatchObject({
      name: 'NoSuchBucket',
    });
  });
});

function bruteForce(keys: readonly string[], { Prefix = '', Delimiter, StartAfter = '' }: Query) {
  const found: string[] = [];
  const prefixes = new Set<string>();
  for (const key of keys.toSorted(byBytes)) {
    if (!key.startsWith(Prefix) || byBytes(key, StartAfter) <= 0) continue;
    const end = Delimiter === undefined ? -1 : key.indexOf(Delimiter, Prefix.length);
    if (end < 0) found.push(key);
    else prefixes.add(key.slice(0, end + 1));
  }
  return { keys: found, prefixes: [...prefixes] };
}

describe('The figures of a queue', () => {
  it('count a message as soon as it is visible again', async () => {
    const { sqs, queueUrl: QueueUrl } = await startStorage();
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }));
    await sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0 }));
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    );
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: '1',
      ApproximateNumberOfMessagesNotVisible: '0',
    });
  });
});

describe('State', () => {
  it('in a directory outlives a restart, objects and messages alike', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'storage-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));

    const first = await startStorage({ directory });
    await put(first.s3, 'Điểm số.html', 'kept');
    await first.sqs.send(new SendMessageCommand({ QueueUrl: first.queueUrl, MessageBody: 'kept too' }));
    await first.stop();

    const second = await startStorage({ directory });
    expect(await read(second.s3, 'Điểm số.html')).toBe('kept');
    expect((await take(second.sqs, second.queueUrl, 1)).map(({ Body }) => Body)).toEqual(['kept too']);
  });

  it('without a directory is lost in a restart', async () => {
    const first = await startStorage();
    await put(first.s3, 'a.txt');
    await first.stop();
    const second = await startStorage();
    expect((await list(second.s3)).keys).toEqual([]);
  });

  it('of a kept queue gets the template’s current attributes', async () => {
    const { sqs, storage, queueUrl } = await startStorage();
    storage.ensureQueue('events', queueUrl, { VisibilityTimeout: '77' });
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
    );
    expect(Attributes).toMatchObject({
      VisibilityTimeout: '77',
      QueueArn: 'arn:aws:sqs:us-east-1:000000000000:events',
    });
  });
});
