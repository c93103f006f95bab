import { costOfPaths } from '../../shared/planning/prices.ts';
import {
  MAX_LISTED_IN_DETAILS,
  type MonthUse,
  type RefreshDetails,
  type RefreshSummary,
} from '../../shared/refresh/api-contract.ts';
import { counted, dollars, monthName } from '../page/wording.ts';

type State = RefreshSummary['state'];

/** The text of a badge. */
export const STATE_WORDS: Readonly<Record<State, string>> = {
  open: 'Collecting',
  closed: 'Planning',
  invalidating: 'Invalidating',
  verifying: 'Verifying',
  fresh: 'Fresh',
  unasked: 'Not verified',
  failed: 'Failed',
};

const DOING: Readonly<Record<State, string>> = {
  open: 'Waiting for uploads to finish',
  closed: 'Choosing the paths',
  invalidating: 'CloudFront is dropping old copies',
  verifying: 'Checking every changed URL at the edge',
  fresh: 'Visitors get the new content',
  unasked: 'Invalidated, but nobody verified what visitors get',
  failed: 'Visitors may get old content',
};

export function isRunning({ state }: Pick<RefreshSummary, 'state'>): boolean {
  return !['fresh', 'unasked', 'failed'].includes(state);
}

/** The colour of a badge. */
export function toneOf({
  state,
}: Pick<RefreshSummary, 'state'>): 'fresh' | 'unasked' | 'running' | 'trouble' {
  if (state === 'fresh' || state === 'unasked') return state;
  return state === 'failed' ? 'trouble' : 'running';
}

/** What a refresh is doing, or how it ended. */
export function doingWords({ state, refusals }: Pick<RefreshSummary, 'state' | 'refusals'>): string {
  return state === 'open' && refusals > 0 ? 'Waiting for room in CloudFront’s quota' : DOING[state];
}

/** "3 files and 1 path by hand": the cause of a refresh. While it is open only its details tell. */
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

/** Milliseconds from the first change to the end, or to now while it is running. */
export function tookMs({ startedAt, finishedAt }: RefreshSummary, now = new Date()): number {
  return (finishedAt === undefined ? now.getTime() : Date.parse(finishedAt)) - Date.parse(startedAt);
}

/**
 * The status of an invalidation in the words of the AWS console. In a list it follows from the
 * state.
 */
export function invalidationWords(
  refresh: RefreshSummary & Partial<Pick<RefreshDetails, 'invalidation'>>,
): string {
  if (refresh.invalidationId === undefined) {
    if (isRunning(refresh)) return 'Not created yet';
    return refresh.state === 'failed' ? 'Not created' : 'Not needed';
  }
  const status = refresh.invalidation?.status ?? STATUS_BY_STATE[refresh.state];
  return status === 'InProgress' ? 'In progress' : (status ?? '');
}

const STATUS_BY_STATE: Partial<Readonly<Record<State, string>>> = {
  invalidating: 'InProgress',
  verifying: 'Completed',
  fresh: 'Completed',
  unasked: 'Completed',
};

/** "2 unchanged, 1 asked for each time": files that needed no path. Empty if there are none. */
export function skippedWords({ unchanged, neverCached, duplicate }: RefreshSummary['skipped']): string {
  return [
    { count: unchanged, why: 'unchanged' },
    { count: neverCached, why: 'asked for each time' },
    { count: duplicate, why: 'reported twice by S3' },
  ]
    .filter(({ count }) => count > 0)
    .map(({ count, why }) => `${count.toLocaleString('en')} ${why}`)
    .join(', ');
}

/** The second round, and how often CloudFront's quota refused. Empty if there were no retries. */
export function retryWords({ round, refusals }: Pick<RefreshSummary, 'round' | 'refusals'>): string {
  return [
    ...(round > 1 ? ['Invalidated twice, because the edge was still stale after the first time'] : []),
    ...(refusals > 0
      ? [`CloudFront's quota refused it ${refusals === 1 ? 'once' : `${refusals} times`}`]
      : []),
  ].join('; ');
}

const ADVICE: ReadonlyArray<readonly [failure: RegExp, advice: string]> = [
  [
    /^EdgeStale\b/,
    'Something between the bucket and the visitors keeps old copies. Refresh these paths again. If that fails too, check the cache settings of the distribution.',
  ],
  [
    /^NeverCompleted\b/,
    'CloudFront is slow to complete invalidations at the moment. Check the AWS Health Dashboard, and refresh these paths again later.',
  ],
  [
    /^TooManyInvalidationsInProgress\b/,
    'Too many invalidations of this distribution were in progress for a whole day. Wait until they complete, then refresh everything.',
  ],
  [
    /AccessDenied|not authorized/,
    'A permission is missing. Ask the site owner to deploy the stack again, then refresh these paths again.',
  ],
];

/** A failure without the error's name, if a message follows it. */
export function reasonOf(failure: string): string {
  return failure.replace(/^[\w.]+: (?=.)/, '');
}

/** What to do about a failure. */
export function adviceOn(failure: string): string {
  const [, advice] = ADVICE.find(([pattern]) => pattern.test(failure)) ?? [];
  return (
    advice ??
    'Refresh these paths again. If that fails too, look at the execution of this refresh in Step Functions; the mail about the failure names it.'
  );
}

/** What this many paths may cost: first the free paths left this month, then money. */
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
