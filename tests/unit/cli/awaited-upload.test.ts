import { describe, expect, it } from 'vitest';
import { stateOf, type UploadSources } from '../../../infra/cli/commands/awaited-upload.ts';
import { uploads } from '../../../infra/cli/option-values.ts';
import type { ListedRefresh } from '../../../shared/refresh/history.ts';
import type { Change, Refresh } from '../../../shared/refresh/refresh.ts';
import type { Verified } from '../../../shared/refresh/verified.ts';
import { changeOf } from '../../helpers/changes.ts';

const KEY = 'index.html';
const ETAG = 'd41d8cd98f00b204e9800998ecf8427e';
const OTHER = '0cc175b9c0f1b6a831c399e269772661';
const WRITTEN = 'Mon, 02 Nov 2026 10:00:00 GMT';
const UPLOAD = { key: KEY, eTag: ETAG };

/** One that has ended says when. */
function refreshOf(id: string, details: Partial<Refresh> = {}): Refresh {
  return {
    id,
    distributionId: 'E1',
    state: 'open',
    generation: 1,
    startedAt: '2026-11-02T10:00:01.000Z',
    plans: 0,
    ...details,
  };
}

const FRESH = { state: 'fresh', end: { at: '2026-11-02T10:00:09.000Z' } } as const;

interface World {
  /** ETag in the bucket, without quotes. @default that of the upload; null for no object */
  readonly stored?: string | null;
  readonly verified?: Partial<Verified>;
  /** Newest first, each with its events of the key. */
  readonly refreshes?: readonly (readonly [Refresh, readonly Change[]])[];
  readonly now?: string;
}

function sourcesOf({ stored = ETAG, verified, refreshes = [], now = WRITTEN }: World) {
  const asked: string[] = [];
  const find = (id: string) => refreshes.find(([refresh]) => refresh.id === id);
  const sources: UploadSources = {
    bucket: {
      head: async () =>
        stored === null ? undefined : { headers: { etag: `"${stored}"` }, lastModified: WRITTEN },
    },
    records: {
      get: async ([key = '']) =>
        new Map(
          verified === undefined
            ? []
            : [
                [
                  key,
                  {
                    key,
                    sequencer: '01',
                    mark: 'm',
                    verified: { fingerprint: 'f', neverCached: false, ...verified },
                  },
                ],
              ],
        ),
    },
    history: {
      // One refresh a page, so that every test turns pages.
      async page({ after }) {
        const listed: readonly ListedRefresh[] = refreshes.map(([refresh]) => refresh);
        const index = listed.findIndex(({ id }) => id === after) + 1;
        const page = listed.slice(index, index + 1);
        return { refreshes: page, ...(index + 1 < listed.length ? { after: page[0]?.id ?? '' } : {}) };
      },
    },
    refresh: async id => find(id)?.[0],
    changesOfKey: async id => {
      asked.push(id);
      return find(id)?.[1] ?? [];
    },
    now: () => new Date(now),
  };
  return { sources, asked };
}

const stateIn = (world: World) => stateOf(UPLOAD, sourcesOf(world).sources);

const event = (details: Partial<Change> = {}) => changeOf(KEY, { eTag: ETAG, ...details });

