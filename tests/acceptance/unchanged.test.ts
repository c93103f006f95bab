import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inject } from '../helpers/endings.ts';
import { refused } from '../helpers/faults.ts';
import { inParallel } from '../helpers/in-parallel.ts';
import { nextSecond } from '../helpers/next-second.ts';
import { type Site, type StoredHeaders, startSite } from '../helpers/site.ts';

const HEADERS: StoredHeaders = {
  CacheControl: 'public, max-age=0, s-maxage=31536000',
  ContentType: 'text/plain; charset=utf-8',
  ContentDisposition: 'inline',
  ContentLanguage: 'vi',
  Metadata: { owner: 'Ann' },
};
/** More than DynamoDB reads at once, and more than a verification lists. */
const FILES = 210;
const KEYS = Array.from({ length: FILES }, (_, index) => `folder-${index % 7}/file-${index}.txt`);
const PART = KEYS.slice(0, 20);
const ONE = 'folder-0/file-7.txt';

let site: Site;
beforeAll(async () => {
  site = await startSite({ timeScale: 0.02 });
  await uploadAll();
  await settleNext(KEYS);
});
afterAll(() => site.stop());

const upload = (keys: readonly string[], headersOfOne: StoredHeaders = HEADERS) =>
  inParallel(keys, key => site.put(key, `content of ${key}`, key === ONE ? headersOfOne : HEADERS));

const uploadAll = () => upload(KEYS);

/** Waits until the pipeline is idle, and returns the newest refresh: its record and its mail. */
async function settleNext(keys: readonly string[]) {
  await site.settled();
  const [refresh] = await site.refreshes(1);
  await site.expectEdgeEqualsBucket(keys);
  return { state: refresh?.state, skipped: refresh?.plan?.skipped, mail: site.mails().at(-1)?.body.text };
}

/** The paths of the invalidations that one refresh of some work makes, one list each. */
async function pathsOf(keys: readonly string[], work: () => Promise<void>) {
  await site.warm(keys);
  const before = await site.counts();
  await nextSecond();
  await site.inOneRefresh(work);
  const ended = await settleNext(keys);
  const after = await site.counts();
  return { ...ended, paths: await site.invalidations(after.invalidations - before.invalidations) };
}

describe(`a site of ${FILES} files`, () => {
  it('uploaded again unchanged needs no invalidation, and the mail says so', async () => {
    const { paths, state, skipped, mail } = await pathsOf(KEYS, uploadAll);
    expect(paths).toEqual([]);
    expect(state).toBe('fresh');
    expect(skipped).toEqual({ unchanged: FILES, neverCached: 0, duplicate: 0 });
    expect(mail).toContain(`Nothing to purge: ${FILES} files uploaded or removed again without a change`);
    expect(mail).toContain('Invalidation: none was needed');
    expect(mail).toContain(`URLs verified: ${FILES}`);
  });

  it('uploaded a third time costs as little', async () => {
    expect((await pathsOf(KEYS, uploadAll)).paths).toEqual([]);
  });

  it.each<{ what: string; headers: StoredHeaders }>([
    { what: 'Cache-Control', headers: { CacheControl: 'public, max-age=60' } },
    { what: 'Content-Type', headers: { ContentType: 'text/html' } },
    { what: 'user metadata', headers: { Metadata: { owner: 'Binh' } } },
    { what: 'header, and gets it back,', headers: {} },
  ])(
    'uploaded again in part, with another $what for one file, purges only that file',
    async ({ headers }) => {
      const { paths, skipped } = await pathsOf(PART, () => upload(PART, { ...HEADERS, ...headers }));
      expect(paths).toEqual([[`/${ONE}`]]);
      expect(skipped).toEqual({ unchanged: 19, neverCached: 0, duplicate: 0 });
    },
  );
});

it('an object is purged if only its headers are replaced by others, but not by the same ones', async () => {
  await site.put('page.txt', 'content', HEADERS);
  await settleNext(['page.txt']);
  const replace = (headers: StoredHeaders) => () => site.replaceHeaders('page.txt', headers);
  expect((await pathsOf(['page.txt'], replace(HEADERS))).paths).toEqual([]);
  expect((await pathsOf(['page.txt'], replace({ ...HEADERS, CacheControl: 'no-cache' }))).paths).toEqual([
    ['/page.txt'],
  ]);
});

it('an object costs a path when it is first served with no-store, and none when it then changes', async () => {
  const noStore = { ...HEADERS, CacheControl: 'no-store' };
  await site.put('live.txt', 'cached', HEADERS);
  await settleNext(['live.txt']);
  expect((await pathsOf(['live.txt'], () => site.put('live.txt', 'first', noStore))).paths).toEqual([
    ['/live.txt'],
  ]);
  const changed = await pathsOf(['live.txt'], () => site.put('live.txt', 'second', noStore));
  expect(changed.paths).toEqual([]);
  expect(changed.skipped).toEqual({ unchanged: 0, neverCached: 1, duplicate: 0 });
  expect((await pathsOf(['live.txt'], () => site.put('live.txt', 'third', HEADERS))).paths).toEqual([]);
  expect((await pathsOf(['live.txt'], () => site.put('live.txt', 'fourth', HEADERS))).paths).toEqual([
    ['/live.txt'],
  ]);
});

it('a removed object that is removed again costs no path, and one that comes back does', async () => {
  await site.put('gone.txt', 'content', HEADERS);
  await settleNext(['gone.txt']);
  expect((await pathsOf(['gone.txt'], () => site.remove('gone.txt'))).paths).toEqual([['/gone.txt']]);
  expect((await pathsOf(['gone.txt'], () => site.remove('gone.txt'))).paths).toEqual([]);
  expect((await pathsOf(['gone.txt'], () => site.put('gone.txt', 'content', HEADERS))).paths).toEqual([
    ['/gone.txt'],
  ]);
});

it('two uploads in one refresh are purged even if the last equals the verified version', async () => {
  await site.put('twice.txt', 'content', HEADERS);
  await settleNext(['twice.txt']);
  const { paths } = await pathsOf(['twice.txt'], async () => {
    await site.put('twice.txt', 'something else', HEADERS);
    await site.put('twice.txt', 'content', HEADERS);
  });
  expect(paths).toEqual([['/twice.txt']]);
});

it('changes of a failed refresh are not skipped, even if they equal the verified version', async () => {
  await site.put('failed.txt', 'content', HEADERS);
  await settleNext(['failed.txt']);
  await site.warm(['failed.txt']);
  const refusal = inject(site, { action: 'CreateInvalidation' }, refused('AccessDenied', 403), 1);
  await site.put('failed.txt', 'something else', HEADERS);
  await site.settled();
  expect(refusal.met).toHaveLength(1);
  expect((await site.refreshes(1))[0]?.state).toBe('failed');
  expect((await pathsOf(['failed.txt'], () => site.put('failed.txt', 'content', HEADERS))).paths).toEqual([
    ['/failed.txt'],
  ]);
});

it('a path requested manually is never skipped', async () => {
  const keys = ['folder-0/file-0.txt', 'folder-1/file-1.txt'];
  const { paths } = await pathsOf(keys, async () => {
    await site.send({ paths: ['/folder-0/file-0.txt'] });
    await site.put('folder-1/file-1.txt', 'content of folder-1/file-1.txt', HEADERS);
  });
  expect(paths).toEqual([['/folder-0/file-0.txt']]);
});
