import { type Finding, judged, untestable } from '../finding.ts';
import { isHit, type View, type Warmed } from './viewer.ts';

/** What an invalidation path should do to one URL. */
export interface PathCase {
  readonly about: string;
  /** The URL's path, percent-encoded. */
  readonly url: string;
  /** In the invalidation. @default none: the URL should be left alone */
  readonly path?: string;
  readonly isPurged: boolean;
}

const REMEDY =
  'The planner takes the opposite for granted: report this line, and purge everything by hand until it is mended.';

/**
 * Whether a path did what it should: the first answer after a purge is a miss.
 *
 * @param warmed the answers before, which have to be kept
 */
export function judgePurged({ about, url, path, isPurged }: PathCase, warmed: Warmed, after: View): Finding {
  if (!warmed.isKept) return { about, ...untestable(`the edge does not keep the answer to ${url}`) };
  const isRight = isHit(after) !== isPurged;
  const sent = path === undefined ? '' : ` by the path ${path}`;
  return {
    about,
    ...judged(
      isRight,
      `${url} is ${isHit(after) ? 'not ' : ''}purged${sent}: the next answer is "${after.xCache}"`,
      REMEDY,
    ),
  };
}

/** Whether URLs with and without a query string share an entry, as the deployment takes it. */
export function judgeQueryString(warmed: Warmed, withQuery: View): Finding {
  const about = 'query strings make no other entry';
  if (!warmed.isKept) return { about, ...untestable(`the edge does not keep ${warmed.first.path}`) };
  const isShared = isHit(withQuery);
  return {
    about,
    ...judged(
      isShared,
      `the first answer to ${withQuery.path} is "${withQuery.xCache}"`,
      'The cache policy has changed since the deployment: deploy again, so that the pipeline purges variants too.',
    ),
  };
}
