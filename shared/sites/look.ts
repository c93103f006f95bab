import { Description } from './description.ts';
import type { KnownDistribution, KnownDistributions, SiteChange } from './known-distribution.ts';
import { changesOf } from './site-changes.ts';
import type { Told } from './told.ts';

/** Takes what a distribution's change may have made old: the queue of site changes. */
export interface SiteChangeQueue {
  send(distributionId: string, changes: readonly SiteChange[]): Promise<void>;
}

export interface LookDependencies {
  readonly known: KnownDistributions;
  readonly queue: SiteChangeQueue;
  readonly now: () => Date;
}

/**
 * So many refreshes a day because a distribution was changed: whoever changes it all the time pays
 * for its own invalidations anyway. Changes beyond are refreshed on the next day.
 */
export const MAX_ASKED_A_DAY = 5;

/** Two writers may meet, a deployment and the schedule, but not again and again. */
const MAX_ATTEMPTS = 5;

/**
 * Keeps what was just seen of a distribution, and asks for a refresh of what its change has made
 * old. The change is kept before it is asked for, so that a crash in between costs nothing.
 *
 * @param told what is told of it from now on; absent to keep what was told
 */
export async function keep(
  id: string,
  description: Description,
  { known, queue, now }: LookDependencies,
  told?: Told,
): Promise<readonly SiteChange[]> {
  // As it is read again: in the same order of members.
  const seen = Description.parse(description);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const former = await known.find(id);
    const current = told ?? former?.told;
    if (current === undefined) return [];
    const next = nextOf(former, { description: seen, told: current }, now());
    if (!(await known.put(id, next))) continue;
    if (next.pending.length === 0 || next.asked.count >= MAX_ASKED_A_DAY) return [];
    await queue.send(id, next.pending);
    const asked = { ...next.asked, count: next.asked.count + 1 };
    await known.put(id, { ...next, pending: [], asked, version: next.version + 1 });
    return next.pending;
  }
  throw new Error(`The description of the distribution ${id} kept changing`);
}

function nextOf(
  former: KnownDistribution | undefined,
  seen: Pick<KnownDistribution, 'description' | 'told'>,
  now: Date,
): KnownDistribution {
  const day = now.toISOString().slice(0, 10);
  if (former === undefined) return { ...seen, version: 1, pending: [], asked: { day, count: 0 } };
  const changes = changesOf(former.description, seen.description);
  return {
    ...seen,
    version: former.version + 1,
    pending: [...former.pending, ...changes],
    asked: former.asked.day === day ? former.asked : { day, count: 0 },
  };
}
