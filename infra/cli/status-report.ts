import type { MonthUse, RefreshSummary } from '../../shared/refresh/api-contract.ts';
import type { ListedInvalidation } from './invalidations.ts';
import { counted, dollars, grouped, printable, secondsBetween, tableOf } from './text.ts';

export interface Status {
  readonly distributionId: string;
  /** Newest first. */
  readonly refreshes: readonly RefreshSummary[];
  /** Newest first, whoever made them. */
  readonly invalidations: readonly ListedInvalidation[];
  readonly month: MonthUse;
  readonly queues: readonly QueueStatus[];
}

export interface QueueStatus {
  readonly name: string;
  readonly waiting: number;
  readonly inWork: number;
  readonly deadLetters: number;
}

const TITLES = [
  'Started (UTC)',
  'Refresh',
  'State',
  'Invalidation',
  'CloudFront',
  '>Files',
  '>Paths',
  '>To fresh',
  '>Cost',
];

/** The status for people: a table, and what else is to be known. */
export function describeStatus({ distributionId, refreshes, invalidations, month, queues }: Status): string {
  const statusOf = new Map(invalidations.map(({ id, status }) => [id, status]));
  const rows = [
    ...refreshes.map(refresh => ({ at: refresh.startedAt, cells: cellsOf(refresh, statusOf) })),
    ...invalidations.flatMap(otherCells),
  ].toSorted((a, b) => (a.at < b.at ? 1 : -1));
  const running = refreshes.filter(({ finishedAt }) => finishedAt === undefined);
  return [
    `Distribution ${distributionId}`,
    '',
    ...(rows.length === 0
      ? ['Nothing has been refreshed yet.']
      : tableOf(
          TITLES,
          rows.map(({ at, cells }) => [at.slice(0, 19).replace('T', ' '), ...cells]),
        )),
    '',
    ...refreshes.flatMap(noteOf),
    running.length === 0
      ? 'No refresh is open or on its way.'
      : `On its way: ${running.map(({ id, state }) => `${id} (${state})`).join(', ')}`,
    `${month.month}: ${grouped(month.paths)} of ${counted(month.freePaths, 'free path')} used; cost ${dollars(month.costUsd)}`,
    ...queues.map(
      ({ name, waiting, inWork, deadLetters }) =>
        `${name}: ${waiting} waiting, ${inWork} in work, ${counted(deadLetters, 'dead letter')}`,
    ),
  ].join('\n');
}

function cellsOf(refresh: RefreshSummary, statusOf: ReadonlyMap<string, string>): string[] {
  const { id, state, invalidationId, changeCount, pathCount, startedAt, finishedAt, costUsd } = refresh;
  return [
    id,
    state,
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
function noteOf({ id, failure, refusals, round }: RefreshSummary): string[] {
  const notes = [
    ...(refusals === 0 ? [] : [`refused by CloudFront's quota ${counted(refusals, 'time')}`]),
    ...(round === 1 ? [] : ['invalidated a second time']),
    ...(failure === undefined ? [] : [printable(failure)]),
  ];
  return notes.length === 0 ? [] : [`${id}: ${notes.join('; ')}`];
}
