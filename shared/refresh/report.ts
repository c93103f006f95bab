import { MAX_LISTED_IN_MAIL } from '../mail/mail.ts';
import { type Changes, newestPerKey, type Refresh } from './refresh.ts';
import type { RefreshReport } from './refresh-report.ts';
import { NOTHING_SKIPPED } from './unchanged.ts';

export interface ReportStore {
  changesOf(refreshId: string): Promise<Changes>;
  /**
   * Ends a refresh. One that fails while it is open is abandoned, so that the next refresh inherits
   * its changes. Repeated, it keeps the first end.
   *
   * @returns the stored record
   * @throws UnknownRefreshError
   */
  finish(refreshId: string, outcome: RefreshOutcome, at: Date): Promise<Refresh>;
}

export interface RefreshOutcome {
  readonly state: 'fresh' | 'failed';
  readonly failure?: string;
}

export interface Outbox {
  send(message: RefreshReport): Promise<void>;
}

/** Failures are always mailed. */
export type MailPolicy = 'always' | 'failed';

export interface ReportDependencies {
  readonly refreshes: ReportStore;
  readonly outbox: Outbox;
  readonly mailPolicy: MailPolicy;
  readonly now: () => Date;
}

/**
 * Ends a refresh in the history and mails how it ended. Safe to repeat: the mail keeps its id.
 *
 * @throws UnknownRefreshError
 */
export async function report(
  refreshId: string,
  outcome: RefreshOutcome,
  { refreshes, outbox, mailPolicy, now }: ReportDependencies,
): Promise<RefreshReport> {
  const at = now();
  const refresh = await refreshes.finish(refreshId, outcome, at);
  const message = reportOf(refresh, await refreshes.changesOf(refreshId), at);
  if (message.outcome === 'failed' || mailPolicy === 'always') await outbox.send(message);
  return message;
}

function reportOf(refresh: Refresh, { objects, paths }: Changes, at: Date): RefreshReport {
  const { plan, invalidation, verification, end } = refresh;
  const changes = newestPerKey(objects);
  const sent = plan?.paths ?? [];
  return {
    type: 'refresh-report',
    id: `refresh-report-${refresh.id}`,
    refreshId: refresh.id,
    distributionId: refresh.distributionId,
    outcome: refresh.state === 'fresh' ? 'fresh' : 'failed',
    startedAt: refresh.startedAt,
    finishedAt: end?.at ?? at.toISOString(),
    changes: changes.slice(0, MAX_LISTED_IN_MAIL).map(({ key, removed }) => ({ key, removed })),
    changeCount: changes.length,
    requestedPaths: paths.slice(0, MAX_LISTED_IN_MAIL),
    requestedPathCount: paths.length,
    paths: sent.slice(0, MAX_LISTED_IN_MAIL),
    pathCount: sent.length,
    needlessPurges: plan?.needlessPurges ?? 0,
    skipped: plan?.skipped ?? NOTHING_SKIPPED,
    verified: verification?.result?.verified ?? 0,
    superseded: verification?.result?.superseded ?? 0,
    ...(invalidation === undefined ? {} : { invalidationId: invalidation.id }),
    ...(end?.failure === undefined ? {} : { failure: end.failure }),
  };
}
