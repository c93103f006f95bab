import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CACHED_SITE, synthesiseCachedSite } from '../fixtures/cached-site.ts';
import { nextSecond } from '../helpers/next-second.ts';
import { s3Event } from '../helpers/s3-messages.ts';
import { type Site, type StoredHeaders, startSite } from '../helpers/site.ts';

const assemblyDirectory = mkdtempSync(join(tmpdir(), 'cached-site-'));
let site: Site;
beforeAll(async () => {
  synthesiseCachedSite(assemblyDirectory);
  site = await startSite({ assemblyDirectory, stackName: CACHED_SITE, timeScale: 0.02 });
});
afterAll(async () => {
  await site?.stop();
  rmSync(assemblyDirectory, { recursive: true });
});

/** Uploads an object, lets its refresh end, and returns its version. */
async function publish(Key: string, Body: string, headers: StoredHeaders = {}): Promise<string> {
  await nextSecond();
  const Bucket = site.output('SiteBucketName');
  const put = new PutObjectCommand({ Bucket, Key, Body, ...headers });
  const { VersionId = '' } = await site.clients.s3.send(put);
  await site.settled();
  return VersionId;
}

/** What some work costs: the paths of each invalidation, and the subjects of the mails. */
async function costOf(work: () => Promise<unknown>) {
  const before = { ...(await site.counts()), mails: site.mails().length };
  await site.inOneRefresh(work);
  await site.settled();
  const { invalidations } = await site.counts();
  return {
    paths: await site.invalidations(invalidations - before.invalidations),
    mails: site
      .mails()
      .slice(before.mails)
      .map(({ subject }) => subject),
  };
}

const deleteVersion = (Key: string, VersionId: string) =>
  site.clients.s3.send(new DeleteObjectCommand({ Bucket: site.output('SiteBucketName'), Key, VersionId }));

const shown = async (path: string) => (await site.cloud.view(path)).body.toString();

describe('A bucket that keeps old versions', () => {
  it('costs nothing, and mails nobody, when a lifecycle rule deletes old ones', async () => {
    const versionId = await publish('expiring.txt', 'old');
    await publish('expiring.txt', 'new');
    const object = { key: 'expiring.txt', versionId, sequencer: 'FF' };
    const record = {
      ...{ eventVersion: '2.4', eventSource: 'aws:s3', eventTime: new Date().toISOString() },
      eventName: 'LifecycleExpiration:Delete',
      s3: { bucket: { name: site.output('SiteBucketName') }, object },
    };
    expect(await costOf(() => site.send(s3Event(record)))).toEqual({ paths: [], mails: [] });
  });

  it('costs no path when somebody deletes old ones', async () => {
    const versions = [await publish('pruned.txt', '1'), await publish('pruned.txt', '2')];
    await publish('pruned.txt', '3');
    const cost = await costOf(() => Promise.all(versions.map(id => deleteVersion('pruned.txt', id))));
    expect(cost).toEqual({ paths: [], mails: ['Fresh: pruned.txt'] });
    expect(await shown('/pruned.txt')).toBe('3');
  });

  it('shows the version before when the newest is deleted, and the edge is made fresh', async () => {
    await publish('rollback.txt', 'good');
    const bad = await publish('rollback.txt', 'bad');
    expect(await shown('/rollback.txt')).toBe('bad');
    const cost = await costOf(() => deleteVersion('rollback.txt', bad));
    expect(cost).toEqual({ paths: [['/rollback.txt']], mails: ['Fresh: rollback.txt'] });
    expect(await shown('/rollback.txt')).toBe('good');
  });

  it('shows an object that comes back when its delete marker is deleted', async () => {
    await publish('back.txt', 'here');
    const Bucket = site.output('SiteBucketName');
    const { VersionId: marker = '' } = await site.clients.s3.send(
      new DeleteObjectCommand({ Bucket, Key: 'back.txt' }),
    );
    await site.settled();
    expect((await site.cloud.view('/back.txt')).status).toBe(403);
    const cost = await costOf(() => deleteVersion('back.txt', marker));
    expect(cost).toEqual({ paths: [['/back.txt']], mails: ['Fresh: back.txt'] });
    expect(await shown('/back.txt')).toBe('here');
  });
});

describe('A page that CloudFront asks for each time', () => {
  it.each(['no-cache', 'public, max-age=0, must-revalidate'])(
    'costs no path when it changes beside hashed assets, stored with %s',
    async CacheControl => {
      const page = `${CacheControl.length}.html`;
      await publish(page, 'old', { CacheControl });
      expect(await shown(`/${page}`)).toBe('old');
      for (const body of ['new', 'newest']) {
        await nextSecond();
        const { paths, mails } = await costOf(() => site.put(page, body, { CacheControl }));
        expect([paths, mails]).toEqual([[], [`Fresh: ${page}`]]);
        expect(await shown(`/${page}`)).toBe(body);
      }
    },
  );

  it('costs a path if only its type changes, for its ETag does not tell', async () => {
    const CacheControl = 'no-cache';
    await publish('typed.html', 'text', { CacheControl, ContentType: 'text/plain' });
    expect((await site.cloud.view('/typed.html')).headers['content-type']).toBe('text/plain');
    await nextSecond();
    const put = () => site.put('typed.html', 'text', { CacheControl, ContentType: 'text/html' });
    expect((await costOf(put)).paths).toEqual([['/typed.html']]);
  });
});
