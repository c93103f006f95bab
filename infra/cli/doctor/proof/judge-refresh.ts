import type { Refresh } from '../../../../shared/refresh/refresh.ts';
import { adviceOnUnasked } from '../../../../shared/refresh/unasked-advice.ts';
import { counted } from '../../terminal/words.ts';
import { confirmed, type Finding, judged, refuted, untestable } from '../finding.ts';
import type { SeenInvalidation } from './trial-invalidations.ts';

const RUNBOOK = 'See RUNBOOK.md#refresh-failed.';

/**
 * Whether the refresh of one overwritten file made one invalidation.
 *
 * @param path all that the invalidation should have
 */
export function judgeOneInvalidation(
  path: string,
  refreshes: readonly Refresh[],
  made: readonly SeenInvalidation[],
): Finding {
  const about = 'one invalidation for one file';
  const changed = refreshes.reduce((sum, { totals }) => sum + (totals?.changeCount ?? 0), 0);
  if (changed > 1)
    return {
      about,
      ...untestable(
        `${changed} files changed at the same time: somebody else is uploading`,
        'Run it again when nobody uploads.',
      ),
    };
  const described = made.map(({ id, paths }) => `${id} (${paths.join(', ')})`).join(', ') || 'none';
  const isExact = made.length === 1 && made[0]?.paths.length === 1 && made[0].paths[0] === path;
  return {
    about,
    ...judged(isExact, `ListInvalidations has ${made.length} more than before: ${described}`, RUNBOOK),
  };
}

/** Whether the pipeline's record of a refresh says what CloudFront says. */
export function judgeHistory(refresh: Refresh | undefined, made: readonly SeenInvalidation[]): Finding {
  const about = 'history and CloudFront';
  if (refresh === undefined)
    return { about, verdict: 'refuted', evidence: 'the history has no such refresh' };
  const { id, state, invalidation, plan, end } = refresh;
  if (end?.unasked !== undefined)
    return {
      about,
      ...untestable(
        `refresh ${id} ended unverified: ${end.unasked.reason}`,
        adviceOnUnasked(end.unasked.code),
      ),
    };
  const sent = made.find(each => each.id === invalidation?.id);
  const problems = [
    ...(state === 'fresh' ? [] : [`it ended ${state}: ${end?.failure}`]),
    ...(sent === undefined
      ? [
          `its invalidation ${invalidation?.id} is not among ${made.map(each => each.id).join(', ') || 'none'}`,
        ]
      : differencesOf(sent, plan?.paths ?? [])),
  ];
  if (problems.length > 0) return { about, ...refuted(`refresh ${id}: ${problems.join('; ')}`, RUNBOOK) };
  return {
    about,
    ...confirmed(
      `refresh ${id} is fresh; its invalidation ${sent?.id} is Completed with the planned ${listed(sent?.paths ?? [])}`,
    ),
  };
}

function differencesOf({ id, status, paths }: SeenInvalidation, planned: readonly string[]): string[] {
  const isSame = [...paths].sort().join('\n') === [...planned].sort().join('\n');
  return [
    ...(status === 'Completed' ? [] : [`CloudFront says ${status} of ${id}`]),
    ...(isSame ? [] : [`CloudFront has ${listed(paths)} where ${listed(planned)} were planned`]),
  ];
}

const MOST_LISTED = 3;

function listed(paths: readonly string[]): string {
  const shown = paths.slice(0, MOST_LISTED).join(', ');
  return `${paths.length === 1 ? 'path' : `${paths.length} paths`} ${shown}${paths.length > MOST_LISTED ? ', …' : ''}`;
}

/** Whether an upload of the same bytes cost nothing. */
export function judgeFree(refreshes: readonly Refresh[], made: readonly SeenInvalidation[]): Finding {
  const about = 'the same bytes again are free';
  const unverified = refreshes.find(({ end }) => end?.unasked !== undefined);
  if (unverified !== undefined)
    return {
      about,
      ...untestable(`refresh ${unverified.id} was not verified, and only what was verified is skipped`),
    };
  const paths = refreshes.reduce((sum, { totals }) => sum + (totals?.pathCount ?? 0), 0);
  const skipped = refreshes.reduce((sum, { totals }) => sum + (totals?.skipped.unchanged ?? 0), 0);
  const isFree = paths === 0 && made.length === 0 && skipped > 0;
  return {
    about,
    ...judged(
      isFree,
      `${counted(paths, 'path')}, ${counted(made.length, 'invalidation')}, ${counted(skipped, 'file')} skipped as unchanged`,
      `It costs a path each time. ${RUNBOOK}`,
    ),
  };
}

/** How many invalidations a burst of uploads may take: it may begin while a refresh is closing. */
const MOST_INVALIDATIONS = 2;

/** Whether files uploaded together were purged together. */
export function judgeBurst(
  files: number,
  refreshes: readonly Refresh[],
  made: readonly SeenInvalidation[],
): Finding {
  const paths = made.reduce((sum, each) => sum + each.paths.length, 0);
  const isFew = made.length >= 1 && made.length <= MOST_INVALIDATIONS;
  return {
    about: 'few invalidations for a burst',
    ...judged(
      isFew,
      `${files} files overwritten: ${counted(refreshes.length, 'refresh', 'refreshes')}, ${counted(made.length, 'invalidation')}, ${counted(paths, 'path')}`,
      'Uploads that take long need a longer quiet period: -c quietSeconds=10.',
    ),
  };
}
