import { describe, expect, it } from 'vitest';
import { UnknownRefreshError } from '../../../shared/errors.ts';
import { MAX_LISTED_IN_MAIL, type MailMessage } from '../../../shared/mail/mail.ts';
import type { OutsideKeys } from '../../../shared/refresh/outside-keys.ts';
import type { Changes, Refresh } from '../../../shared/refresh/refresh.ts';
import { RefreshReport } from '../../../shared/refresh/refresh-report.ts';
import { type MailPolicy, type RefreshOutcome, report } from '../../../shared/refresh/report.ts';
import type { Unasked } from '../../../shared/refresh/unasked.ts';
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

const UNASKED: Unasked = {
  code: 'unauthorized',
  reason: 'd111111abcdef8.cloudfront.net answers 401',
  count: 2,
  urls: ['/a.css', '/c.css'],
};

/** One refresh in history, and the mails about it. `mailed` holds what other refreshes share. */
function history({
  mailPolicy = 'always' as MailPolicy,
  changes = {} as Partial<Changes>,
  refresh = REFRESH,
  mailed = { reason: '', by: '' },
  untold = [] as string[],
  outside = undefined as OutsideKeys | undefined,
} = {}) {
  let stored: Refresh | undefined = refresh;
  let seconds = 0;
  let isMailQueueDown = false;
  const mails: MailMessage[] = [];
  return {
    mails,
    stored: () => stored,
    expire: () => {
      stored = undefined;
    },
    stopMails: (isDown: boolean) => {
      isMailQueueDown = isDown;
    },
    report: (outcome: RefreshOutcome) =>
      report(refresh.id, outcome, {
        refreshes: {
          changesOf: async () => ({ objects: [changeOf('a.css')], paths: [], ...changes }),
          finish: async (_, { state, ...reason }, at) => {
            if (stored === undefined) throw new UnknownRefreshError(REFRESH.id);
            const end = { at: at.toISOString(), ...reason };
            if (stored.end === undefined) stored = { ...stored, state, end };
            return stored;
          },
          recordAnnounced: async () => {},
        },
        mailedReasons: {
          note: async (_, reason, by) => {
            if (mailed.reason === reason && mailed.by !== by) return false;
            Object.assign(mailed, { reason, by });
            return true;
          },
          forget: async () => void Object.assign(mailed, { reason: '', by: '' }),
        },
        untoldOf: async () => untold,
        outsideKeys: { recent: async () => outside },
        outbox: {
          send: async message => {
            if (isMailQueueDown) throw new Error('The mail queue is down');
            mails.push(message);
          },
        },
        mailPolicy,
        // announce.test.ts is about events.
        events: { put: async () => {} },
        pipeline: 'Site/Freshness',
        now: () => new Date(Date.UTC(2026, 10, 2, 10, 0, ++seconds)),
      }),
  };
}

const FRESH = { state: 'fresh' } as const;
const FAILED = { state: 'failed', failure: 'AccessDenied: no' } as const;
const UNASKED_END = { state: 'unasked', unasked: UNASKED } as const;
const OFF_END = { state: 'unasked', unasked: { code: 'off', reason: 'verification is off' } } as const;

