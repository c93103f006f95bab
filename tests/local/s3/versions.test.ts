import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadObjectCommand,
  NotFound,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { BUCKET, type StorageOptions, startStorage, take } from '../../helpers/storage.ts';

const at = { Bucket: BUCKET, Key: 'page.html' };

const Notification = z.object({
  Records: z.tuple([
    z.object({ eventName: z.string(), s3: z.object({ object: z.looseObject({ versionId: z.string() }) }) }),
  ]),
});

/** A bucket that keeps versions. */
async function start(options: StorageOptions = {}) {
  const storage = await startStorage({ events: ['s3:ObjectCreated:*', 's3:ObjectRemoved:*'], ...options });
  const { s3, sqs, queueUrl } = storage;
  await s3.send(
    new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration: { Status: 'Enabled' } }),
  );
  return {
    ...storage,
    put: async (Body: string) =>
      (await s3.send(new PutObjectCommand({ ...at, Body, CacheControl: Body }))).VersionId,
    remove: (VersionId?: string) => s3.send(new DeleteObjectCommand({ ...at, VersionId })),
    shown: async () => {
      const { Body, VersionId, CacheControl } = await s3.send(new GetObjectCommand(at));
      return { content: await Body?.transformToString(), VersionId, CacheControl };
    },
    lastModified: async () => (await s3.send(new HeadObjectCommand(at))).LastModified,
    /** Names and versions of the next events. */
    events: async (count: number) =>
      (await take(sqs, queueUrl, count)).map(({ Body = '' }) => {
        const [{ eventName, s3 }] = Notification.parse(JSON.parse(Body)).Records;
        return [eventName, s3.object.versionId];
      }),
  };
}

describe('A bucket with versions', () => {
  it('says so', async () => {
    const { s3, storage } = await start();
    storage.ensureBucket('plain');
    const statusOf = async (Bucket: string) =>
      (await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status;
    expect([await statusOf(BUCKET), await statusOf('plain')]).toEqual(['Enabled', undefined]);
  });

  it('shows the newest version, by an id that its event names', async () => {
    const { put, shown, events } = await start();
    const first = await put('1');
    const second = await put('2');
    expect(await shown()).toEqual({ content: '2', VersionId: second, CacheControl: '2' });
    expect(await events(2)).toEqual([
      ['ObjectCreated:Put', first],
      ['ObjectCreated:Put', second],
    ]);
    expect(first).not.toBe(second);
  });

  it('shows the version before, as it was written, when the newest one is deleted', async () => {
    const { put, remove, shown, lastModified, events } = await start();
    const first = await put('1');
    const written = await lastModified();
    const second = await put('2');
    expect(await remove(second)).toMatchObject({ VersionId: second });
    expect(await shown()).toEqual({ content: '1', VersionId: first, CacheControl: '1' });
    expect(await lastModified()).toEqual(written);
    expect((await events(3)).at(-1)).toEqual(['ObjectRemoved:Delete', second]);
  });

  it('shows the same when an old version is deleted', async () => {
    const { put, remove, shown, events } = await start();
    const first = await put('1');
    const second = await put('2');
    await remove(first);
    expect(await shown()).toMatchObject({ content: '2', VersionId: second });
    expect((await events(3)).at(-1)).toEqual(['ObjectRemoved:Delete', first]);
  });

  it('hides the object behind a marker when it is removed, and shows it when that is deleted', async () => {
    const { put, remove, shown, s3, events } = await start();
    const first = await put('1');
    const { DeleteMarker, VersionId: marker } = await remove();
    expect(DeleteMarker).toBe(true);
    await expect(s3.send(new HeadObjectCommand(at))).rejects.toThrow(NotFound);
    expect(await remove(marker)).toMatchObject({ DeleteMarker: true, VersionId: marker });
    expect(await shown()).toMatchObject({ content: '1', VersionId: first });
    expect(await events(3)).toEqual([
      ['ObjectCreated:Put', first],
      ['ObjectRemoved:DeleteMarkerCreated', marker],
      ['ObjectRemoved:Delete', marker],
    ]);
  });

  it('makes markers of many removals at once, too', async () => {
    const { s3, put, events } = await start();
    await put('1');
    await s3.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects: [{ Key: at.Key }] } }));
    expect((await events(2)).at(-1)).toEqual(['ObjectRemoved:DeleteMarkerCreated', expect.any(String)]);
  });

  it('has nothing left when its only version is deleted', async () => {
    const { s3, put, remove } = await start();
    await remove(await put('1'));
    await expect(s3.send(new HeadObjectCommand(at))).rejects.toThrow(NotFound);
  });

  it('calls the version of an object that is older than versioning null', async () => {
    const { s3 } = await startStorage();
    await s3.send(new PutObjectCommand({ ...at, Body: 'old' }));
    await s3.send(
      new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration: { Status: 'Enabled' } }),
    );
    expect((await s3.send(new HeadObjectCommand(at))).VersionId).toBe('null');
    await s3.send(new PutObjectCommand({ ...at, Body: 'new' }));
    await s3.send(new DeleteObjectCommand({ ...at, VersionId: 'null' }));
    expect(await (await s3.send(new GetObjectCommand(at))).Body?.transformToString()).toBe('new');
  });
});
