import { spell } from '../../../shared/edition/spell.ts';
import { describeSender, type SenderState } from '../../../shared/mail/sender.ts';
import type { MonthUse, RefreshSummary } from '../../../shared/refresh/api-contract.ts';
import { errorPageWords } from '../../../shared/refresh/kept-error-pages.ts';
import type { OutsideKeys } from '../../../shared/refresh/outside-keys.ts';
import { isPaused, type Pause } from '../../../shared/refresh/pause.ts';
import { adviceOnUnasked } from '../../../shared/refresh/unasked-advice.ts';
import type { ListedInvalidation } from '../aws/invalidations.ts';
import type { QueueStatus } from '../aws/queues.ts';
import { pauseWords } from '../pausing.ts';
import { type Column, tableOf } from '../terminal/table.ts';
import type { Format, Page } from '../terminal/terminal.ts';
import { counted, dollars, grouped, moment, printable, secondsBetween } from '../terminal/words.ts';

export interface Status {
  readonly distributionId: string;
  /** Newest first. */
  readonly refreshes: readonly RefreshSummary[];
  /** Newest first, whoever made them. */
  readonly invalidations: readonly ListedInvalidation[];
  readonly month: MonthUse;
  /** Absent unless the pipeline is paused, or its resuming has not come to its end. */
  readonly pause?: Pause & {
    /** Changes of this distribution that it holds. */
    readonly held: number;
  };
  readonly queues: readonly QueueStatus[];
  /** Of the mails, and whether SES sends from it in its region. */
  readonly sender: { readonly address: string; readonly region: string; readonly state: SenderState };
  /** Changes since yesterday that no distribution shows. */
  readonly outside?: OutsideKeys;
}

/** What is most easily found elsewhere is left out first. */
const COLUMNS: readonly Column[] = [
  { title: 'Started (UTC)', leftOut: 6 },
  { title: 'Refresh' },
  { title: 'State' },
  { title: 'Invalidation', leftOut: 2 },
  { title: 'CloudFront', leftOut: 1 },
  { title: 'Files', align: 'right', leftOut: 3 },
  { title: 'Paths', align: 'right' },
  { title: 'To fresh', align: 'right', leftOut: 5 },
  { title: 'Cost', align: 'right', leftOut: 4 },
];

const COLOUR: Readonly<Partial<Record<RefreshSummary['state'], Format>>> = {
  fresh: 'green',
  unasked: 'cyan',
  failed: 'red',
};

/** The status for people: the verdict, a table, and what else there is to know. */
export function describeStatus(status: Status, page: Page): string {
  const { distributionId, refreshes, month, queues } = status;
  const rows = rowsOf(status, page);
  const running = runningIn(status);
  return [
    verdictOf(status, page),
    `Distribution ${distributionId}`,
    '',
    ...(rows.length === 0 ? ['Nothing has been refreshed yet.'] : tableOf(COLUMNS, rows, page)),
    '',
    ...refreshes.flatMap(noteOf),
    running.length === 0
      ? 'No refresh is open or in progress.'
      : `In progress: ${running.map(({ id, state }) => `${id} (${state})`).join(', ')}`,
    monthOf(month),
    ...outsideOf(status),
    ...queues.map(
      ({ name, waiting, inWork, deadLetters }) =>
        `${name}: ${waiting} waiting, ${inWork} in work, ${counted(deadLetters, 'dead letter')}`,
    ),
  ].join('\n');
}

function monthOf({ month, paths, freePaths, maxPaths, costUsd }: MonthUse): string {
  const limit = maxPaths === undefined ? '' : `; limited to ${grouped(maxPaths)}`;
  return `${month}: ${grouped(paths)} of ${counted(freePaths, 'free path')} used; cost ${dollars(costUsd)}${limit}`;
}

/** What was left aside, for whoever has switched a distribution to another origin path. */
function outsideOf({ outside }: Status): string[] {
  if (outside === undefined) return [];
  const { count, keys } = outside;
  const names = keys.map(printable).join(', ');
  const more = count > keys.length ? ' …' : '';
  return [`Outside every origin path since yesterday: ${counted(count, 'change')}, ignored: ${names}${more}`];
}

/** What needs somebody's attention, a sentence each; empty when all is well. */
export function problemsOf(status: Status): string[] {
  const last = lastIn(status);
  return [
    ...(last?.state === 'failed' ? [`Refresh ${last.id} failed: ${last.failure}`] : []),
    ...(deadLettersIn(status) === 0
      ? []
      : [
          'There are dead letters: see RUNBOOK.md#site-changes-dead-letters, #mail-dead-letters, #webhook-dead-letters',
        ]),
    ...(maySend(status) ? [] : [senderIn(status)]),
    ...halfResumedIn(status),
  ];
}

/** Why nobody knows whether the edge is fresh; undefined if that is what the owner chose. */
export function doubtOf(status: Status): string | undefined {
  const last = lastIn(status);
  if (last?.unasked === undefined || last.unasked.code === 'off') return undefined;
  const { code, reason } = last.unasked;
  return `Refresh ${last.id} was not verified: ${printable(reason)}. ${adviceOnUnasked(code)}`;
}

