import type { RefreshTable } from '../../../../shared/aws/refresh-table/open-refresh-table.ts';
import type { ListedRefresh } from '../../../../shared/refresh/history.ts';
import type { Refresh } from '../../../../shared/refresh/refresh.ts';
import { until, type Waiting } from './waiting.ts';

/** The refreshes that the doctor's own changes cause, as the pipeline's table records them. */
export interface FollowedRefreshes {
  /**
   * Waits until each of these keys has a change in a refresh that was not followed before, and all
   * those refreshes have ended.
   *
   * @returns them, oldest first
   * @throws OutOfPatienceError
   */
  follow(keys: readonly string[], options?: FollowOptions): Promise<readonly Refresh[]>;
  /** All that were followed so far, oldest first. */
  readonly ended: readonly Refresh[];
}

export interface FollowOptions {
  /** @default 'written' */
  readonly change?: 'written' | 'removed';
  /** @default as long as everything else */
  readonly waiting?: Waiting;
}

/** What is read of the refresh table. */
interface RecordedRefreshes extends Pick<RefreshTable, 'historyOf'> {
  readonly refreshes: Pick<RefreshTable['refreshes'], 'get' | 'changesOf'>;
}

/** How many of the newest are looked at: others may be uploading as well. */
const NEWEST = 20;

export function followRefreshes(
  table: RecordedRefreshes,
  distributionId: string,
  usual: Waiting,
): FollowedRefreshes {
  const { refreshes } = table;
  const history = table.historyOf(distributionId);
  const ended: Refresh[] = [];
  /** Those that ended without the doctor, or were followed already. */
  const settled = new Set<string>();

  /** Which of these keys a refresh has a change of. */
  async function keysIn({ id, end }: ListedRefresh, keys: readonly string[], removed: boolean) {
    const { objects } = await refreshes.changesOf(id);
    const ours = objects.filter(({ key }) => keys.includes(key));
    if (ours.length === 0 && end !== undefined) settled.add(id);
    return ours.filter(change => change.removed === removed).map(({ key }) => key);
  }

  /** The newest refreshes of these keys; undefined while one runs, or a key is in none. */
  async function look(keys: readonly string[], removed: boolean): Promise<Refresh[] | undefined> {
    const { refreshes: newest } = await history.page({ limit: NEWEST });
    const found: ListedRefresh[] = [];
    const changed = new Set<string>();
    for (const listed of newest.filter(({ id }) => !settled.has(id))) {
      const ours = await keysIn(listed, keys, removed);
      if (ours.length > 0) found.unshift(listed);
      for (const key of ours) changed.add(key);
    }
    if (changed.size < keys.length || found.some(({ end }) => end === undefined)) return undefined;
    const records = await Promise.all(found.map(({ id }) => refreshes.get(id)));
    return records.filter(record => record !== undefined);
  }

  return {
    ended,
    async follow(keys, { change = 'written', waiting = usual } = {}) {
      const what =
        keys.length === 1 ? `a refresh of ${keys[0]} to end` : `the refreshes of ${keys.length} files to end`;
      const found = await until(() => look(keys, change === 'removed'), what, waiting);
      for (const refresh of found) settled.add(refresh.id);
      ended.push(...found);
      return found;
    },
  };
}
