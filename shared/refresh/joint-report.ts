import { MAX_LISTED_IN_MAIL } from '../mail/mail.ts';
import type { DeployReport } from './deploy-report.ts';
import { type Changes, newestPerKey, requestedIn } from './refresh.ts';
import type { RefreshReport } from './refresh-report.ts';

/** What one refresh changed, and how it ended. */
export interface Reported {
  readonly report: RefreshReport;
  readonly changes: Changes;
}

/** @param writerId the refresh that writes the mail, and no other one */
export function deployReport(writerId: string, reported: readonly Reported[]): DeployReport {
  const objects = newestPerKey(reported.flatMap(({ changes }) => changes.objects));
  const requested = [...new Set(reported.flatMap(({ changes }) => requestedIn(changes)))];
  return {
    type: 'deploy-report',
    id: `deploy-report-${writerId}`,
    refreshes: reported.map(({ report }) => partOf(report)),
    changes: objects.slice(0, MAX_LISTED_IN_MAIL).map(({ key, removed }) => ({ key, removed })),
    changeCount: objects.length,
    requestedPaths: requested.slice(0, MAX_LISTED_IN_MAIL),
    requestedPathCount: requested.length,
  };
}

function partOf(report: RefreshReport): DeployReport['refreshes'][number] {
  const { refreshId, distributionId, outcome, startedAt, finishedAt, pathCount, verified } = report;
  const { failure, unasked, untold } = report;
  return {
    ...{ refreshId, distributionId, outcome, startedAt, finishedAt, pathCount, verified },
    ...(failure === undefined ? {} : { failure }),
    ...(unasked === undefined ? {} : { unasked: { code: unasked.code, reason: unasked.reason } }),
    hasUntold: untold !== undefined,
  };
}
