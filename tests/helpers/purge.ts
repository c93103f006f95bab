import { viewerPaths } from '../../shared/planning/viewer-urls.ts';
import { PLANNING } from './planning.ts';
import type { Upload } from './scenarios.ts';

/** What a list of invalidation paths does to a site. */
export interface Purge {
  /** Paths. CloudFront bills each. */
  readonly paths: number;
  /** Objects purged although they did not change. */
  readonly needlessPurges: number;
  /** URLs of changed objects that no path covers. */
  readonly stale: number;
}

/** URLs under which visitors see the changed objects: a page is also seen at its folder. */
export function requiredUrls({ changedKeys }: Upload): string[] {
  return [...new Set(changedKeys.flatMap(urlsOf))];
}

/** The URLs of each object of the site that did not change. */
export function untouchedUrls({ changedKeys, siteKeys }: Upload): string[][] {
  const changed = new Set(changedKeys);
  return siteKeys.filter(key => !changed.has(key)).map(urlsOf);
}

/** @param paths with their percent-escapes undone */
export function purgeOf(paths: readonly string[], upload: Upload): Purge {
  const exact = new Set(paths);
  const prefixes = paths.filter(path => path.endsWith('*')).map(path => path.slice(0, -1));
  const isPurged = (url: string) => exact.has(url) || prefixes.some(prefix => url.startsWith(prefix));
  return {
    paths: paths.length,
    needlessPurges: untouchedUrls(upload).filter(urls => urls.some(isPurged)).length,
    stale: requiredUrls(upload).filter(url => !isPurged(url)).length,
  };
}

function urlsOf(key: string): string[] {
  return viewerPaths(key, PLANNING.urls);
}
