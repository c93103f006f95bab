import { withoutArns } from './history.ts';
import type { RefreshReport } from './refresh-report.ts';
import type { UnaskedCode } from './unasked.ts';

/** What EventBridge's rules know the event by. */
export const EVENT_SOURCE = 'cloudfront-auto-invalidation';
export const EVENT_TYPE = 'Refresh Ended';

/**
 * The end of a refresh, for other programs: the detail of an event, and the data of a webhook.
 * `refresh-ended.v1.schema.json` describes it. A member may be added to version 1; none is removed,
 * and none changes its meaning.
 */
export interface RefreshEnded {
  readonly version: 1;
  /** The same if the event is repeated. */
  readonly id: string;
  /** The stack's name and the path of the construct below it, such as `MySite/Freshness`. */
  readonly pipeline: string;
  readonly refreshId: string;
  readonly distributionId: string;
  readonly outcome: RefreshReport['outcome'];
  readonly startedAt: string;
  readonly finishedAt: string;
  /** Between the two. */
  readonly seconds: number;
  readonly keys: FirstOf<{ readonly key: string; readonly removed: boolean }>;
  /** Invalidation paths that were sent, or planned if nothing was sent. */
  readonly paths: FirstOf<string>;
  /** Paths that somebody asked for by hand, or that a change of the distribution made old. */
  readonly requestedPaths: FirstOf<string>;
  readonly urlsVerified: number;
  /** Absent if no invalidation was needed, or none was created. */
  readonly invalidationId?: string;
  /** Why it is not fresh. */
  readonly reason?: { readonly code?: UnaskedCode; readonly message: string };
}

interface FirstOf<Item> {
  /** Of all of them. */
  readonly count: number;
  readonly first: readonly Item[];
}

/** The longest keys make 120 KB of JSON with it: SQS and EventBridge take 256 KB. */
export const MAX_LISTED_IN_EVENT = 10;

export function refreshEnded(report: RefreshReport, pipeline: string): RefreshEnded {
  const { refreshId, distributionId, outcome, startedAt, finishedAt, invalidationId } = report;
  const reason = reasonOf(report);
  return {
    version: 1,
    id: `refresh-ended-${refreshId}`,
    ...{ pipeline, refreshId, distributionId, outcome, startedAt, finishedAt },
    seconds: (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000,
    keys: {
      count: report.changeCount,
      first: first(report.changes).map(({ key, removed }) => ({ key: plain(key), removed })),
    },
    paths: { count: report.pathCount, first: first(report.paths) },
    requestedPaths: { count: report.requestedPathCount, first: first(report.requestedPaths) },
    urlsVerified: report.verified,
    ...(invalidationId === undefined ? {} : { invalidationId }),
    ...(reason === undefined ? {} : { reason }),
  };
}

const first = <Item>(items: readonly Item[]) => items.slice(0, MAX_LISTED_IN_EVENT);

/** Others than the site's owner may read it: role names and the account belong in the logs. */
function reasonOf({ failure, unasked }: RefreshReport): RefreshEnded['reason'] {
  if (failure !== undefined) return { message: withoutArns(plain(failure)) };
  return unasked === undefined ? undefined : { code: unasked.code, message: plain(unasked.reason) };
}

/** SQS refuses characters that XML does not allow. JSON escapes most of them, but not these. */
const plain = (text: string) => text.toWellFormed().replaceAll(/[\uFFFE\uFFFF]/g, '\uFFFD');
