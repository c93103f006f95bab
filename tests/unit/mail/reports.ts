import type { Mail, MailingStack, MailKind } from '../../../shared/mail/mail.ts';
import type { RefreshReport } from '../../../shared/refresh/refresh-report.ts';

/** The stack that mails. */
export const STACK: MailingStack = { name: 'SchoolSite', region: 'eu-west-1' };

/** The report of one upload that became fresh; `details` replace what a test cares about. */
export function reportOf(details: Partial<RefreshReport> = {}): RefreshReport {
  return {
    type: 'refresh-report',
    id: 'refresh-report-20261102T100000Z-abcd1234',
    refreshId: '20261102T100000Z-abcd1234',
    distributionId: 'EDFDVBD632BHDS5',
    outcome: 'fresh',
    startedAt: '2026-11-02T10:00:00.000Z',
    finishedAt: '2026-11-02T10:00:12.340Z',
    changes: [{ key: 'styles.css', removed: false }],
    changeCount: 1,
    requestedPaths: [],
    requestedPathCount: 0,
    invalidationId: 'I1',
    paths: ['/styles.css'],
    pathCount: 1,
    needlessPurges: 0,
    skipped: { unchanged: 0, neverCached: 0, duplicate: 0 },
    verified: 1,
    superseded: 0,
    ...details,
  };
}

/** What a kind of mail makes of a message that it must understand. */
export function mailOf(kind: MailKind, message: unknown): Mail {
  const mail = kind(message);
  if (mail === undefined) throw new Error(`Not understood: ${JSON.stringify(message)}`);
  return mail;
}
