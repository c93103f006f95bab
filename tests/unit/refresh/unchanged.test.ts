import { describe, expect, it } from 'vitest';
import { markAll, markChanged, NOTHING_SKIPPED } from '../../../shared/refresh/unchanged.ts';
import { verifiedFrom } from '../../../shared/refresh/verified.ts';
import { changeOf } from '../../helpers/changes.ts';
import { NO_ERROR_PAGES } from '../../helpers/planning.ts';
import { decide, objectOf, PLANNING, removal, THEN, upload } from './deciding.ts';
import { createMemoryRecords } from './memory-records.ts';

const verified = objectOf('same', {}, THEN);
const bucket = objectOf('same');

describe('a key costs no path', () => {
  it.each([
    { what: 'uploaded again unchanged', verified, events: [upload('06')], bucket, reason: 'unchanged' },
    {
      what: 'uploaded again in parts, unchanged',
      verified: objectOf('abc-2', {}, THEN),
      events: [upload('06', 'abc-2')],
      bucket: objectOf('abc-2'),
      reason: 'unchanged',
    },
    {
      what: 'removed again',
      verified: 'absent' as const,
      events: [removal('06')],
      bucket: undefined,
      reason: 'unchanged',
    },
    { what: 'announced twice', verified, events: [upload('05')], bucket, reason: 'duplicate' },
    {
      what: 'uploaded again unchanged, with the event of the old upload repeated',
      verified,
      events: [upload('05'), upload('06')],
      bucket,
      reason: 'unchanged',
    },
    {
      what: 'changed, when the old version was never cached',
      verified: objectOf('old', { 'cache-control': 'no-store' }, THEN),
      events: [upload('06', 'new')],
      bucket: objectOf('new'),
      reason: 'neverCached',
    },
    {
      what: 'changed, when the edge asked for the old version each time',
      verified: objectOf('old', { 'cache-control': 'no-cache' }, THEN),
      events: [upload('06', 'new')],
      bucket: objectOf('new', { 'cache-control': 'no-cache' }),
      reason: 'neverCached',
    },
    {
      what: 'removed, when it was never cached',
      verified: objectOf('old', { 'cache-control': 'private, No-Store' }, THEN),
      events: [removal('06')],
      bucket: undefined,
      reason: 'neverCached',
    },
  ])('$what', async ({ reason, ...situation }) => {
    expect((await decide(situation)).reason).toBe(reason);
  });
});

describe('a key is purged', () => {
  const CHANGED_HEADERS = {
    'content-type': 'text/css',
    'content-encoding': 'gzip',
    'cache-control': 'max-age=60',
    'content-disposition': 'attachment',
    'content-language': 'vi',
    expires: 'Tue, 03 Nov 2026 10:00:00 GMT',
    'x-amz-website-redirect-location': '/other',
    'x-amz-meta-owner': 'Ann',
  };

  it.each(Object.entries(CHANGED_HEADERS))('if only its %s changed', async (name, value) => {
    const changed = objectOf('same', { [name]: value });
    expect((await decide({ verified, events: [upload('06')], bucket: changed })).reason).toBe('purged');
    const before = { ...changed, lastModified: THEN };
    expect((await decide({ verified: before, events: [upload('06')], bucket })).reason).toBe('purged');
    expect((await decide({ verified: before, events: [upload('06')], bucket: changed })).reason).toBe(
      'unchanged',
    );
  });

  it.each([
    { what: 'nothing was verified of it', events: [upload('06')], bucket },
    { what: 'its planned event comes again before it is verified', events: [upload('05')], bucket },
    { what: 'two events hide a version in between', verified, events: [upload('06'), upload('07')], bucket },
    {
      what: 'the version in the bucket is the one that was verified',
      verified,
      events: [upload('06')],
      bucket: verified,
    },
    {
      what: 'never cached, but the version in the bucket is the one that was verified',
      verified: objectOf('same', { 'cache-control': 'no-store' }, THEN),
      events: [upload('06')],
      bucket: objectOf('same', { 'cache-control': 'no-store' }, THEN),
    },
    { what: 'an event has no sequencer', verified, events: [upload('')], bucket },
    {
      what: 'the event has no ETag',
      verified,
      events: [{ key: 'a.css', removed: false, eventTime: '', sequencer: '06' }],
      bucket,
    },
    { what: 'it was removed', verified, events: [removal('06')], bucket: undefined },
    { what: 'it was removed and is there again', verified, events: [removal('06')], bucket },
    {
      what: 'it is there again',
      verified: 'absent' as const,
      events: [upload('06')],
      bucket,
    },
    {
      what: 'it is there no more, though it was created',
      verified: 'absent' as const,
      events: [upload('06')],
      bucket: undefined,
    },
    {
      what: 'edges may show the old one while they ask for it',
      verified: objectOf('old', { 'cache-control': 'no-cache, stale-while-revalidate=60' }, THEN),
      events: [upload('06', 'new')],
      bucket: objectOf('new'),
    },
    {
      what: 'it is asked for each time, but with an ETag that has not changed',
      verified: objectOf('same', { 'cache-control': 'no-cache' }, THEN),
      events: [upload('06')],
      bucket: objectOf('same', { 'cache-control': 'no-cache', 'content-type': 'text/css' }),
    },
    {
      what: 'it names no-store in a quoted string only',
      verified: objectOf('old', { 'cache-control': 'x="a, no-store, b"' }, THEN),
      events: [upload('06', 'new')],
      bucket: objectOf('new'),
    },
  ])('when $what, and nothing is left to skip on', async situation => {
    const { reason, record } = await decide(situation);
    expect(reason).toBe('purged');
    expect(record).toMatchObject({ mark: 'm1' });
    expect(record?.verified).toBeUndefined();
  });

  it('in a second round in any case', async () => {
    const records = createMemoryRecords();
    await records.mark(upload('05'), 'm0');
    await records.recordVerified(upload('05'), 'm0', verifiedFrom(verified));
    expect(
      await markAll([upload('05'), upload('06')], PLANNING, { records, errorPages: NO_ERROR_PAGES }),
    ).toEqual({
      changedKeys: ['a.css'],
      skipped: NOTHING_SKIPPED,
      pages: [],
    });
    expect(records.peek('a.css')).toEqual({ key: 'a.css', sequencer: '06', mark: 'm1' });
  });
});

