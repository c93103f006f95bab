import { isTagPath } from './cache-tags.ts';
import { decodePath } from './path-spelling.ts';
import type { Plan, Wanted } from './plan.ts';
import { viewerPaths, withVariants } from './viewer-urls.ts';

/** Why a path is in a plan. */
export interface PathReason {
  readonly path: string;
  /** Changed keys with a URL that it covers, sorted. */
  readonly keys: readonly string[];
  /** Paths and cache tags asked for by hand that it covers, sorted. */
  readonly requestedPaths: readonly string[];
  /** Unchanged objects that it purges. */
  readonly needlessPurges: number;
}

/** The reason of every path of a plan, in the plan's order. */
export function explainPlan(
  { paths, wildcards }: Pick<Plan, 'paths' | 'wildcards'>,
  { changedKeys, requestedPaths, urls }: Wanted,
): PathReason[] {
  const covering = findCovering(paths);
  const coveringAll = (viewerPaths: string[]) => new Set(withVariants(viewerPaths, urls).map(covering));
  const keys = groupBy([...new Set(changedKeys)].sort(), key => coveringAll(viewerPaths(key, urls)));
  const requested = groupBy([...new Set(requestedPaths)].sort(), path =>
    isTagPath(path) ? [covering(path)] : coveringAll([decodePath(path)]),
  );
  const needlessPurges = new Map(wildcards.map(wildcard => [wildcard.path, wildcard.needlessPurges]));
  return paths.map(path => ({
    path,
    keys: keys.get(path) ?? [],
    requestedPaths: requested.get(path) ?? [],
    needlessPurges: needlessPurges.get(path) ?? 0,
  }));
}

/** No path of a plan covers another, so at most one covers a URL. For viewer paths and tags. */
function findCovering(paths: readonly string[]): (item: string) => string | undefined {
  const byText = new Map(paths.map(path => [isTagPath(path) ? path : decodePath(path), path]));
  const prefixes = [...byText.keys()]
    .filter(text => text.endsWith('*') && !isTagPath(text))
    .map(text => text.slice(0, -1));
  // Only everything surely covers what a tag names.
  const covers = (prefix: string, item: string) =>
    isTagPath(item) ? prefix === '/' : item.startsWith(prefix);
  return item => {
    const prefix = prefixes.find(candidate => covers(candidate, item));
    return byText.get(prefix === undefined ? item : `${prefix}*`);
  };
}

function groupBy<Group>(
  items: readonly string[],
  groupsOf: (item: string) => Iterable<Group>,
): Map<Group, string[]> {
  const groups = new Map<Group, string[]>();
  for (const item of items) {
    for (const group of groupsOf(item)) {
      const members = groups.get(group);
      if (members === undefined) groups.set(group, [item]);
      else members.push(item);
    }
  }
  return groups;
}
