import type { Scheduler } from 'fast-check';
import { type Fate, type Followed, UnchangedRefreshes } from './unchanged-refreshes.ts';
import { type Guard, UnchangedRun } from './unchanged-run.ts';
import { type Showing, VersionedSite, type Visit } from './unchanged-site.ts';
import type { Version } from './unchanged-versions.ts';

export interface Scenario extends Showing {
  readonly versions: readonly Version[];
  /** The refresh that the event of each version but the first is collected by, by number. */
  readonly collectedBy: readonly number[];
  /** Events that S3 sends once more. */
  readonly repeated: readonly { readonly version: number; readonly refresh: number }[];
  /** Events written to a refresh after it was planned: another one has them too. */
  readonly late: readonly { readonly version: number; readonly refresh: number }[];
  readonly refreshes: readonly Fate[];
  /** One after the other. */
  readonly visits: readonly Visit[];
}

/**
 * Uploads versions, caches whichever is there at whatever moment, and lets refreshes run at the
 * same time, one step at a time in the scheduler's order.
 *
 * @param without a guard that is taken away, to see that the model notices
 * @returns what the edge keeps at the end although it is not what the bucket holds, and nobody was
 *   told
 */
export async function runUnchanged(
  scheduler: Scheduler,
  scenario: Scenario,
  without?: Guard,
): Promise<string[]> {
  const run = new UnchangedRun(scheduler, without);
  const site = new VersionedSite(run, scenario.versions, scenario);
  const refreshes = new UnchangedRefreshes(run, site);

  // The first version is verified before anything else happens.
  await site.upload(0);
  await refreshes.follow({ versions: [0], seenLate: [], fails: false, loses: false });
  const following = scenario.refreshes
    .map((fate, number) => followedOf(scenario, number, fate))
    .filter(({ versions }) => versions.length > 0);
  await run.interleave(() => [
    site.uploadTheRest(),
    site.visit(scenario.visits),
    ...following.map(followed => refreshes.follow(followed)),
  ]);
  return refreshes.isAlarmed ? [] : site.outdated();
}

function followedOf({ collectedBy, repeated, late }: Scenario, number: number, fate: Fate): Followed {
  const own = (list: Scenario['repeated']) =>
    list.filter(({ refresh }) => refresh === number).map(({ version }) => version);
  const collected = collectedBy.flatMap((refresh, index) => (refresh === number ? [index + 1] : []));
  return { ...fate, versions: [...new Set([...collected, ...own(repeated)])], seenLate: own(late) };
}
