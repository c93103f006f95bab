import { NoOpenRefreshError } from '../errors.ts';
import type { Changes } from './refresh.ts';

/** The open refresh of one distribution, as collectors need it. */
export interface CollectStore {
  /**
   * Id of the refresh that the pointer names, by a strongly consistent read. It may have closed
   * since.
   */
  current(): Promise<string | undefined>;
  /** By a strongly consistent read. */
  isOpen(refreshId: string): Promise<boolean>;
  /**
   * Creates refresh `next`, with the changes of `previous` if that was abandoned. Then makes it the
   * current one, if `previous` still is. From then on `previous` never opens again.
   *
   * @returns the current one: `previous` itself if it is open after all
   */
  replace(previous: string | undefined, next: string): Promise<string>;
  /** Writes changes under a refresh. Writing the same change twice leaves one. */
  addChanges(refreshId: string, changes: Changes): Promise<void>;
  /** Counts the generation up if the refresh is still open; false if it is not. */
  commit(refreshId: string): Promise<boolean>;
  /**
   * Gives up an open refresh that nothing will ever close; its successor inherits the changes.
   * False if it was not open.
   */
  abandon(refreshId: string): Promise<boolean>;
}

export interface RefreshExecutions {
  /**
   * Starts the execution that follows a refresh, unless it is running already.
   *
   * @returns false if it has already ended
   */
  ensureStarted(refreshId: string): Promise<boolean>;
}

export interface CollectDependencies {
  readonly refreshes: CollectStore;
  readonly executions: RefreshExecutions;
  readonly newRefreshId: () => string;
}

/**
 * A refresh stays open for seconds at least. Losing it this often in a row means that something is
 * broken.
 */
const MAX_ATTEMPTS = 10;

/**
 * Puts changes into the open refresh and makes sure that it is followed. When this returns, the
 * changes are in a refresh that closes later than they were written. When it throws, they may be in
 * one, too, and collecting them again is safe.
 *
 * The order of the steps is the protocol: changes first, then the commit that closing checks, then
 * the execution. A crash after any of them leaves the messages unacknowledged, and they come again.
 *
 * @returns the id of the refresh that took the changes
 * @throws NoOpenRefreshError
 */
export async function collect(
  changes: Changes,
  { refreshes, executions, newRefreshId }: CollectDependencies,
): Promise<string> {
  const current = await refreshes.current();
  // The pointer may name a refresh that has closed: its verification and report must not find the
  // next deploy's changes.
  const isOpen = current !== undefined && (await refreshes.isOpen(current));
  let refreshId = isOpen ? current : await refreshes.replace(current, newRefreshId());
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    await refreshes.addChanges(refreshId, changes);
    if ((await refreshes.commit(refreshId)) && (await isFollowed(refreshId, refreshes, executions))) {
      return refreshId;
    }
    refreshId = await refreshes.replace(refreshId, newRefreshId());
  }
  throw new NoOpenRefreshError(MAX_ATTEMPTS);
}

/**
 * An execution that closed the refresh has our changes, because it closed after our commit. If the
 * refresh is still open although its execution has ended, somebody stopped the execution, and the
 * event about that has not arrived: nothing would ever close the refresh. (An execution stopped
 * after closing is not noticed here.)
 */
async function isFollowed(refreshId: string, refreshes: CollectStore, executions: RefreshExecutions) {
  return (await executions.ensureStarted(refreshId)) || !(await refreshes.abandon(refreshId));
}
