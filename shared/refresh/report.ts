import { MAX_LISTED_IN_MAIL } from '../mail/mail.ts';
import { type AnnounceDependencies, type AnnounceStore, announce } from './announce.ts';
import type { UnaskedSummary } from './api-contract.ts';
import type { DeployReport } from './deploy-report.ts';
import { type JointMailDependencies, mailTogether } from './joint-mail.ts';
import { deployReport, type Reported } from './joint-report.ts';
import type { OutsideKeys, OutsideLog } from './outside-keys.ts';
import { type Changes, newestPerKey, type Refresh, requestedIn } from './refresh.ts';
import type { RefreshReport } from './refresh-report.ts';
import type { Unasked } from './unasked.ts';
import { NOTHING_SKIPPED } from './unchanged.ts';

export interface ReportStore extends AnnounceStore {
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

/** How a refresh ends. */
export type RefreshOutcome =
  | { readonly state: 'fresh' }
  | { readonly state: 'unasked'; readonly unasked: UnaskedSummary }
  | { readonly state: 'failed'; readonly failure: string };

export interface Outbox {
  send(message: RefreshReport | DeployReport): Promise<void>;
}

/**
 * Which mails are sent. With `failed` these are failures, and each new reason why the edge could
 * not be asked.
 */
export type MailPolicy = 'always' | 'failed';

/** The reason mailed last, for each distribution. A site behind a password has one for ever. */
export interface MailedReasons {
  /**
   * Notes a reason before it is mailed.
   *
   * @returns false if another refresh has noted the same one. For the refresh that noted it the
   *   answer stays true, so a report that crashed before its mail sends it when it is repeated.
   */
  note(distributionId: string, reason: string, refreshId: string): Promise<boolean>;
  forget(distributionId: string): Promise<void>;
}

export interface ReportDependencies extends AnnounceDependencies {
  readonly refreshes: ReportStore;
  readonly mailedReasons: MailedReasons;
  /** See `Distribution.untold`. */
  readonly untoldOf: (distributionId: string) => Promise<readonly string[]>;
  readonly outsideKeys: Pick<OutsideLog, 'recent'>;
  readonly outbox: Outbox;
  readonly mailPolicy: MailPolicy;
  /** Absent where there is one distribution. */
  readonly jointMail?: JointMailDependencies;
  readonly now: () => Date;
}

/**
 * Ends a refresh in the history, and tells people by mail and programs by an event how it ended.
 * Neither waits for the other to work. Safe to repeat: the mail keeps its id, and so does the
 * event, which is repeated only if the mark that it was sent could not be stored.
 *
 * @throws UnknownRefreshError
 */
export async function report(
  refreshId: string,
  outcome: RefreshOutcome,
  dependencies: ReportDependencies,
): Promise<RefreshReport> {
  const refresh = await dependencies.refreshes.finish(refreshId, outcome, dependencies.now());
  const reported = await reportedOf(refresh, dependencies);
  const told = await Promise.allSettled([
    mail(refresh, reported, dependencies),
    announce(refresh, reported.report, dependencies),
  ]);
  for (const each of told) if (each.status === 'rejected') throw each.reason;
  return reported.report;
}

async function reportedOf(
  refresh: Refresh,
  { refreshes, untoldOf, outsideKeys, now }: ReportDependencies,
): Promise<Reported> {
  const at = now();
  const untold = await untoldOf(refresh.distributionId);
  const outside = await outsideKeys.recent();
  const changes = await refreshes.changesOf(refresh.id);
  return { report: reportOf(refresh, changes, { at, untold, outside }), changes };
}

async function mail(refresh: Refresh, reported: Reported, dependencies: ReportDependencies): Promise<void> {
  const { report: message } = reported;
  const { mailedReasons, outbox, mailPolicy, jointMail } = dependencies;
  if (mailPolicy === 'failed') {
    if (await isNews(message, mailedReasons)) await outbox.send(message);
    return;
  }
  // Nobody waits for bad news.
  if (jointMail === undefined || message.outcome === 'failed') await outbox.send(message);
  if (jointMail !== undefined)
    await mailTogether(
      refresh,
      async ids => sendJointly(refresh.id, await allReported(ids, reported, jointMail, dependencies), outbox),
      jointMail,
    );
}

/** @param own of the refresh that writes the mail, one of those with the ids */
async function allReported(
  refreshIds: readonly string[],
  own: Reported,
  { refreshes }: JointMailDependencies,
  dependencies: ReportDependencies,
): Promise<Reported[]> {
  const reported: Reported[] = [];
  for (const id of refreshIds) {
    const other = id === own.report.refreshId ? undefined : await refreshes.get(id);
    if (id === own.report.refreshId) reported.push(own);
    // Otherwise its record has expired.
    else if (other !== undefined) reported.push(await reportedOf(other, dependencies));
  }
  return reported;
}

/**
 * Puts one mail about several refreshes into the queue, unless each of them failed and so has its
 * own.
 *
 * @returns the id of the mail
 */
async function sendJointly(writerId: string, reported: readonly Reported[], outbox: Outbox): Promise<string> {
  const [first] = reported;
  const message =
    first !== undefined && reported.length === 1 ? first.report : deployReport(writerId, reported);
  if (reported.some(({ report }) => report.outcome !== 'failed')) await outbox.send(message);
  return message.id;
}

/** Whether people hear of it who want to hear only of trouble. */
async function isNews(
  { refreshId, distributionId, outcome, unasked, verified }: RefreshReport,
  mailedReasons: MailedReasons,
): Promise<boolean> {
  if (outcome === 'failed') return true;
  if (unasked !== undefined)
    return unasked.code !== 'off' && mailedReasons.note(distributionId, unasked.reason, refreshId);
  // A refresh that asked for nothing says nothing about the reason.
  if (verified > 0) await mailedReasons.forget(distributionId);
  return false;
}

interface ReportedBeside {
  readonly at: Date;
  readonly untold: readonly string[];
  readonly outside: OutsideKeys | undefined;
}

function reportOf(
  refresh: Refresh,
  { objects, causes = [], ...asked }: Changes,
  { at, untold, outside }: ReportedBeside,
): RefreshReport {
  const { invalidation, verification, end } = refresh;
  const unasked = unaskedIn(refresh);
  const changes = newestPerKey(objects);
  const requested = requestedIn(asked);
  return {
    type: 'refresh-report',
    id: `refresh-report-${refresh.id}`,
    refreshId: refresh.id,
    distributionId: refresh.distributionId,
    outcome: outcomeOf(refresh),
    startedAt: refresh.startedAt,
    finishedAt: end?.at ?? at.toISOString(),
    changes: changes.slice(0, MAX_LISTED_IN_MAIL).map(({ key, removed }) => ({ key, removed })),
    changeCount: changes.length,
    requestedPaths: requested.slice(0, MAX_LISTED_IN_MAIL),
    requestedPathCount: requested.length,
    ...plannedIn(refresh),
    verified: verification?.result?.verified ?? 0,
    superseded: verification?.result?.superseded ?? 0,
    ...(causes.length === 0 ? {} : { causes: causes.slice(0, MAX_LISTED_IN_MAIL) }),
    ...(outside === undefined ? {} : { outside }),
    ...(untold.length === 0 ? {} : { untold: untold.slice(0, MAX_LISTED_IN_MAIL) }),
    ...(invalidation === undefined ? {} : { invalidationId: invalidation.id }),
    ...(end?.failure === undefined ? {} : { failure: end.failure }),
    ...(unasked === undefined ? {} : { unasked }),
  };
}

/** What was planned last, if anything was. */
function plannedIn({ plan }: Refresh) {
  if (plan === undefined) return { paths: [], pathCount: 0, needlessPurges: 0, skipped: NOTHING_SKIPPED };
  const { paths, needlessPurges, isEstimated, guard, cap, errorPages, skipped } = plan;
  return {
    paths: paths.slice(0, MAX_LISTED_IN_MAIL),
    pathCount: paths.length,
    needlessPurges,
    ...(isEstimated === undefined ? {} : { isEstimated }),
    ...(guard === undefined ? {} : { guard }),
    ...(cap === undefined ? {} : { cap }),
    ...(errorPages === undefined ? {} : { errorPages }),
    skipped: skipped ?? NOTHING_SKIPPED,
  };
}

function outcomeOf({ state }: Refresh): RefreshReport['outcome'] {
  return state === 'fresh' || state === 'unasked' ? state : 'failed';
}

/** The reason that the refresh ended with, and the URLs that its verification named. */
function unaskedIn({ end, verification }: Refresh): Unasked | undefined {
  if (end?.unasked === undefined) return undefined;
  const { count = 0, urls = [] } = verification?.result?.unasked ?? {};
  return { ...end.unasked, count, urls: urls.slice(0, MAX_LISTED_IN_MAIL) };
}
