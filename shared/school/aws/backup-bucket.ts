import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { BackupFiles } from '../backup/backup.ts';
import {
  BACKUP_FOLDER,
  backupOfManifest,
  InvalidManifestError,
  type Manifest,
  manifestKeyOf,
  readManifest,
} from '../backup/manifest.ts';
import type { Backups } from '../backup/request-backup.ts';
import type { FinishedBackups } from '../backup/restore.ts';
import { uploadInParts } from './multipart-upload.ts';

/** A list shows the newest: three months of daily backups, and some more. */
const MAX_LISTED_BACKUPS = 100;

/** Files are read in pieces of this size, so that a slow reader holds no connection open. */
const READ_BYTES = 8 * 1024 * 1024;

export interface BackupClients {
  readonly s3?: S3Client;
  readonly lambda?: LambdaClient;
}

/** @param functionName the function that makes backups */
export function createBackups(
  bucket: string,
  functionName: string,
  { s3 = new S3Client({}), lambda = new LambdaClient({}) }: BackupClients = {},
): Backups {
  return {
    async start(key) {
      await lambda.send(
        new InvokeCommand({
          FunctionName: functionName,
          InvocationType: 'Event',
          Payload: Buffer.from(JSON.stringify({ key })),
        }),
      );
    },
    find: key => find(s3, bucket, key),
    list: () => list(s3, bucket),
  };
}

/** The files of backups, to write them and to read them back. */
export function createBackupBucket(Bucket: string, client = new S3Client({})): BackupFiles & FinishedBackups {
  return {
    find: key => find(client, Bucket, key),
    list: () => list(client, Bucket),

    async write(Key, content) {
      try {
        await uploadInParts(client, { Bucket, Key, ContentType: 'application/gzip' }, content);
        return true;
      } catch (error) {
        if (error instanceof S3ServiceException && error.name === 'PreconditionFailed') return false;
        throw error;
      }
    },

    async publish(manifest) {
      await client.send(
        new PutObjectCommand({
          Bucket,
          Key: manifestKeyOf(manifest.key),
          Body: JSON.stringify(manifest, null, 2),
          ContentType: 'application/json',
        }),
      );
    },

    async discard(key) {
      // The manifest may have been stored although S3 did not confirm it. Without it there is no
      // backup, so it goes first.
      await client.send(new DeleteObjectCommand({ Bucket, Key: manifestKeyOf(key) }));
      await client.send(new DeleteObjectCommand({ Bucket, Key: key }));
    },

    async open(Key) {
      try {
        const { ETag, ContentLength = 0 } = await client.send(new HeadObjectCommand({ Bucket, Key }));
        return () => readInPieces(client, { Bucket, Key, IfMatch: ETag }, ContentLength);
      } catch (error) {
        if (error instanceof NotFound) return undefined;
        throw error;
      }
    },
  };
}

async function find(client: S3Client, Bucket: string, key: string): Promise<Manifest | undefined> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: manifestKeyOf(key) }));
    return readManifest(key, (await Body?.transformToString()) ?? '');
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

async function list(client: S3Client, Bucket: string): Promise<Manifest[]> {
  const keys: string[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2(
    { client },
    { Bucket, Prefix: BACKUP_FOLDER },
  )) {
    keys.push(...Contents.map(({ Key = '' }) => backupOfManifest(Key)).filter(key => key !== undefined));
  }
  // S3 lists keys in order, and these begin with their time: the newest come last.
  const newest = keys.slice(-MAX_LISTED_BACKUPS);
  const manifests = await Promise.all(newest.map(key => findReadable(client, Bucket, key)));
  return manifests
    .filter(manifest => manifest !== undefined)
    .sort((a, b) => b.startedAt.localeCompare(a.startedAt));
}

/** One damaged manifest must not hide the others. */
async function findReadable(client: S3Client, Bucket: string, key: string): Promise<Manifest | undefined> {
  try {
    return await find(client, Bucket, key);
  } catch (error) {
    if (error instanceof InvalidManifestError) return undefined;
    throw error;
  }
}

async function* readInPieces(
  client: S3Client,
  object: { readonly Bucket: string; readonly Key: string; readonly IfMatch: string | undefined },
  length: number,
): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < length; start += READ_BYTES) {
    const Range = `bytes=${start}-${Math.min(start + READ_BYTES, length) - 1}`;
    const { Body } = await client.send(new GetObjectCommand({ ...object, Range }));
    if (Body !== undefined) yield await Body.transformToByteArray();
  }
}
