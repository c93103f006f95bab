import { describe, expect, it } from 'vitest';
import type { ErrorPages } from '../../../shared/refresh/error-pages.ts';
import { type InvalidateDependencies, invalidate } from '../../../shared/refresh/invalidate.ts';
import type { Change } from '../../../shared/refresh/refresh.ts';
import type { Served } from '../../../shared/refresh/served.ts';
import { verifiedFrom } from '../../../shared/refresh/verified.ts';
import { changeOf } from '../../helpers/changes.ts';
import { listingOf } from '../../helpers/listing.ts';
import { PLAN_SETTINGS } from '../../helpers/planning.ts';
import { decide, objectOf, removal, THEN, upload } from './deciding.ts';
import { createMemoryRecords } from './memory-records.ts';
import { createMemoryTable } from './memory-table.ts';

const KEPT = { paths: ['/a.css'], seconds: 20 };
const errorPages: ErrorPages = {
  includes: key => key === 'a.css',
  keptOf: ([page]) =>
    page === undefined ? undefined : page.former === undefined ? { paths: KEPT.paths } : KEPT,
};

const verified = objectOf('old', { 'cache-control': 'max-age=20' }, THEN);
const bucket = objectOf('new');

describe('The former version of an error page', () => {
  const former = verifiedFrom(verified);
  const noCache = objectOf('old', { 'cache-control': 'no-cache' }, THEN);

  it.each<{
    what: string;
    verified?: Served | 'absent';
    events: readonly Change[];
    bucket: Served | undefined;
    pages: readonly unknown[];
  }>([
    {
      what: 'is the one that was verified',
      verified,
      events: [upload('06', 'new')],
      bucket,
      pages: [{ key: 'a.css', former }],
    },
    {
      what: 'is known when the page is removed',
      verified,
      events: [removal('06')],
      bucket: undefined,
      pages: [{ key: 'a.css', former }],
    },
    {
      what: 'is known to be none',
      verified: 'absent',
      events: [upload('06', 'new')],
      bucket,
      pages: [{ key: 'a.css', former: verifiedFrom(undefined) }],
    },
    {
      what: 'counts where the page itself costs no path',
      verified: noCache,
      events: [upload('06', 'new')],
      bucket: objectOf('new', { 'cache-control': 'no-cache' }),
      pages: [{ key: 'a.css', former: verifiedFrom(noCache) }],
    },
    {
      what: 'is unknown if none was verified',
      events: [upload('06', 'new')],
      bucket,
      pages: [{ key: 'a.css' }],
    },
    {
      what: 'is unknown if two events hide one in between',
      verified,
      events: [upload('06', 'new'), upload('07', 'new')],
      bucket,
      pages: [{ key: 'a.css' }],
    },
    {
      what: 'is unknown if what was uploaded is gone again: its removal may have been skipped',
      verified: 'absent',
      events: [upload('06', 'new')],
      bucket: undefined,
      pages: [{ key: 'a.css' }],
    },
    {
      what: 'is unknown if the bucket holds the one that was verified',
      verified,
      events: [upload('06', 'new')],
      bucket: verified,
      pages: [{ key: 'a.css' }],
    },
    {
      what: 'is unknown if an event has no sequencer',
      verified,
      events: [upload('', 'new')],
      bucket,
      pages: [{ key: 'a.css' }],
    },
    {
      what: 'is unknown after a version was deleted',
      verified,
      events: [{ ...upload('06', 'new'), versionId: 'v6', deletesVersion: true }],
      bucket,
      pages: [{ key: 'a.css' }],
    },
    {
      what: 'does not matter if the page has not changed',
      verified,
      events: [upload('06', 'old')],
      bucket: objectOf('old', { 'cache-control': 'max-age=20' }),
      pages: [],
    },
    { what: 'does not matter if the event is repeated', verified, events: [upload('05')], bucket, pages: [] },
  ])('$what', async ({ pages, ...situation }) => {
    expect((await decide({ ...situation, errorPages })).pages).toEqual(pages);
  });
});

describe('The step Invalidate', () => {
  const inOneGo = async <T>(_: string, effect: () => T) => effect();

  async function run({ seen, paths = [], round = 1 }: { seen?: Served; paths?: string[]; round?: number }) {
    const table = createMemoryTable({ step: inOneGo, without: undefined, report: () => {} });
    table.put('r1', 'open', { key: 'a.css', sequencer: '02' });
    const records = createMemoryRecords();
    await records.mark(changeOf('a.css', { sequencer: '01' }), 'm0');
    if (seen !== undefined)
      await records.recordVerified(changeOf('a.css', { sequencer: '01' }), 'm0', verifiedFrom(seen));
    const dependencies: InvalidateDependencies = {
      refreshes: {
        ...table,
        changesOf: async id => ({ ...(await table.changesOf(id)), paths }),
      },
      invalidations: {
        create: async () => 'I1',
        inProgress: async () => ({ exact: 0, wildcard: 0 }),
      },
      pathUse: {
        usedIn: async () => 0,
        record: async () => {},
        reserve: async () => undefined,
        release: async () => {},
      },
      site: listingOf(['a.css', 'b.css']),
      settings: PLAN_SETTINGS,
      edge: { records, objects: { head: async () => bucket }, isAskedEachTime: () => false, errorPages },
      newMark: () => 'm1',
      now: () => new Date('2026-11-02T10:00:00Z'),
      onUnknownQuota: () => {},
    };
    const { waitSeconds } = await invalidate({ refreshId: 'r1', round }, dependencies);
    const { plan } = (await table.get('r1')) ?? {};
    return {
      waitSeconds,
      paths: plan?.paths,
      errorPages: plan?.errorPages,
      counted: plan?.requestedPathCount,
    };
  }

  it('waits for an error page that is kept for a short time, and purges the page alone', async () => {
    expect(await run({ seen: verified })).toEqual({
      waitSeconds: 20,
      paths: ['/a.css'],
      errorPages: KEPT,
      counted: 0,
    });
  });

  it.each([
    { what: 'nobody knows how long an error page is kept', round: 1 },
    { what: 'it is the second round, which trusts no record', seen: verified, round: 2 },
  ])('purges everything if $what, and says why', async ({ seen, round }) => {
    expect(await run({ ...(seen === undefined ? {} : { seen }), round })).toEqual({
      waitSeconds: 0,
      paths: ['/*'],
      errorPages: { paths: ['/a.css'] },
      counted: 0,
    });
  });

  it('says nothing of error pages where everything is purged anyway', async () => {
    expect(await run({ paths: ['/*'] })).toEqual({ waitSeconds: 0, paths: ['/*'], counted: 1 });
  });
});