describe('the record of a key', () => {
  it('that is skipped unchanged stays verified, for the version now in the bucket', async () => {
    const { record } = await decide({ verified, events: [upload('06')], bucket });
    expect(record).toEqual({
      key: 'a.css',
      sequencer: '06',
      mark: 'm0',
      verified: { ...verifiedFrom(bucket), skippedBy: 'r1' },
    });
  });

  it('that was never cached must be verified again', async () => {
    const noStore = { 'cache-control': 'no-store' };
    const old = objectOf('old', noStore, THEN);
    const { record } = await decide({
      verified: old,
      events: [upload('06')],
      bucket: objectOf('same', noStore),
    });
    expect(record).toEqual({ key: 'a.css', sequencer: '06', mark: 'm1' });
  });

  it('that was never cached remembers that its headers have changed', async () => {
    const old = objectOf('old', { 'cache-control': 'no-store' }, THEN);
    const { record } = await decide({ verified: old, events: [upload('06')], bucket });
    expect(record).toEqual({ key: 'a.css', sequencer: '06', mark: 'm1', mixed: true });
  });
});

it('A lost plan is made again, and skips the same keys for the same reasons', async () => {
  const records = createMemoryRecords();
  await records.mark(upload('05'), 'm0');
  await records.recordVerified(upload('05'), 'm0', verifiedFrom(verified));
  const plan = (refreshId: string) =>
    markChanged(
      [upload('06')],
      { refreshId, mark: 'm1' },
      {
        records,
        objects: { head: async () => bucket },
        isAskedEachTime: () => false,
        errorPages: NO_ERROR_PAGES,
      },
    );
  expect((await plan('r1')).skipped).toMatchObject({ unchanged: 1 });
  expect((await plan('r1')).skipped).toMatchObject({ unchanged: 1 });
  expect((await plan('r2')).skipped).toMatchObject({ duplicate: 1 });
});

it('A changed key served with no-store is purged if edges keep it in spite of that', async () => {
  const noStore = { 'cache-control': 'no-store' };
  const known = { verified: objectOf('old', noStore, THEN), events: [upload('06')], honoursNoStore: false };
  expect(await decide({ ...known, bucket: objectOf('same', noStore) })).toMatchObject({ reason: 'purged' });
  const again = { ...known, events: [upload('06', 'old')], bucket: objectOf('old', noStore) };
  expect(await decide(again)).toMatchObject({ reason: 'unchanged' });
});

it('A changed key is purged if it was a redirect: a website may not say of it what the object says', async () => {
  const noStore = { 'cache-control': 'no-store' };
  const redirect = objectOf('old', { ...noStore, 'x-amz-website-redirect-location': '/new.html' }, THEN);
  const events = [upload('06')];
  const bucket = objectOf('same', noStore);
  expect(await decide({ verified: redirect, events, bucket })).toMatchObject({ reason: 'purged' });
  const page = objectOf('old', noStore, THEN);
  expect(await decide({ verified: page, events, bucket })).toMatchObject({ reason: 'neverCached' });
});

describe('The bucket is read', () => {
  it.each([
    { what: 'was never verified', events: [upload('06')] },
    { what: 'has other content', verified, events: [upload('06', 'other')] },
    { what: 'was removed', verified, events: [removal('06')] },
    { what: 'has two events', verified, events: [upload('06'), upload('07')] },
    { what: 'was only announced twice', verified, events: [upload('05')] },
  ])('for no key that $what', async situation => {
    expect((await decide({ ...situation, bucket })).reads).toBe(0);
  });
});

it('Every key is decided on its own', async () => {
  const records = createMemoryRecords();
  const keys = Array.from({ length: 100 }, (_, index) => `${index}.css`);
  for (const key of keys) {
    await records.mark(changeOf(key, { sequencer: '05' }), 'm0');
    const seen = verifiedFrom(objectOf(key, {}, THEN));
    await records.recordVerified(changeOf(key, { sequencer: '05' }), 'm0', seen);
  }
  const events = keys.map(key => changeOf(key, { sequencer: '06', eTag: key }));
  const head = async (key: string) => objectOf(key, key === '42.css' ? { 'cache-control': 'max-age=1' } : {});
  expect(
    await markChanged(events, PLANNING, {
      records,
      objects: { head },
      isAskedEachTime: () => false,
      errorPages: NO_ERROR_PAGES,
    }),
  ).toEqual({
    changedKeys: ['42.css'],
    skipped: { unchanged: 99, neverCached: 0, duplicate: 0 },
    pages: [],
  });
});
