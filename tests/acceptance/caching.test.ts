import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CACHED_SITE, ERROR_SECONDS, synthesiseCachedSite } from '../fixtures/cached-site.ts';
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

  it('costs a path where the behaviour that shows it keeps everything for a while', async () => {
    const CacheControl = 'no-cache';
    await publish('long/page.html', 'old', { CacheControl });
    expect(await shown('/long/page.html')).toBe('old');
    await nextSecond();
    const { paths } = await costOf(() => site.put('long/page.html', 'new', { CacheControl }));
    expect(paths).toEqual([['/long/page.html']]);
    expect(await shown('/long/page.html')).toBe('new');
  });
});

describe('A site whose policy sets Cache-Control', () => {
  const keys = Array.from({ length: 12 }, (_, index) => `policy/${index}.css`);
  const upload = (changed?: string) =>
    Promise.all(keys.map(key => site.put(key, key === changed ? 'new' : key)));

  it('costs no path when everything is uploaded again, and one for each file that changed', async () => {
    await site.inOneRefresh(upload);
    await site.settled();
    expect((await site.cloud.view('/policy/0.css')).headers['cache-control']).toBe('max-age=60');
    await nextSecond();
    expect(await costOf(() => upload())).toEqual({ paths: [], mails: ['Fresh: 12 files'] });
    await nextSecond();
    expect((await costOf(() => upload('policy/7.css'))).paths).toEqual([['/policy/7.css']]);
    expect(await shown('/policy/7.css')).toBe('new');
  });
});

describe('An object whose metadata alone is written again', () => {
  it.each([
    { name: 'mtime', paths: [] },
    { name: 'owner', paths: [['/owner.css']] },
  ])('costs $paths.length paths if that is $name', async ({ name, paths }) => {
    const key = `${name}.css`;
    await publish(key, 'a', { Metadata: { [name]: '1' } });
    expect((await site.cloud.view(`/${key}`)).headers[`x-amz-meta-${name}`]).toBe('1');
    await nextSecond();
    const cost = await costOf(() => site.replaceHeaders(key, { Metadata: { [name]: '2' } }));
    expect(cost).toEqual({ paths, mails: [`Fresh: ${key}`] });
  });
});

describe('An error page, which edges keep at any URL,', () => {
  const publishPage = (body: string, headers: StoredHeaders = {}) =>
    costOf(() => site.put('app.html', body, headers));

  it('is waited for if they keep it for a short time, or else everything is purged', async () => {
    expect((await publishPage('first')).paths).toEqual([['/*']]);
    expect(await shown('/deep/link')).toBe('first');

    await nextSecond();
    const waiting = site.next(
      entry => entry.kind === 'execution' && entry.state === 'Verify: wait for error pages',
      'the refresh to wait for the error page',
    );
    expect((await publishPage('second', { CacheControl: 'max-age=3600' })).paths).toEqual([['/app.html']]);
    await waiting;
    const [refresh] = await site.refreshes(1);
    expect(refresh?.plan?.errorPages).toEqual({ paths: ['/app.html'], seconds: ERROR_SECONDS });
    // Refreshes are quicker here than in AWS, and the edge is not: its time has to pass.
    await nextSecond();
    expect(await shown('/deep/link')).toBe('second');

    await nextSecond();
    expect((await publishPage('third')).paths).toEqual([['/*']]);
    expect(await shown('/deep/link')).toBe('third');
    expect(site.mails().at(-1)?.body.text).toContain('/app.html at any URL for up to 3600 s');
  });
});
