import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_LISTED_IN_EVENT, refreshEnded } from '../../../shared/refresh/refresh-ended.ts';
import type { RefreshReport } from '../../../shared/refresh/refresh-report.ts';
import { UNASKED_CODES, type Unasked } from '../../../shared/refresh/unasked.ts';
import { anyText } from '../../helpers/any-text.ts';

const REPORT: RefreshReport = {
  type: 'refresh-report',
  id: 'refresh-report-20261102T100000Z-abcd1234',
  refreshId: '20261102T100000Z-abcd1234',
  distributionId: 'EDFDVBD632BHDS5',
  outcome: 'fresh',
  startedAt: '2026-11-02T10:00:00.000Z',
  finishedAt: '2026-11-02T10:00:07.300Z',
  changes: [{ key: 'a.css', removed: false }],
  changeCount: 1,
  requestedPaths: ['/docs/*'],
  requestedPathCount: 1,
  invalidationId: 'I1',
  paths: ['/a.css', '/docs/*'],
  pathCount: 2,
  needlessPurges: 0,
  skipped: { unchanged: 0, neverCached: 0, duplicate: 0 },
  verified: 2,
  superseded: 0,
};
const FAILED: RefreshReport = { ...REPORT, outcome: 'failed', failure: 'AccessDenied: no' };
const unasked: Unasked = { code: 'off', reason: 'verification is off', count: 1, urls: [] };
const UNASKED: RefreshReport = { ...REPORT, outcome: 'unasked', unasked };

const SCHEMA: unknown = JSON.parse(
  readFileSync(new URL('../../../shared/refresh/refresh-ended.v1.schema.json', import.meta.url), 'utf8'),
);

/** The schema with every object closed: no event has a member that it does not describe. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (schema === null || typeof schema !== 'object') return schema;
  const parts = Object.entries(schema).map(([name, part]) => [name, closed(part)]);
  const isObject = 'properties' in schema && ('type' in schema || '$ref' in schema);
  const isBase = isObject && 'properties' in schema && 'count' in Object(schema.properties);
  return { ...Object.fromEntries(parts), ...(isObject && !isBase ? { unevaluatedProperties: false } : {}) };
}

const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false, strictRequired: false });
const isDescribed = ajv.compile(Object(SCHEMA));
const isDescribedWhole = ajv.compile(Object(closed(SCHEMA)));

/** What the schema objects to in an event as its receivers get it. */
function problemsIn(ended: object, validate = isDescribedWhole) {
  validate(JSON.parse(JSON.stringify(ended)));
  return validate.errors ?? [];
}

const ended = (report: RefreshReport) => refreshEnded(report, 'MySite/Freshness');

describe('The event of a refresh’s end', () => {
  it('says how it ended, what changed and what was sent', () => {
    expect(ended(REPORT)).toEqual({
      version: 1,
      id: 'refresh-ended-20261102T100000Z-abcd1234',
      pipeline: 'MySite/Freshness',
      refreshId: '20261102T100000Z-abcd1234',
      distributionId: 'EDFDVBD632BHDS5',
      outcome: 'fresh',
      startedAt: '2026-11-02T10:00:00.000Z',
      finishedAt: '2026-11-02T10:00:07.300Z',
      seconds: 7.3,
      keys: { count: 1, first: [{ key: 'a.css', removed: false }] },
      paths: { count: 2, first: ['/a.css', '/docs/*'] },
      requestedPaths: { count: 1, first: ['/docs/*'] },
      urlsVerified: 2,
      invalidationId: 'I1',
    });
  });

  it('says why the edge is not fresh, and names no role or account', () => {
    const failure = 'AccessDenied: arn:aws:sts::111122223333:assumed-role/x may not';
    expect(ended({ ...FAILED, failure }).reason).toEqual({ message: 'AccessDenied: arn:… may not' });
    expect(ended(UNASKED).reason).toEqual({ code: 'off', message: 'verification is off' });
  });

  it.each([REPORT, FAILED, UNASKED])('that ended $outcome is as its schema says', report => {
    expect(problemsIn(ended(report))).toEqual([]);
  });

  it('is as its schema says, fits into EventBridge and SQS, and holds what both take, whatever changed', () => {
    const text = anyText({ maxLength: 1024 });
    const changes = fc.array(fc.record({ key: text, removed: fc.boolean() }), { maxLength: 50 });
    const paths = fc.array(
      text.map(path => `/${path}`),
      { maxLength: 50 },
    );
    const reports = fc
      .tuple(changes, paths, paths, fc.constantFrom(REPORT, FAILED, UNASKED))
      .map(([changed, sent, requested, report]) => ({
        ...report,
        changes: changed,
        changeCount: changed.length,
        paths: sent,
        pathCount: sent.length,
        requestedPaths: requested,
        requestedPathCount: requested.length,
      }));
    fc.assert(
      fc.property(reports, report => {
        const event = ended(report);
        expect(problemsIn(event)).toEqual([]);
        expect(event.keys.count).toBe(report.changeCount);
        // Characters that SendMessage takes, beside those that JSON escapes.
        expect(JSON.stringify(event.keys)).toMatch(
          /^[\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u,
        );
      }),
      { numRuns: 50 },
    );
  });

  it('takes less than 256 KB with the longest keys and paths', () => {
    const many = Array.from({ length: 50 }, () => '\u0001'.repeat(1024));
    const event = ended({
      ...REPORT,
      changes: many.map(key => ({ key, removed: false })),
      changeCount: 3000,
      paths: many.map(() => `/${'%01'.repeat(1024)}`),
      requestedPaths: many.map(() => `/${'%01'.repeat(1024)}`),
    });
    expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(200 * 1024);
    expect(event.keys.count).toBe(3000);
    expect(event.keys.first).toHaveLength(MAX_LISTED_IN_EVENT);
  });
});

describe('The schema of the event', () => {
  it('names every reason that there is', () => {
    for (const code of UNASKED_CODES)
      expect(problemsIn(ended({ ...UNASKED, unasked: { ...unasked, code } }))).toEqual([]);
  });

  const { id: _, ...nameless } = ended(REPORT);
  const { reason: __, ...groundless } = ended(FAILED);

  it.each([
    ['another version', { ...ended(REPORT), version: 2 }],
    ['no id', nameless],
    ['an unknown outcome', { ...ended(REPORT), outcome: 'stale' }],
    ['a failure without a reason', groundless],
    ['a reason beside a fresh edge', { ...ended(REPORT), reason: { message: 'x' } }],
    ['a time in another form', { ...ended(REPORT), finishedAt: '2026-11-02 10:00' }],
    ['a count without its list', { ...ended(REPORT), keys: { count: 1 } }],
    ['a path that is none', { ...ended(REPORT), paths: { count: 1, first: ['a.css'] } }],
  ])('refuses %s', (_what, event) => {
    expect(problemsIn(event, isDescribed)).not.toEqual([]);
  });

  it('lets readers take members that later editions add', () => {
    expect(problemsIn({ ...ended(REPORT), deploy: 'd1' }, isDescribed)).toEqual([]);
    expect(problemsIn({ ...ended(REPORT), deploy: 'd1' })).not.toEqual([]);
  });
});
