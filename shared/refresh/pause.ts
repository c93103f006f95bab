import type { IsoTime } from '../time.ts';
import { type CollectDependencies, collect } from './collect.ts';
import type { Changes } from './refresh.ts';

/** While a pipeline is paused, changes are held: nothing is purged until somebody resumes. */
export interface Pause {
  /** Names what is held because of it. */
  readonly id: string;
  readonly since: IsoTime;
  /** Who paused: an ARN. */
  readonly by: string;
  /** What they gave as their reason. */
  readonly reason?: string;
  /**
   * When somebody resumed. Changes are no longer held from then on, but some that were held may not
   * be in a refresh yet: resuming again finishes that.
   */
  readonly resumedAt?: IsoTime;
}

/** The pause of a pipeline: one for all its distributions. All reads are strongly consistent. */
export interface PauseStore {
  current(): Promise<Pause | undefined>;
  /** @returns false if there is a pause already */
  begin(pause: Pause): Promise<boolean>;
  /** Notes that a pause is being resumed. If repeated, keeps the first time. */
  resumed(pauseId: string, at: Date): Promise<void>;
  /** Removes a pause that holds nothing any more. */
  end(pauseId: string): Promise<void>;
}

/** The changes of one distribution that pauses hold. They never expire. */
export interface HeldChanges {
  /** Holding the same change twice leaves one. */
  hold(pauseId: string, changes: Changes): Promise<void>;
  /** By strongly consistent reads. */
  heldBy(pauseId: string): Promise<Changes>;
  drop(pauseId: string, changes: Changes): Promise<void>;
}

export interface HoldDependencies extends CollectDependencies {
  readonly pauses: Pick<PauseStore, 'current'>;
  readonly held: Pick<HeldChanges, 'hold' | 'drop'>;
}

export function isPaused(pause: Pause | undefined): pause is Pause & { readonly resumedAt?: never } {
  return pause !== undefined && pause.resumedAt === undefined;
}

/**
 * Puts changes into the open refresh, or holds them while the pipeline is paused. When this
 * returns, they are in a refresh or are held by a pause that has not been resumed. When it throws,
 * collecting them again is safe.
 *
 * Whoever resumes reads what is held after noting that. So what was held before a second look still
 * finds the pipeline paused is not missed. If the second look finds it resumed, nobody knows.
 *
 * @returns the id of the refresh that took the changes; undefined if they are held
 */
export async function collectOrHold(
  changes: Changes,
  { pauses, held, ...dependencies }: HoldDependencies,
): Promise<string | undefined> {
  const holding = new Set<string>();
  for (let pause = await pauses.current(); isPaused(pause); pause = await pauses.current()) {
    if (holding.has(pause.id)) return undefined;
    await held.hold(pause.id, changes);
    holding.add(pause.id);
  }
  const refreshId = await collect(changes, dependencies);
  for (const pauseId of holding) await held.drop(pauseId, changes);
  return refreshId;
}

/** A distribution whose held changes are put into a refresh. */
export interface ResumedDistribution extends CollectDependencies {
  readonly id: string;
  readonly held: HeldChanges;
}

/** What a pause had held for one distribution, and the refresh that took it. */
export interface Resumed {
  readonly distributionId: string;
  readonly refreshId: string;
  /** Events of objects, and paths and tags asked for. */
  readonly changes: number;
}

/**
 * Ends a pause: one refresh of each distribution takes all that was held for it. Safe to repeat
 * after a crash. Until it has come to its end, the pause is on record as being resumed.
 */
export async function resume(
  pause: Pause,
  distributions: readonly ResumedDistribution[],
  { pauses, now }: { readonly pauses: Pick<PauseStore, 'resumed' | 'end'>; readonly now: () => Date },
): Promise<Resumed[]> {
  await pauses.resumed(pause.id, now());
  const resumed: Resumed[] = [];
  for (const { id: distributionId, held, ...dependencies } of distributions) {
    const changes = await held.heldBy(pause.id);
    const count = countOf(changes);
    if (count === 0) continue;
    const refreshId = await collect(changes, dependencies);
    await held.drop(pause.id, changes);
    resumed.push({ distributionId, refreshId, changes: count });
  }
  await pauses.end(pause.id);
  return resumed;
}

/** Events of objects, and paths and tags asked for. */
export function countOf({ objects, paths, tags = [] }: Changes): number {
  return objects.length + paths.length + tags.length;
}

/**
 * The name at the end of an ARN, for pages that anybody may open: account numbers and roles belong
 * elsewhere. `arn:aws:sts::123456789012:assumed-role/Admin/jane` is `jane`.
 */
export function nameIn(arn: string): string {
  return arn.split(/[:/]/).at(-1) ?? '';
}