function verdictOf(status: Status, { style }: Page): string {
  const last = lastIn(status);
  const running = runningIn(status).length;
  const deadLetters = deadLettersIn(status);
  const problems = [
    ...(last?.state === 'failed' ? ['the last refresh failed'] : []),
    ...(deadLetters === 0 ? [] : [counted(deadLetters, 'dead letter')]),
    ...(maySend(status) ? [] : ['the sender of the mails is not verified']),
    ...halfResumedIn(status).map(() => 'resuming was interrupted'),
  ];
  const progress = running === 0 ? [] : [`${counted(running, 'refresh', 'refreshes')} in progress`];
  const { pause } = status;
  if (problems.length > 0) return style('red', `✗ Not well: ${[...problems, ...progress].join('; ')}`);
  if (isPaused(pause)) {
    const held = `${counted(pause.held, 'change')} held until ${spell('resume')}`;
    return style('yellow', `‖ ${[pauseWords(pause), held, ...progress].join('; ')}`);
  }
  if (running > 0) return style('yellow', `… Not fresh yet: ${progress.join()}`);
  if (last?.finishedAt === undefined) return 'Nothing to refresh so far';
  if (last.unasked !== undefined) return style('cyan', `? Not verified: ${printable(last.unasked.reason)}`);
  return style('green', `✓ Fresh since ${moment(last.finishedAt)} UTC`);
}

/** While somebody is resuming it is like that for seconds. */
function halfResumedIn({ pause }: Status): string[] {
  if (pause === undefined || isPaused(pause)) return [];
  return [
    `What was resumed at ${moment(pause.resumedAt ?? '')} UTC has not come to its end: unless somebody is doing it now, repeat ${spell('resume')}. ${counted(pause.held, 'change')} held`,
  ];
}

const maySend = ({ sender }: Status) => sender.state === 'verified';

const senderIn = ({ sender: { state, address, region } }: Status) => describeSender(state, address, region);

/** The refresh that ended last, whenever it began. */
function lastIn({ refreshes }: Status): Status['refreshes'][number] | undefined {
  const ended = refreshes.filter(({ finishedAt }) => finishedAt !== undefined);
  return ended.reduce<Status['refreshes'][number] | undefined>(
    (last, each) => ((each.finishedAt ?? '') > (last?.finishedAt ?? '') ? each : last),
    undefined,
  );
}

const runningIn = ({ refreshes }: Status) => refreshes.filter(({ finishedAt }) => finishedAt === undefined);

const deadLettersIn = ({ queues }: Status) => queues.reduce((sum, { deadLetters }) => sum + deadLetters, 0);

/** Refreshes and invalidations that somebody else made, newest first. */
function rowsOf({ refreshes, invalidations }: Status, page: Page): string[][] {
  const statusOf = new Map(invalidations.map(({ id, status }) => [id, status]));
  return [
    ...refreshes.map(refresh => ({ at: refresh.startedAt, cells: cellsOf(refresh, statusOf, page) })),
    ...invalidations.flatMap(otherCells),
  ]
    .toSorted((a, b) => (a.at < b.at ? 1 : -1))
    .map(({ at, cells }) => [moment(at), ...cells]);
}

function cellsOf(refresh: RefreshSummary, statusOf: ReadonlyMap<string, string>, { style }: Page): string[] {
  const { id, state, invalidationId, changeCount, pathCount, startedAt, finishedAt, costUsd } = refresh;
  return [
    id,
    style(COLOUR[state] ?? 'yellow', state === 'unasked' ? 'not verified' : state),
    invalidationId ?? '',
    invalidationId === undefined ? '' : (statusOf.get(invalidationId) ?? 'not listed'),
    changeCount === undefined ? '' : grouped(changeCount),
    grouped(pathCount),
    state === 'fresh' && finishedAt !== undefined ? secondsBetween(startedAt, finishedAt) : '',
    dollars(costUsd),
  ];
}

function otherCells({ id, status, createTime, maker }: ListedInvalidation) {
  if (maker === undefined) return [];
  const { refreshId, paths } = maker;
  const who = refreshId === undefined ? 'by somebody else' : `earlier, of ${refreshId}`;
  return [{ at: createTime, cells: [who, '', id, status, '', grouped(paths), '', ''] }];
}

/** What a row has no room for. */
function noteOf({ id, failure, unasked, refusals, round, errorPages }: RefreshSummary): string[] {
  const reason = failure ?? unasked?.reason;
  const notes = [
    ...(refusals === 0 ? [] : [`refused by CloudFront's quota ${counted(refusals, 'time')}`]),
    ...(round === 1 ? [] : ['invalidated a second time']),
    ...(errorPages === undefined ? [] : [errorPageWords(errorPages)]),
    ...(reason === undefined ? [] : [printable(reason)]),
  ];
  return notes.length === 0 ? [] : [`${id}: ${notes.join('; ')}`];
}
