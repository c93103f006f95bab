import { UnknownRefreshError } from '../errors.ts';
import { MAX_LISTED_IN_MAIL } from '../mail/mail.ts';
import { type Changes, newestPerKey, type Refresh } from './refresh.ts';
import type { RefreshReport } from './refresh-report.ts';
import { NOTHING_SKIPPED } from './unchanged.ts';

export interface ReportedRefreshes {
  get(refreshId: string): Promise<Refresh | undefined>;
  changesOf(refreshId: string): Promise<Changes>;
  /** Ends a refresh; one that fails while it is open is abandoned, so that the next inherits its changes. Repeated, it keeps the first end and answers the stored record. */
  finish(refreshId: string, end: RefreshEnd, at: Date): Promise<Refresh>;
}

export interface RefreshEnd {
  readonly state: 'fresh' | 'failed';
  readonly failure?: string;
}

export interface Outbox {
  send(message: RefreshReport): Promise<void>;
}

/** `failed`: only failures are mailed. A failure always is. */
export type MailPolicy = 'always' | 'failed';

export interface ReportDependencies {
  readonly refreshes: ReportedRefreshes;
  readonly outbox: Outbox;
  readonly mailPolicy: MailPolicy;
  readonly now: () => Date;
}

/** Ends a refresh in the history and mails how it ended. Safe to repeat: the mail keeps its id. */
export async function report(
  refreshId: string,
  end: RefreshEnd,
  { refreshes, outbox, mailPolicy, now }: ReportDependencies,
): Promise<RefreshReport> {
  if ((await refreshes.get(refreshId)) === undefined) throw new UnknownRefreshError(refreshId);
  const at = now();
  const refresh = await refreshes.finish(refreshId, end, at);
  const message = reportOf(refresh, await refreshes.changesOf(refreshId), at);
  if (message.outcome === 'failed' || mailPolicy === 'always') await outbox.send(message);
  return message;
}

function reportOf(refresh: Refresh, { objects, paths }: Changes, at: Date): RefreshReport {
  const changes = newestPerKey(objects);
  const sent = refresh.plan?.paths ?? [];
  return {
    type: 'refresh-report',
    id: `refresh-report-${refresh.id}`,
    refreshId: refresh.id,
    distributionId: refresh.distributionId,
    outcome: refresh.state === 'fresh' ? 'fresh' : 'failed',
    startedAt: refresh.startedAt,
    finishedAt: refresh.finishedAt ?? at.toISOString(),
    changes: changes.slice(0, MAX_LISTED_IN_MAIL).map(({ key, removed }) => ({ key, removed })),
    changeCount: changes.length,
    requestedPaths: paths.slice(0, MAX_LISTED_IN_MAIL),
    requestedPathCount: paths.length,
    paths: sent.slice(0, MAX_LISTED_IN_MAIL),
    pathCount: sent.length,
    collateral: refresh.plan?.collateral ?? 0,
    skipped: refresh.plan?.skipped ?? NOTHING_SKIPPED,
    verified: refresh.verification?.verified ?? 0,
    superseded: refresh.verification?.superseded ?? 0,
    ...(refresh.invalidationId === undefined ? {} : { invalidationId: refresh.invalidationId }),
    ...(refresh.failure === undefined ? {} : { failure: refresh.failure }),
  };
}
