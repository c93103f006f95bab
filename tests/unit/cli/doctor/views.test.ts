import { describe, expect, it } from 'vitest';
import {
  judgePurged,
  judgeQueryString,
  type PathCase,
} from '../../../../infra/cli/doctor/proof/judge-paths.ts';
import {
  judgeKept,
  judgeSharing,
  judgeShown,
  shownIn,
  unlessKept,
} from '../../../../infra/cli/doctor/proof/judge-views.ts';
import { judgeDetails, judgeMissing, judgeUnkept } from '../../../../infra/cli/doctor/proof/probes/api.ts';
import {
  BROWSER,
  BROWSER_HEAD,
  STORED,
  type View,
  type Warmed,
} from '../../../../infra/cli/doctor/proof/viewer.ts';

const OLD = { name: 'old', body: 'old content', eTag: 'e1' };
const NEW = { name: 'new', body: 'new content', eTag: 'e2' };
const VERSIONS = [OLD, NEW];

const viewOf = (parts: Partial<View> = {}): View => ({
  path: '/page.txt',
  variant: BROWSER,
  status: 200,
  xCache: 'Hit from cloudfront',
  hasAge: true,
  eTag: NEW.eTag,
  compression: 'br',
  body: NEW.body,
  ...parts,
});
const MISS = 'Miss from cloudfront';
const kept = (parts: Partial<View> = {}): Warmed => ({ first: viewOf(parts), isKept: true });
const NOT_KEPT: Warmed = { first: viewOf({ xCache: MISS }), isKept: false };

describe('An answer of the edge', () => {
  it.each<[string, Partial<View>, string]>([
    ['the content of a version', { eTag: '' }, 'new'],
    ['the content of one version with the ETag of another', { body: OLD.body }, 'old'],
    ['no content, as to HEAD, with the ETag of a version', { body: '', eTag: 'e1' }, 'old'],
    ['altered content with the ETag of a version', { body: 'NEW CONTENT' }, 'new'],
    ['other content', { body: 'a page', eTag: 'e3' }, 'something else'],
    ['no content and no ETag', { body: '', eTag: '' }, 'something else'],
    ['status 404', { status: 404, body: 'new content' }, 'nothing'],
    ['S3’s 403', { status: 403 }, 'nothing'],
    ['status 500', { status: 500 }, 'status 500'],
  ])('with %s shows what it should', (_, parts, shown) => {
    expect(shownIn(viewOf(parts), VERSIONS)).toBe(shown);
  });
});

describe('Answers that should all show one version', () => {
  const expected = { about: 'fresh', shows: 'new', versionsOf: () => VERSIONS, remedy: 'purge' };

  it('confirm it with the variants that were asked for', () => {
    expect(judgeShown([viewOf(), viewOf({ variant: BROWSER_HEAD, body: '' })], expected)).toEqual({
      about: 'fresh',
      verdict: 'confirmed',
      evidence: 'the new version is shown by 2 variants of /page.txt: GET br, gzip; HEAD br, gzip',
    });
  });

  it('refute it with those that show another, four at most', () => {
    const stale = viewOf({ variant: STORED, body: OLD.body });
    const { verdict, evidence, remedy } = judgeShown([viewOf(), ...Array(5).fill(stale)], expected);
    expect({ verdict, remedy }).toEqual({ verdict: 'refuted', remedy: 'purge' });
    const one = 'GET identity /page.txt shows old (Hit from cloudfront)';
    expect(evidence).toBe(`5 of 6 answers: ${Array(4).fill(one).join('; ')}; …`);
  });

  it('refute it if one shows the version of another file', () => {
    const versionsOf = ({ path }: View) => (path === '/page.txt' ? VERSIONS : [OLD]);
    const views = [viewOf(), viewOf({ path: '/other.txt' })];
    expect(judgeShown(views, { ...expected, versionsOf })).toMatchObject({
      verdict: 'refuted',
      evidence: expect.stringContaining('GET br, gzip /other.txt shows something else'),
    });
  });

  it.each([
    ['404', { status: 404 }, 'confirmed'],
    ['an application’s page', { body: 'the application', eTag: 'e3' }, 'confirmed'],
    ['the file', {}, 'refuted'],
    ['an error', { status: 503 }, 'refuted'],
  ] as const)('of a removed file are right with %s: %s → %s', (_, parts, verdict) => {
    expect(judgeShown([viewOf(parts)], { ...expected, shows: 'nothing' }).verdict).toBe(verdict);
  });
});

