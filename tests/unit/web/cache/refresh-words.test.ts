import { describe, expect, it } from 'vitest';
import {
  adviceOn,
  causeOf,
  doingWords,
  invalidationWords,
  priceOf,
  reasonOf,
  retryWords,
  skippedWords,
} from '../../../../web/cache/refresh-words.ts';
import { NOVEMBER, runningOf, summaryOf } from './refreshes.ts';

it.each([
  { of: { changeCount: 1, requestedPathCount: 0 }, cause: '1 file' },
  { of: { changeCount: 1200, requestedPathCount: 0 }, cause: '1,200 files' },
  { of: { changeCount: 0, requestedPathCount: 1 }, cause: '1 path by hand' },
  { of: { changeCount: 3, requestedPathCount: 2 }, cause: '3 files and 2 paths by hand' },
])('the cause of a refresh is named: $cause', ({ of, cause }) => {
  expect(causeOf(summaryOf(of))).toBe(cause);
});

const CHANGE = { key: 'index.html', removed: false, eventTime: '2026-11-22T08:00:00.000Z' };

it('An open refresh has no counts yet, and may be waiting for the quota', () => {
  const { changeCount, ...open } = runningOf({ state: 'open' });
  expect(causeOf(open)).toBe('Uploads');
  expect(causeOf({ ...open, changes: [CHANGE] })).toBe('1 file');
  expect(causeOf({ ...open, changes: Array.from({ length: 200 }, () => CHANGE) })).toBe('At least 200 files');
  expect(doingWords(open)).toBe('Waiting for uploads to finish');
  expect(doingWords({ ...open, refusals: 2 })).toBe('Waiting for room in CloudFront’s quota');
});

it.each([
  { refresh: runningOf({ state: 'closed' }), words: 'Not created yet' },
  { refresh: runningOf({ invalidationId: 'I1' }), words: 'In progress' },
  { refresh: runningOf({ state: 'verifying', invalidationId: 'I1' }), words: 'Completed' },
  { refresh: summaryOf({ invalidationId: 'I1' }), words: 'Completed' },
  { refresh: summaryOf(), words: 'Not needed' },
  { refresh: summaryOf({ state: 'unasked', invalidationId: 'I1' }), words: 'Completed' },
  { refresh: summaryOf({ state: 'unasked' }), words: 'Not needed' },
  { refresh: summaryOf({ state: 'failed' }), words: 'Not created' },
  { refresh: summaryOf({ state: 'failed', invalidationId: 'I1' }), words: '' },
])('an invalidation is said to be: $words', ({ refresh, words }) => {
  expect(invalidationWords(refresh)).toBe(words);
});

it('CloudFront’s status of an invalidation is preferred to the one derived from the state', () => {
  const invalidation = { id: 'I1', status: 'InProgress', createTime: '2026-11-22T08:00:02Z' };
  expect(invalidationWords({ ...summaryOf({ state: 'failed', invalidationId: 'I1' }), invalidation })).toBe(
    'In progress',
  );
});

it('Retries are named, if there were any', () => {
  expect(retryWords({ round: 1, refusals: 0 })).toBe('');
  expect(retryWords({ round: 2, refusals: 1 })).toBe(
    "Invalidated twice, because the edge was still stale after the first time; CloudFront's quota refused it once",
  );
});

it('Files that needed no path are named', () => {
  expect(skippedWords({ unchanged: 4, neverCached: 0, duplicate: 1 })).toBe(
    '4 unchanged, 1 reported twice by S3',
  );
});

describe('a failure', () => {
  it.each([
    { failure: 'EdgeStale: The edge still serves old content', reason: 'The edge still serves old content' },
    { failure: 'States.Timeout', reason: 'States.Timeout' },
    { failure: 'CloudFront.AccessDeniedException: not authorized', reason: 'not authorized' },
  ])('is described without the error’s name if there is a description: $reason', ({ failure, reason }) => {
    expect(reasonOf(failure)).toBe(reason);
  });

  it.each([
    { failure: 'EdgeStale: /a.html', advice: /cache settings of the distribution/ },
    { failure: 'NeverCompleted: not within 15 minutes', advice: /again later/ },
    { failure: 'TooManyInvalidationsInProgress: no more', advice: /refresh everything/ },
    { failure: 'CloudFront.AccessDeniedException: User is not authorized', advice: /deploy the stack again/ },
    { failure: 'States.Timeout', advice: /in Step Functions/ },
  ])('is shown with advice: $failure', ({ failure, advice }) => {
    expect(adviceOn(failure)).toMatch(advice);
  });
});

it.each([
  { used: 123, asked: 2, price: "877 of November's 1,000 free paths are left: this costs nothing." },
  { used: 999, asked: 1, price: "1 of November's 1,000 free paths is left: this costs nothing." },
  { used: 999, asked: 2, price: "1 of November's 1,000 free paths is left: this costs up to $0.005." },
  { used: 1500, asked: 300, price: "November's 1,000 free paths are used up: this costs up to $1.50." },
])('$asked paths after $used have a price', ({ used, asked, price }) => {
  expect(priceOf(asked, { ...NOVEMBER, paths: used })).toBe(price);
});
