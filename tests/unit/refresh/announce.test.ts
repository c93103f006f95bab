import { describe, expect, it } from 'vitest';
import type { MailMessage } from '../../../shared/mail/mail.ts';
import type { Refresh } from '../../../shared/refresh/refresh.ts';
import type { RefreshEnded } from '../../../shared/refresh/refresh-ended.ts';
import { type ReportDependencies, report } from '../../../shared/refresh/report.ts';

const OPEN: Refresh = {
  id: '20261102T100000Z-abcd1234',
  distributionId: 'EDFDVBD632BHDS5',
  state: 'verifying',
  generation: 1,
  plans: 0,
  startedAt: '2026-11-02T10:00:00.000Z',
};

/** One refresh, the mails and events about it, and what is down. */
function start() {
  let stored = OPEN;
  const down = { mails: false, events: false, table: false };
  const need = (part: keyof typeof down) => {
    if (down[part]) throw new Error(`No ${part} now`);
  };
  const mails: MailMessage[] = [];
  const events: RefreshEnded[] = [];
  const dependencies: ReportDependencies = {
    refreshes: {
      changesOf: async () => ({ objects: [], paths: [] }),
      finish: async (_, { state, ...reason }, at) => {
        const end = { at: at.toISOString(), ...reason };
        if (stored.end === undefined) stored = { ...stored, state, end };
        return stored;
      },
      recordAnnounced: async () => {
        need('table');
        if (stored.end !== undefined) stored = { ...stored, end: { ...stored.end, isAnnounced: true } };
      },
    },
    mailedReasons: { note: async () => true, forget: async () => {} },
    untoldOf: async () => [],
    outsideKeys: { recent: async () => undefined },
    outbox: {
      send: async message => {
        need('mails');
        mails.push(message);
      },
    },
    mailPolicy: 'always',
    events: {
      put: async ended => {
        need('events');
        events.push(ended);
      },
    },
    pipeline: 'Site/Freshness',
    now: () => new Date('2026-11-02T10:00:07.300Z'),
  };
  const end = () =>
    report(OPEN.id, { state: 'failed', failure: 'AccessDenied: no' }, dependencies).then(() => undefined);
  return { down, mails, events, end };
}

describe('The event of a refresh’s end', () => {
  it('is put once, though a failed execution is reported again', async () => {
    const { events, end } = start();
    await end();
    await end();
    expect(events).toMatchObject([{ outcome: 'failed', pipeline: 'Site/Freshness', seconds: 7.3 }]);
  });

  it('waits for no mail, and is not put again when the mail is sent at last', async () => {
    const { down, mails, events, end } = start();
    down.mails = true;
    await expect(end()).rejects.toThrow('No mails now');
    expect([mails.length, events.length]).toEqual([0, 1]);
    down.mails = false;
    await end();
    expect([mails.length, events.length]).toEqual([1, 1]);
  });

  it('keeps no mail waiting, and is put when the report is repeated', async () => {
    const { down, mails, events, end } = start();
    down.events = true;
    await expect(end()).rejects.toThrow('No events now');
    expect([mails.length, events.length]).toEqual([1, 0]);
    down.events = false;
    await end();
    expect(events).toHaveLength(1);
  });

  it('has the same id and content if it is repeated because the note of it was lost', async () => {
    const { down, events, end } = start();
    down.table = true;
    await expect(end()).rejects.toThrow('No table now');
    down.table = false;
    await end();
    expect(events).toHaveLength(2);
    expect(events[1]).toEqual(events[0]);
  });
});