describe('An upload', () => {
  it('waits for its event at first', async () => {
    expect(await stateIn({})).toMatchObject({
      state: 'pending',
      reason: expect.stringContaining('no event'),
    });
  });

  it.each(['open', 'closed', 'invalidating', 'verifying'] as const)(
    'waits while its refresh is %s',
    async state => {
      expect(await stateIn({ refreshes: [[refreshOf('r1', { state }), [event()]]] })).toEqual({
        state: 'pending',
        refreshId: 'r1',
        reason: `its refresh is ${state}`,
      });
    },
  );

  it('is fresh once its refresh is, whether that needed a purge or not', async () => {
    expect(await stateIn({ refreshes: [[refreshOf('r1', FRESH), [event()]]] })).toEqual({
      state: 'fresh',
      refreshId: 'r1',
    });
  });

  it('fails with the reason of its refresh', async () => {
    const failed = { state: 'failed', end: { at: FRESH.end.at, failure: 'AccessDenied: no' } } as const;
    expect(await stateIn({ refreshes: [[refreshOf('r1', failed), [event()]]] })).toEqual({
      state: 'failed',
      refreshId: 'r1',
      reason: 'its refresh failed: AccessDenied: no',
    });
  });

  it('is not verified, and says what to do, if the edge could not be asked', async () => {
    const unasked = { code: 'unauthorized', reason: 'd1.cloudfront.net answers 401' } as const;
    const ended = { state: 'unasked', end: { at: FRESH.end.at, unasked } } as const;
    expect(await stateIn({ refreshes: [[refreshOf('r1', ended), [event()]]] })).toMatchObject({
      state: 'unasked',
      reason: expect.stringMatching(/d1\.cloudfront\.net answers 401\. .*verificationHeaders/),
    });
  });

  it.each([
    { stored: OTHER, reason: `another upload has superseded it: the bucket holds "${OTHER}"` },
    { stored: null, reason: 'the bucket has no such object (any more)' },
  ])('is superseded when the bucket holds $stored', async ({ stored, reason }) => {
    const refreshes = [[refreshOf('r1', FRESH), [event()]]] as const;
    expect(await stateIn({ stored, refreshes })).toEqual({ state: 'superseded', reason });
  });

  it('belongs to the newest refresh that has it: a failed one may have left it to the next', async () => {
    const abandoned = {
      state: 'failed',
      end: { at: FRESH.end.at, failure: 'AccessDenied: no', isAbandoned: true },
    } as const;
    const refreshes = [
      [refreshOf('r3'), []],
      [refreshOf('r2', FRESH), [event()]],
      [refreshOf('r1', abandoned), [event()]],
    ] as const;
    expect(await stateIn({ refreshes })).toEqual({ state: 'fresh', refreshId: 'r2' });
  });

  it('is not taken for an earlier upload of the same content', async () => {
    const earlier = event({ eventTime: '2026-11-02T09:59:59.900Z' });
    expect(await stateIn({ refreshes: [[refreshOf('r1', FRESH), [earlier]]] })).toMatchObject({
      state: 'pending',
    });
  });

  it.each([
    ['a removal', { removed: true }],
    ['another upload', { eTag: OTHER }],
  ])('is not taken for %s that happened after it', async (_, later) => {
    const events = [event(), event({ sequencer: 'FF', ...later })];
    expect(await stateIn({ refreshes: [[refreshOf('r1', FRESH), events]] })).toMatchObject({
      state: 'pending',
    });
  });
});

describe('A version that was verified before', () => {
  const verified = { eTag: `"${ETAG}"`, lastModified: WRITTEN };

  it('is fresh, though no refresh has an event of it: a sync uploads no unchanged file', async () => {
    const { sources, asked } = sourcesOf({
      verified,
      now: '2026-11-30T00:00:00.000Z',
      refreshes: [
        [refreshOf('r2', { ...FRESH, startedAt: '2026-11-29T23:59:00.000Z' }), []],
        [refreshOf('r1', FRESH), [event()]],
      ],
    });
    expect(await stateOf(UPLOAD, sources)).toEqual({ state: 'fresh' });
    expect(asked).toEqual([]);
  });

  it('waits for its refresh, whose other files may be stale yet', async () => {
    const refreshes = [[refreshOf('r1', { state: 'verifying' }), [event()]]] as const;
    expect(await stateIn({ verified, refreshes })).toMatchObject({ state: 'pending', refreshId: 'r1' });
  });

  it.each([
    ['of another content', { eTag: `"${OTHER}"` }],
    ['written before, with other headers perhaps', { lastModified: 'Mon, 02 Nov 2026 09:00:00 GMT' }],
  ])('says nothing about one %s', async (_, other) => {
    expect(await stateIn({ verified: { ...verified, ...other } })).toMatchObject({ state: 'pending' });
  });
});

describe('The option --for', () => {
  it.each([
    [`${KEY}=${ETAG}`, KEY, ETAG],
    [`${KEY}="${ETAG}"`, KEY, ETAG],
    [`a=b=c.html=${ETAG}-12`, 'a=b=c.html', `${ETAG}-12`],
    [`line\nbreak=${ETAG}`, 'line\nbreak', ETAG],
  ])('takes %j', (value, key, eTag) => {
    expect(uploads(value, [UPLOAD])).toEqual([UPLOAD, { key, eTag }]);
  });

  it.each(['', KEY, `${KEY}=`, `=${ETAG}`, `${KEY}=${ETAG.slice(1)}`, `${KEY}=W/"${ETAG}"`])(
    'refuses %j',
    value => {
      expect(() => uploads(value)).toThrow('It must be KEY=ETAG');
    },
  );
});
