import type { Step } from './random-history.ts';
import type { RandomSite } from './random-site.ts';
import { type Ending, RefreshesInProcess } from './refreshes-in-process.ts';
import { type Known, SiteInProcess } from './site-in-process.ts';

/** How a history went. */
export interface Played {
  readonly endings: readonly Ending[];
  /** What visitors got that was old, although everything was said to be fresh. */
  readonly outdated: readonly string[];
}

const realFetch = globalThis.fetch;

/**
 * Plays deploys and visitors through the local edge and the pipeline's own stages.
 *
 * @param misunderstood a fault in what the pipeline knows of the site
 */
export async function playSite(
  model: RandomSite,
  history: readonly Step[],
  misunderstood?: (known: Known) => Known,
): Promise<Played> {
  const site = new SiteInProcess(model, misunderstood);
  const refreshes = new RefreshesInProcess(site);
  globalThis.fetch = async (url, init) => site.fetch(String(url), init);
  try {
    const endings: Ending[] = [];
    for (const { writes, viewers, late, lateViewers } of history) {
      for (const write of writes) site.write(write);
      for (const viewer of viewers) await site.visit(viewer);
      const whilePlanned = async () => {
        for (const write of late) site.write(write);
        for (const viewer of lateViewers) await site.visit(viewer);
      };
      for (let act = whilePlanned; site.isPending; act = async () => {})
        endings.push(await refreshes.follow(act));
      if (endings.some(ending => ending !== 'fresh')) return { endings, outdated: [] };
      const outdated = await site.outdated();
      if (outdated.length > 0) return { endings, outdated };
    }
    return { endings, outdated: [] };
  } finally {
    globalThis.fetch = realFetch;
  }
}
