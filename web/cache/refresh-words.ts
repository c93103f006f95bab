import { costOfPaths } from '../../shared/planning/prices.ts';
import {
  MAX_LISTED_IN_DETAILS,
  type MonthUse,
  type RefreshDetails,
  type RefreshSummary,
} from '../../shared/refresh/api-contract.ts';
import { counted, dollars, monthName } from '../page/wording.ts';

type State = RefreshSummary['state'];

/** What a badge says. */
export const STATE_WORDS: Readonly<Record<State, string>> = {
  open: 'Collecting',
  closed: 'Planning',
  invalidating: 'Invalidating',
  verifying: 'Verifying',
  fresh: 'Fresh',
  failed: 'Failed',
};

const DOING: Readonly<Record<State, string>> = {
  open: 'Waiting until uploads are quiet',
  closed: 'Choosing the paths',
  invalidating: 'CloudFront drops its old copies',
  verifying: 'Asking the edge for every changed address',
  fresh: 'Visitors get the new content',
  failed: 'Visitors may get old content',
};

export function isRunning({ state }: Pick<RefreshSummary, 'state'>): boolean {
  return state !== 'fresh' && state !== 'failed';
}

/** The look of a badge: what is fresh, under way, or wrong. */
export function toneOf({ state }: Pick<RefreshSummary, 'state'>): 'fresh' | 'running' | 'trouble' {
  if (state === 'fresh') return 'fresh';
  return state === 'failed' ? 'trouble' : 'running';
}

/** What a refresh is busy with, or what came of it. */
export function doingWords({ state, refusals }: Pick<RefreshSummary, 'state' | 'refusals'>): string {
  return state === 'open' && refusals > 0
    ? 'Waiting until CloudFront takes invalidations again'
    : DOING[state];
}

/** "3 files and 1 path by hand": what a refresh was made for. While it collects only its details can tell. */
export function causeOf(refresh: RefreshSummary & Partial<RefreshDetails>): string {
  const files = refresh.changeCount ?? refresh.changes?.length ?? 0;
  const isCut = refresh.changeCount === undefined && files === MAX_LISTED_IN_DETAILS;
  const byHand = refresh.requestedPathCount ?? refresh.requestedPaths?.length ?? 0;
  const parts = [
    ...(files > 0 ? [`${isCut ? 'At least ' : ''}${counted(files, 'file')}`] : []),
    ...(byHand > 0 ? [`${counted(byHand, 'path')} by hand`] : []),
  ];
  return parts.length === 0 ? 'Uploads' : parts.join(' and ');
}

/** From the first change noticed to the end; to now while it runs. */
export function tookMs({ startedAt, finishedAt }: RefreshSummary, now = new Date()): number {
  return (finishedAt === undefined ? now.getTime() : Date.parse(finishedAt)) - Date.parse(startedAt);
}

/** What CloudFront says of an invalidation, as its console writes it. In a list it follows from the state. */
export function invalidationWords(
  refresh: RefreshSummary & Partial<Pick<RefreshDetails, 'invalidation'>>,
): string {
  if (refresh.invalidationId === undefined) {
    if (isRunning(refresh)) return 'Not created yet';
    return refresh.state === 'fresh' ? 'None was needed' : 'None was created';
  }
  const status = refresh.invalidation?.status ?? STATUS_BY_STATE[refresh.state];
  return status === 'InProgress' ? 'In progress' : (status ?? '');
}

const STATUS_BY_STATE: Partial<Readonly<Record<State, string>>> = {
  invalidating: 'InProgress',
  verifying: 'Completed',
  fresh: 'Completed',
};

/** "2 unchanged, 1 kept by no cache (no-store)": files that needed no path. Empty when there are none. */
export function skippedWords({ unchanged, neverCached, duplicate }: RefreshSummary['skipped']): string {
  return [
    { count: unchanged, why: 'unchanged' },
    { count: neverCached, why: 'kept by no cache (no-store)' },
    { count: duplicate, why: 'told of twice by S3' },
  ]
    .filter(({ count }) => count > 0)
    .map(({ count, why }) => `${count.toLocaleString('en')} ${why}`)
    .join(', ');
}

/** What was tried again: the second round, and how often CloudFront's quota refused. Empty when all went at once. */
export function retryWords({ round, refusals }: Pick<RefreshSummary, 'round' | 'refusals'>): string {
  return [
    ...(round > 1 ? ['Invalidated a second time, as the first did not make the edge fresh'] : []),
    ...(refusals > 0
      ? [`CloudFront's quota refused it ${refusals === 1 ? 'once' : `${refusals} times`}`]
      : []),
  ].join('; ');
}

const ADVICE: ReadonlyArray<readonly [failure: RegExp, advice: string]> = [
  [
    /^EdgeStale\b/,
    'Something between the bucket and the visitors keeps old copies. Refresh these paths again; if that fails too, look at the cache settings of the distribution.',
  ],
  [
    /^NeverCompleted\b/,
    'CloudFront is slow to complete invalidations at the moment. Refresh these paths again later; its health page tells about disturbances.',
  ],
  [
    /^TooManyInvalidationsInProgress\b/,
    'Too many invalidations of this distribution were in progress for a whole day. Wait until they are completed, then refresh everything.',
  ],
  [
    /AccessDenied|not authorized/,
    'A permission is missing. Whoever runs the site has to deploy the stack again; then refresh these paths again.',
  ],
];

/** A failure without the error's name, where words follow it. */
export function reasonOf(failure: string): string {
  return failure.replace(/^[\w.]+: (?=.)/, '');
}

/** What to do about a failure. */
export function adviceOn(failure: string): string {
  const [, advice] = ADVICE.find(([pattern]) => pattern.test(failure)) ?? [];
  return (
    advice ??
    'Refresh these paths again. If that fails too, the execution of this refresh in Step Functions tells more, and the mail about it names it.'
  );
}

/** What so many paths may cost: the free ones of the month that are left, and money beyond them. */
export function priceOf(pathCount: number, { month, paths, freePaths, pathPriceUsd }: MonthUse): string {
  const left = Math.max(0, freePaths - paths);
  const cost = costOfPaths(pathCount, { path: pathPriceUsd, refetch: 0, freePaths: left });
  const allowance = `${monthName(month)}'s ${counted(freePaths, 'free path')}`;
  if (left === 0) return `${allowance} are used up: this costs up to ${dollars(cost)}.`;
  const leftWords = `${left.toLocaleString('en')} of ${allowance} ${left === 1 ? 'is' : 'are'} left`;
  return cost === 0
    ? `${leftWords}: this costs nothing.`
    : `${leftWords}: this costs up to ${dollars(cost)}.`;
}