describe('What the edge keeps', () => {
  it('is confirmed if it is all that was asked for', () => {
    expect(judgeKept('keeps', [kept(), kept()])).toMatchObject({ verdict: 'confirmed' });
    expect(judgeKept('keeps', [kept(), NOT_KEPT])).toMatchObject({
      verdict: 'refuted',
      evidence: expect.stringContaining('1 of 2 answers'),
    });
  });

  it('is needed to confirm a purge, not to refute one', () => {
    const finding = { about: 'purged', evidence: 'as seen' } as const;
    expect(unlessKept({ ...finding, verdict: 'confirmed' }).verdict).toBe('untestable');
    expect(unlessKept({ ...finding, verdict: 'refuted' }).verdict).toBe('refuted');
  });

  it.each([
    ['apart', MISS, 'confirmed'],
    ['apart', 'Hit from cloudfront', 'refuted'],
    ['together', MISS, 'refuted'],
    ['together', 'RefreshHit from cloudfront', 'confirmed'],
  ] as const)('is %s for another variant whose first answer is %s: %s', (expected, xCache, verdict) => {
    const other = viewOf({ variant: STORED, xCache });
    expect(judgeSharing({ about: 'entries', expected }, kept(), other).verdict).toBe(verdict);
    expect(judgeSharing({ about: 'entries', expected }, NOT_KEPT, other).verdict).toBe('untestable');
  });

  it('is the same with a query string, unless the next answer is a miss', () => {
    expect(judgeQueryString(kept(), viewOf()).verdict).toBe('confirmed');
    expect(judgeQueryString(kept(), viewOf({ xCache: MISS })).verdict).toBe('refuted');
    expect(judgeQueryString(NOT_KEPT, viewOf()).verdict).toBe('untestable');
  });
});

describe('A path of an invalidation', () => {
  const each: PathCase = { about: 'a path', url: '/a', path: '/a', isPurged: true };

  it.each([
    [true, MISS, 'confirmed'],
    [true, 'Hit from cloudfront', 'refuted'],
    [false, MISS, 'refuted'],
    [false, 'Hit from cloudfront', 'confirmed'],
  ] as const)('that should purge a URL (%s), whose next answer is %s, is %s', (isPurged, xCache, verdict) => {
    const after = viewOf({ xCache });
    expect(judgePurged({ ...each, isPurged }, kept(), after).verdict).toBe(verdict);
    expect(judgePurged({ ...each, isPurged }, NOT_KEPT, after).verdict).toBe('untestable');
  });
});

describe('The API', () => {
  const REFRESH = {
    id: '20261122T080000Z-0123abcd',
    distributionId: 'E1',
    state: 'fresh',
    generation: 1,
    plans: 1,
    startedAt: '2026-11-22T08:00:00.000Z',
  } as const;
  const TOLD = {
    id: REFRESH.id,
    state: 'fresh',
    startedAt: REFRESH.startedAt,
    pathCount: 0,
    needlessPurges: 0,
    costUsd: 0,
    skipped: { unchanged: 0, neverCached: 0, duplicate: 0 },
    round: 1,
    refusals: 0,
    changes: [],
    requestedPaths: [],
    paths: [],
    timeline: [],
  };
  const answered = (body: unknown, status = 200) => viewOf({ status, body: JSON.stringify(body) });

  it('agrees with the history if it tells the same of a refresh', () => {
    expect(judgeDetails(REFRESH, answered(TOLD)).verdict).toBe('confirmed');
    expect(judgeDetails(REFRESH, answered({ ...TOLD, state: 'failed' }))).toMatchObject({
      verdict: 'refuted',
      evidence: 'GET /page.txt: state is failed, in the table fresh',
    });
  });

  it.each([
    ['an error', answered(TOLD, 500)],
    ['something else', answered({})],
    ['no JSON', viewOf({ body: '<html>' })],
  ])('disagrees with the history if it answers %s', (_, view) => {
    expect(judgeDetails(REFRESH, view).verdict).toBe('refuted');
  });

  it('answers if it says in its own words that there is no such student', () => {
    const missing = { error: { code: 'StudentNotFound' } };
    expect(judgeMissing(answered(missing, 404)).verdict).toBe('confirmed');
    expect(judgeMissing(answered(missing)).verdict).toBe('refuted');
    expect(judgeMissing(viewOf({ status: 404, body: '<html>' })).verdict).toBe('refuted');
  });

  it('is kept by the edge if an answer is a hit or has an age', () => {
    const fetched = viewOf({ xCache: MISS, hasAge: false });
    expect(judgeUnkept([fetched, fetched]).verdict).toBe('confirmed');
    expect(judgeUnkept([fetched, viewOf({ hasAge: false })]).verdict).toBe('refuted');
    expect(judgeUnkept([fetched, viewOf({ xCache: 'Error from cloudfront' })]).verdict).toBe('refuted');
  });
});
