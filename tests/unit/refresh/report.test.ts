import { describe, expect, it } from 'vitest';
import { UnknownRefreshError } from '../../../shared/errors.ts';
import { MAX_LISTED_IN_MAIL } from '../../../shared/mail/mail.ts';
import type { Changes, Refresh } from '../../../shared/refresh/refresh.ts';
import { RefreshReport } from '../../../shared/refresh/refresh-report.ts';
import { type MailPolicy, type RefreshOutcome, report } from '../../../shared/refresh/report.ts';
import { changeOf } from '../../helpers/changes.ts';
import { planOf } from '../../helpers/planning.ts';

const REFRESH: Refresh = {
  id: '20261102T100000Z-abcd1234',
  distributionId: 'EDFDVBD632BHDS5',
  state: 'verifying',
  generation: 1,
  plans: 1,
  startedAt: '2026-11-02T10:00:00.000Z',
  plan: planOf(['/a.css', '/b*'], {
    needlessPurges: 4,
    skipped: { unchanged: 3, neverCached: 2, duplicate: 1 },
  }),
  invalidation: { id: 'I1', at: '2026-11-02T10:00:00.500Z', spentUsd: 0 },
  verification: { result: { verified: 2, superseded: 1, urls: ['/a.css', '/b.css'] } },
};

/** One refresh in history, and the mails about it. */
function history({
  mailPolicy = 'always' as MailPolicy,
  changes = {} as Partial<Changes>,
  refresh = REFRESH,
} = {}) {
  let stored: Refresh | undefined = refresh;
  let seconds = 0;
  const mails: RefreshReport[] = [];
  return {
    mails,
    stored: () => stored,
    expire: () => {
      stored = undefined;
    },
    report: (outcome: RefreshOutcome) =>
      report(REFRESH.id, outcome, {
        refreshes: {
          changesOf: async () => ({ objects: [changeOf('a.css')], paths: [], ...changes }),
          finish: async (_, { state, failure }, at) => {
            if (stored === undefined) throw new UnknownRefreshError(REFRESH.id);
            const end = { at: at.toISOString(), ...(failure === undefined ? {} : { failure }) };
            if (stored.end === undefined) stored = { ...stored, state, end };
            return stored;
          },
        },
        outbox: { send: async message => void mails.push(message) },
        mailPolicy,
        now: () => new Date(Date.UTC(2026, 10, 2, 10, 0, ++seconds)),
      }),
  };
}

describe('the report of a refresh', () => {
  it('says what changed, what was sent and what was verified', async () => {
    const { report, mails } = history({ changes: { paths: ['/docs/*'] } });
    const message = await report({ state: 'fresh' });
    expect(message).toEqual({
      type: 'refresh-report',
      id: 'refresh-report-20261102T100000Z-abcd1234',
      refreshId: '20261102T100000Z-abcd1234',
      distributionId: 'EDFDVBD632BHDS5',
      outcome: 'fresh',
      startedAt: '2026-11-02T10:00:00.000Z',
      finishedAt: '2026-11-02T10:00:01.000Z',
      changes: [{ key: 'a.css', removed: false }],
      changeCount: 1,
      requestedPaths: ['/docs/*'],
      requestedPathCount: 1,
      invalidationId: 'I1',
      paths: ['/a.css', '/b*'],
      pathCount: 2,
      needlessPurges: 4,
      skipped: { unchanged: 3, neverCached: 2, duplicate: 1 },
      verified: 2,
      superseded: 1,
    });
    expect(mails).toEqual([message]);
  });

  it('is a message that the mail queue takes, even of a refresh that failed before it was planned', async () => {
    const { id, distributionId, startedAt } = REFRESH;
    const { report } = history({
      refresh: { id, distributionId, startedAt, state: 'open', generation: 0, plans: 0 },
    });
    const message = await report({ state: 'failed', failure: 'AccessDenied: no' });
    expect(RefreshReport.parse(message)).toEqual(message);
    expect(message).toMatchObject({ outcome: 'failed', failure: 'AccessDenied: no', paths: [], verified: 0 });
  });

  it('lists no more than a reader reads, and says how many there were', async () => {
    const objects = Array.from({ length: 120 }, (_, number) => changeOf(`${number}.css`));
    const paths = Array.from({ length: 110 }, (_, number) => `/${number}/*`);
    const plan = planOf(paths.slice(0, 100));
    const message = await history({ changes: { objects, paths }, refresh: { ...REFRESH, plan } }).report({
      state: 'fresh',
    });
    expect(message).toMatchObject({ changeCount: 120, requestedPathCount: 110, pathCount: 100 });
    for (const list of [message.changes, message.requestedPaths, message.paths])
      expect(list).toHaveLength(MAX_LISTED_IN_MAIL);
  });

  it('counts a file once, however often it changed', async () => {
    const objects = ['01', '03', '02'].map(sequencer =>
      changeOf('a.css', { sequencer, removed: sequencer === '03' }),
    );
    const message = await history({ changes: { objects } }).report({ state: 'fresh' });
    expect(message).toMatchObject({ changeCount: 1, changes: [{ key: 'a.css', removed: true }] });
  });

  it.each([
    { mailPolicy: 'always', state: 'fresh', mailed: 1 },
    { mailPolicy: 'always', state: 'failed', mailed: 1 },
    { mailPolicy: 'failed', state: 'fresh', mailed: 0 },
    { mailPolicy: 'failed', state: 'failed', mailed: 1 },
  ] as const)(
    'that ended $state is mailed $mailed times when the policy is "$mailPolicy"',
    async expected => {
      const { report, mails } = history({ mailPolicy: expected.mailPolicy });
      await report({ state: expected.state });
      expect(mails).toHaveLength(expected.mailed);
    },
  );

  it('repeated keeps the first end and the id of its mail, which is therefore sent once', async () => {
    const { report, mails, stored } = history();
    const first = await report({ state: 'fresh' });
    const second = await report({ state: 'failed', failure: 'States.Timeout: the answer was lost' });
    expect(second).toEqual(first);
    expect(mails.map(mail => mail.id)).toEqual([first.id, first.id]);
    expect(stored()).toMatchObject({ state: 'fresh', end: { at: '2026-11-02T10:00:01.000Z' } });
  });

  it('says so when there is no such refresh', async () => {
    const { report, expire } = history();
    expire();
    await expect(report({ state: 'fresh' })).rejects.toThrow(
      expect.objectContaining({ name: 'UnknownRefresh' }),
    );
  });
});
