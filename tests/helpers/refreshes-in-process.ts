import { createEdge } from '../../shared/aws/edge.ts';
import { EdgeStaleError, EdgeUnreachableError } from '../../shared/errors.ts';
import { askedEachTimeBy } from '../../shared/refresh/asked-each-time.ts';
import { customErrorPages } from '../../shared/refresh/error-pages.ts';
import { invalidate } from '../../shared/refresh/invalidate.ts';
import type { Changes, Refresh, StoredPlan } from '../../shared/refresh/refresh.ts';
import { verifyEdge } from '../../shared/refresh/verify-edge.ts';
import { createMemoryRecords } from '../unit/refresh/memory-records.ts';
import { listingOf } from './listing.ts';
import { PLAN_SETTINGS } from './planning.ts';
import { DISTRIBUTION, SITE_URL, type SiteInProcess } from './site-in-process.ts';

export type Ending = 'fresh' | 'unasked' | 'failed';

/** The stages collect, invalidate and verify of one site, one refresh after the other. */
export class RefreshesInProcess {
  readonly #site: SiteInProcess;
  readonly #records = createMemoryRecords();
  #count = 0;
  #pathsUsed = 0;

  constructor(site: SiteInProcess) {
    this.#site = site;
  }

  /**
   * Follows what was written to its end, in two rounds at most.
   *
   * @param whilePlanned takes place between the plan and its purge
   */
  async follow(whilePlanned: () => Promise<void>): Promise<Ending> {
    const changes = this.#site.collect();
    let refresh: Refresh = {
      id: `20261102T100000Z-${String(++this.#count).padStart(8, '0')}`,
      distributionId: DISTRIBUTION,
      state: 'closed',
      generation: 1,
      plans: 0,
      startedAt: this.#site.now().toISOString(),
      closedAt: this.#site.now().toISOString(),
    };
    const store = storeOf(changes, {
      read: () => refresh,
      write: next => {
        refresh = { ...refresh, ...next };
      },
    });
    for (const round of [1, 2]) {
      await this.#invalidate(refresh.id, round, store, round === 1 ? whilePlanned : async () => {});
      const ending = await this.#verify(refresh.id, store);
      if (ending !== 'stale') return ending;
    }
    return 'failed';
  }

  async #invalidate(
    refreshId: string,
    round: number,
    refreshes: Store,
    whilePlanned: () => Promise<void>,
  ): Promise<void> {
    const site = this.#site;
    const { urls, description } = site.distribution;
    let paths: readonly string[] = [];
    const { waitSeconds } = await invalidate(
      { refreshId, round },
      {
        refreshes,
        invalidations: {
          create: async wanted => {
            paths = wanted;
            return `I${round}`;
          },
          inProgress: async () => ({ exact: 0, wildcard: 0 }),
        },
        pathUse: {
          usedIn: async () => this.#pathsUsed,
          record: async (_, __, count) => {
            this.#pathsUsed += count;
          },
          reserve: async () => undefined,
          release: async () => {},
        },
        site: listingOf(site.keys()),
        edge: {
          records: this.#records,
          objects: site,
          isAskedEachTime: askedEachTimeBy(description, urls),
          errorPages: customErrorPages(description, urls),
        },
        newMark: () => `${refreshId}-${round}`,
        settings: { ...PLAN_SETTINGS, urls },
        now: () => site.now(),
        onUnknownQuota: error => {
          throw error;
        },
      },
    );
    await whilePlanned();
    if (paths.length > 0) await site.purge(paths);
    site.wait(5000 + waitSeconds * 1000);
  }

  async #verify(refreshId: string, refreshes: Store): Promise<Ending | 'stale'> {
    const site = this.#site;
    const { urls, errorPages } = site.distribution;
    try {
      const { unasked } = await verifyEdge(
        refreshId,
        {
          refreshes,
          records: this.#records,
          origin: { page: start => listingOf(site.keys()).page(start), head: site.head, read: site.read },
          openEdge: async () => createEdge(SITE_URL),
          urls,
          errorPages,
          verify: true,
        },
        { pause: async milliseconds => site.wait(milliseconds), millisecondsLeft: () => 600_000 },
      );
      return unasked === undefined ? 'fresh' : 'unasked';
    } catch (error) {
      if (error instanceof EdgeStaleError) return 'stale';
      if (error instanceof EdgeUnreachableError) return 'failed';
      throw error;
    }
  }
}

type Store = ReturnType<typeof storeOf>;

/** The record of one refresh that is closed, and that nothing disturbs. */
function storeOf(
  changes: Changes,
  { read, write }: { readonly read: () => Refresh; readonly write: (change: Partial<Refresh>) => void },
) {
  return {
    get: async () => read(),
    changesOf: async () => changes,
    close: async () => false,
    storePlan: async (_: string, plan: StoredPlan) => {
      write({ plan, plans: plan.number });
      return true;
    },
    recordInvalidation: async () => true,
    reopen: async () => {},
    recordVerifying: async () => {},
    recordVerification: async () => {},
  };
}