describe('the report of a refresh', () => {
  it('tells what lay outside every origin path', async () => {
    const outside = { count: 12, keys: ['v1/a.css'] };
    const { report, mails } = history({ outside });
    await report({ state: 'fresh' });
    expect(mails).toMatchObject([{ outside }]);
  });

  it('tells what changed of the distribution, and where not every URL is known', async () => {
    const causes = ['origin path /v1 → /v2'];
    const { report, mails } = history({ changes: { objects: [], paths: ['/*'], causes }, untold: ['*'] });
    await report({ state: 'fresh' });
    expect(mails).toMatchObject([{ causes, untold: ['*'], requestedPaths: ['/*'] }]);
  });

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

  it('passes on what the limit on needless purges costs, and that they are estimated', async () => {
    const guard = { limit: 4, withoutLimit: 9, costUsd: 0.01 };
    const plan = planOf(['/a.css', '/b*'], { needlessPurges: 4, guarded: true, guard, isEstimated: true });
    const message = await history({ refresh: { ...REFRESH, plan } }).report({ state: 'fresh' });
    expect(RefreshReport.parse(message)).toMatchObject({ needlessPurges: 4, guard, isEstimated: true });
  });

  it('passes on why it has a single path', async () => {
    const cap = { limit: 1000, used: 998, paths: 12 };
    const message = await history({ refresh: { ...REFRESH, plan: planOf(['/*'], { cap }) } }).report({
      state: 'fresh',
    });
    expect(RefreshReport.parse(message)).toMatchObject({ cap });
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
    { mailPolicy: 'always', outcome: FRESH, mailed: 1 },
    { mailPolicy: 'always', outcome: UNASKED_END, mailed: 1 },
    { mailPolicy: 'always', outcome: OFF_END, mailed: 1 },
    { mailPolicy: 'always', outcome: FAILED, mailed: 1 },
    { mailPolicy: 'failed', outcome: FRESH, mailed: 0 },
    { mailPolicy: 'failed', outcome: UNASKED_END, mailed: 1 },
    { mailPolicy: 'failed', outcome: OFF_END, mailed: 0 },
    { mailPolicy: 'failed', outcome: FAILED, mailed: 1 },
  ] as const)(
    'that ended $outcome is mailed $mailed times when the policy is "$mailPolicy"',
    async ({ mailPolicy, outcome, mailed }) => {
      const { report, mails } = history({ mailPolicy });
      await report(outcome);
      expect(mails).toHaveLength(mailed);
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

describe('the report of a refresh whose edge could not be asked', () => {
  const verification = { result: { verified: 1, superseded: 0, urls: ['/b.css'], unasked: UNASKED } };
  const refresh = { ...REFRESH, verification };

  it('names the reason and the URLs, and is a message that the mail queue takes', async () => {
    const { report, mails, stored } = history({ refresh });
    const message = await report(UNASKED_END);
    expect(message).toMatchObject({ outcome: 'unasked', verified: 1, unasked: UNASKED });
    expect(message).not.toHaveProperty('failure');
    expect(RefreshReport.parse(message)).toEqual(message);
    expect(mails).toEqual([message]);
    expect(stored()).toMatchObject({ state: 'unasked', end: { unasked: UNASKED } });
  });

  it('lists no more URLs than a reader reads, and says how many there were', async () => {
    const urls = Array.from({ length: 60 }, (_, number) => `/${number}.css`);
    const many = { ...UNASKED, count: 70, urls };
    const { report } = history({
      refresh: { ...REFRESH, verification: { result: { ...verification.result, unasked: many } } },
    });
    const { unasked } = await report({ state: 'unasked', unasked: many });
    expect(unasked).toMatchObject({ count: 70, urls: urls.slice(0, MAX_LISTED_IN_MAIL) });
  });

  it('keeps that end and its mail when a failure is reported later', async () => {
    const { report, mails, stored } = history({ refresh });
    const first = await report(UNASKED_END);
    expect(await report({ state: 'failed', failure: 'ABORTED: Its execution was stopped' })).toEqual(first);
    expect(mails.map(({ id }) => id)).toEqual([first.id, first.id]);
    expect(stored()?.state).toBe('unasked');
  });

  it('keeps an earlier failure', async () => {
    const { report } = history({ refresh });
    const first = await report(FAILED);
    expect(await report(UNASKED_END)).toEqual(first);
    expect(first).not.toHaveProperty('unasked');
  });
});

describe('with the mail policy "failed", a reason why the edge could not be asked', () => {
  const OTHER_END = {
    state: 'unasked',
    unasked: { ...UNASKED, reason: 'd111111abcdef8.cloudfront.net answers 407' },
  } as const;

  /** Refreshes of one distribution, one after the other. @returns which of them were mailed */
  async function mailedOf(...outcomes: readonly RefreshOutcome[]): Promise<boolean[]> {
    const mailed = { reason: '', by: '' };
    const mailedEach: boolean[] = [];
    for (const [index, outcome] of outcomes.entries()) {
      const refresh = { ...REFRESH, id: `r${index}` };
      const { report, mails } = history({ mailPolicy: 'failed', mailed, refresh });
      await report(outcome);
      mailedEach.push(mails.length > 0);
    }
    return mailedEach;
  }

  it('is mailed once, not for each upload', async () => {
    expect(await mailedOf(UNASKED_END, UNASKED_END, UNASKED_END)).toEqual([true, false, false]);
  });

  it('is mailed when it is another one', async () => {
    expect(await mailedOf(UNASKED_END, OTHER_END, OTHER_END, UNASKED_END)).toEqual([true, true, false, true]);
  });

  it('is mailed again after a refresh that was verified', async () => {
    expect(await mailedOf(UNASKED_END, FRESH, UNASKED_END)).toEqual([true, false, true]);
  });

  it('is not mailed again after a failure, which says nothing about it', async () => {
    expect(await mailedOf(UNASKED_END, FAILED, UNASKED_END)).toEqual([true, true, false]);
  });

  it('is not mailed again after a refresh that asked for nothing', async () => {
    const mailed = { reason: UNASKED.reason, by: 'r0' };
    const nothingAsked = { result: { verified: 0, superseded: 0, urls: [] } };
    await history({
      ...{ mailPolicy: 'failed', mailed },
      refresh: { ...REFRESH, id: 'r1', verification: nothingAsked },
    }).report(FRESH);
    expect(mailed).toEqual({ reason: UNASKED.reason, by: 'r0' });
  });

  it('is mailed when the report is repeated after a crash between noting and mailing it', async () => {
    const { report, mails, stopMails } = history({ mailPolicy: 'failed' });
    stopMails(true);
    await expect(report(UNASKED_END)).rejects.toThrow('The mail queue is down');
    stopMails(false);
    await report(UNASKED_END);
    expect(mails).toHaveLength(1);
  });
});
