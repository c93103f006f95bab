import {
  CopyObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { clientFor } from '../helpers/sdk-client.ts';
import { type Asked, inOrder, type Question } from './question.ts';

const KEYS = ['referees/b.txt', 'referees/a é+%&.txt', 'referees/c/d.txt'];
const s3 = ({ endpoint }: Asked) => new S3Client({ ...clientFor(endpoint), forcePathStyle: true });

export const S3_QUESTIONS: readonly Question[] = [
  {
    asked: 's3 PutObject',
    ask: async it => {
      const put = (Key: string) => s3(it).send(new PutObjectCommand({ Bucket: it.bucket, Key, Body: Key }));
      return (await Promise.all(KEYS.map(put))).map(({ ETag }) => ETag);
    },
  },
  {
    asked: 's3 ListObjectsV2 by a delimiter',
    ask: async it => {
      const list = { Bucket: it.bucket, Prefix: 'referees/', Delimiter: '/' };
      const { Contents, CommonPrefixes, KeyCount } = await s3(it).send(new ListObjectsV2Command(list));
      return [Contents?.map(({ Key, Size }) => [Key, Size]), CommonPrefixes, KeyCount];
    },
  },
  {
    asked: 's3 ListObjectsV2 page by page',
    ask: async it => {
      const list = { Bucket: it.bucket, Prefix: 'referees/', MaxKeys: 2 };
      const first = await s3(it).send(new ListObjectsV2Command(list));
      const ContinuationToken = first.NextContinuationToken;
      const second = await s3(it).send(new ListObjectsV2Command({ ...list, ContinuationToken }));
      return [first, second].map(page => [page.IsTruncated, page.Contents?.map(({ Key }) => Key)]);
    },
  },
  {
    asked: 's3 GetObject of a range',
    ask: async it => {
      const get = { Bucket: it.bucket, Key: KEYS[0], Range: 'bytes=2-5' };
      const { Body, ContentRange, ContentLength } = await s3(it).send(new GetObjectCommand(get));
      return [await Body?.transformToString(), ContentRange, ContentLength];
    },
  },
  {
    asked: 's3 CopyObject',
    ask: async it => {
      const copy = { Bucket: it.bucket, Key: 'referees/copy', CopySource: `${it.bucket}/${KEYS[0]}` };
      return (await s3(it).send(new CopyObjectCommand(copy))).CopyObjectResult?.ETag;
    },
  },
  {
    asked: 's3 GetObject of a missing key',
    ask: it => s3(it).send(new GetObjectCommand({ Bucket: it.bucket, Key: 'missing' })),
  },
  {
    asked: 's3 HeadObject of a missing key',
    ask: it => s3(it).send(new HeadObjectCommand({ Bucket: it.bucket, Key: 'missing' })),
  },
  {
    asked: 's3 ListObjectsV2 of a missing bucket',
    ask: it => s3(it).send(new ListObjectsV2Command({ Bucket: 'no-such-bucket-here' })),
  },
  {
    asked: 's3 PutObject if there is none',
    ask: it =>
      s3(it).send(new PutObjectCommand({ Bucket: it.bucket, Key: KEYS[0], Body: 'x', IfNoneMatch: '*' })),
  },
  {
    asked: 's3 DeleteObjects',
    ask: async it => {
      const Objects = [...KEYS, 'referees/copy'].map(Key => ({ Key }));
      const { Deleted, Errors } = await s3(it).send(
        new DeleteObjectsCommand({ Bucket: it.bucket, Delete: { Objects } }),
      );
      return [inOrder((Deleted ?? []).flatMap(({ Key = [] }) => Key)), Errors];
    },
  },
];
