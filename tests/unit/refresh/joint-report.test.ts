import { describe, expect, it } from 'vitest';
import type { MailMessage } from '../../../shared/mail/mail.ts';
import { type Gathering, NOBODY } from '../../../shared/refresh/joint-mail.ts';
import type { Refresh } from '../../../shared/refresh/refresh.ts';
import { type RefreshOutcome, report } from '../../../shared/refresh/report.ts';
import { changeOf } from '../../helpers/changes.ts';
import { planOf } from '../../helpers/planning.ts';

const FRESH = { state: 'fresh' } as const;
const FAILED = { state: 'failed', failure: 'EdgeStale: /a.css' } as const;

const refreshOf = (distributionId: string): Refresh => ({
  id: `refresh-of-${distributionId}`,
  distributionId,
  state: 'verifying',
  generation: 1,
  plans: 1,
  startedAt: '2026-12-01T10:00:00.000Z',
  plan: planOf([`/${distributionId}.css`]),
});

/** Refreshes of one upload, one for each distribution, and the mails about them. */
function deploy(...distributionIds: string[]) {
  const records = new Map(distributionIds.map(id => [`refresh-of-${id}`, refreshOf(id)]));
  let stored: { gathering: Gathering; version: number } = { gathering: NOBODY, version: 0 };
  let seconds = 0;
  const mails: MailMessage[] = [];
  const end = (id: string, details: object) => {
    const record = records.get(id);
    if (record === undefined) throw new Error(`There is no record ${id}`);
    const ended = { ...record, ...details };
    records.set(id, ended);
    return ended;
  };
  const now = () => new Date(Date.UTC(2026, 11, 1, 10, 0, ++seconds));
  return {
    mails,
    marks: () => [...records.values()].map(record => record.end?.mailId),
    report: (distributionId: string, outcome: RefreshOutcome) =>
      report(`refresh-of-${distributionId}`, outcome, {
        refreshes: {
          changesOf: async () => ({ objects: [changeOf('a.css'), changeOf('b.css')], paths: [] }),
          finish: async (id, { state, ...reason }, at) =>
            records.get(id)?.end === undefined
              ? end(id, { state, end: { at: at.toISOString(), ...reason } })
              : end(id, {}),
          recordAnnounced: async () => {},
        },
        jointMail: {
          gathering: {
            read: async () => stored,
            replace: async (version, gathering) => {
              stored = { gathering, version: version + 1 };
              return true;
            },
          },
          refreshes: {
            get: async id => records.get(id),
            recordMailed: async (id, mailId) => {
              end(id, { end: { ...records.get(id)?.end, mailId } });
            },
          },
          beside: async own => distributionIds.filter(id => id !== own).map(id => `refresh-of-${id}`),
          now,
        },
        mailedReasons: { note: async () => true, forget: async () => {} },
        untoldOf: async () => [],
        outsideKeys: { recent: async () => undefined },
        outbox: { send: async message => void mails.push(message) },
        mailPolicy: 'always',
        events: { put: async () => {} },
        pipeline: 'Site/Freshness',
        now,
      }),
  };
}

describe('One upload that refreshes several distributions', () => {
  it('is told by one mail, after the last of them, with each change once', async () => {
    const { report, mails, marks } = deploy('E1', 'E2', 'E3');
    await report('E2', FRESH);
    await report('E1', FRESH);
    expect(mails).toEqual([]);
    await report('E3', FRESH);
    expect(mails).toMatchObject([
      {
        type: 'deploy-report',
        id: 'deploy-report-refresh-of-E3',
        refreshes: [{ distributionId: 'E2' }, { distributionId: 'E1' }, { distributionId: 'E3' }],
        changeCount: 2,
        changes: [{ key: 'a.css' }, { key: 'b.css' }],
      },
    ]);
    expect(new Set(marks())).toEqual(new Set(['deploy-report-refresh-of-E3']));
  });

  it('is told no second time when a report is repeated', async () => {
    const { report, mails } = deploy('E1', 'E2');
    await report('E1', FRESH);
    await report('E2', FRESH);
    await report('E1', FRESH);
    await report('E2', FRESH);
    expect(mails).toHaveLength(1);
  });

  it('is told at once where it fails, and the mail about the others names that', async () => {
    const { report, mails } = deploy('E1', 'E2');
    await report('E1', FAILED);
    expect(mails).toMatchObject([{ id: 'refresh-report-refresh-of-E1', outcome: 'failed' }]);
    await report('E2', FRESH);
    expect(mails.slice(1)).toMatchObject([
      {
        type: 'deploy-report',
        refreshes: [{ outcome: 'failed', failure: FAILED.failure }, { outcome: 'fresh' }],
      },
    ]);
  });

  it('has only the mails of the failures if it fails everywhere', async () => {
    const { report, mails } = deploy('E1', 'E2');
    await report('E1', FAILED);
    await report('E2', FAILED);
    expect(mails.map(({ id }) => id)).toEqual([
      'refresh-report-refresh-of-E1',
      'refresh-report-refresh-of-E2',
    ]);
  });

  it('has the usual mail where no other distribution is under way', async () => {
    const { report, mails } = deploy('E1');
    await report('E1', FRESH);
    expect(mails).toMatchObject([{ type: 'refresh-report', id: 'refresh-report-refresh-of-E1' }]);
  });
});
