import type { RefreshList, RefreshSummary } from '../../shared/refresh/api-contract.ts';
import { elapsed } from '../page/wording.ts';
import { causeOf, isRunning, tookMs } from './refresh-words.ts';

/** The part of the history that has been loaded, newest first. */
export interface LoadedHistory {
  readonly refreshes: readonly RefreshSummary[];
  /** Token of the next older page; undefined if there is none. */
  readonly next: string | undefined;
}

export const NOTHING_LOADED: LoadedHistory = { refreshes: [], next: undefined };

/**
 * The history with its newest page reloaded. Older pages that no longer connect to it are dropped,
 * to avoid a gap.
 */
export function withNewest(loaded: LoadedHistory, { refreshes, next }: RefreshList): LoadedHistory {
  const oldest = refreshes.at(-1);
  const joinsOn = oldest !== undefined && loaded.refreshes.some(({ id }) => id === oldest.id);
  if (!joinsOn) return { refreshes, next };
  const older = loaded.refreshes.filter(({ id }) => id < oldest.id);
  return older.length === 0
    ? { refreshes, next }
    : { refreshes: [...refreshes, ...older], next: loaded.next };
}

/** The history with one more page at its end. */
export function withOlder(loaded: LoadedHistory, { refreshes, next }: RefreshList): LoadedHistory {
  const known = new Set(loaded.refreshes.map(({ id }) => id));
  return { refreshes: [...loaded.refreshes, ...refreshes.filter(({ id }) => !known.has(id))], next };
}

/** What happened since the last check, in sentences. */
export function newsOf(before: LoadedHistory, { refreshes }: RefreshList): string[] {
  const states = new Map(before.refreshes.map(({ id, state }) => [id, state]));
  return refreshes
    .filter(({ id, state }) => states.get(id) !== state)
    .flatMap(refresh => {
      if (isRunning(refresh)) return states.has(refresh.id) ? [] : ['A refresh has started.'];
      if (refresh.state === 'fresh') return [`Fresh: ${causeOf(refresh)}, in ${elapsed(tookMs(refresh))}.`];
      return [`${refresh.state === 'unasked' ? 'Not verified' : 'Not refreshed'}: ${causeOf(refresh)}.`];
    });
}
