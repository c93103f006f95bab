import { type CachedObject, createEdgeCache, type EdgeCache, type Variant } from './cache.ts';
import { tagMatcher } from './cache-tags.ts';
import type { Distribution } from './distribution.ts';
import { createEdge, type Edge, type EdgeOptions, type Served } from './edge.ts';
import { invalidationMatcher } from './invalidation-paths.ts';
import type { ViewerRequest, ViewerResponse } from './messages.ts';

/** How an edge behaves where AWS documents nothing, or where something goes wrong. */
export interface EdgeTraits extends Pick<EdgeOptions, 'keepsHeadApart' | 'blocks'> {
  /**
   * Which entries an invalidation fails to purge, by their variant and by the bytes of their URL's
   * path with percent-escapes undone, in latin1.
   *
   * @default none
   */
  readonly survivesPurge?: ((variant: Variant, address: string) => boolean) | undefined;
  /** What becomes of an answer between the edge and the viewer. @default nothing */
  readonly alters?: ((answer: ViewerResponse, request: ViewerRequest) => ViewerResponse) | undefined;
}

export interface PointsOfPresenceOptions extends Omit<EdgeOptions, 'pop' | 'cache'>, EdgeTraits {
  /** Each has a cache of its own. */
  readonly names: readonly string[];
  /** Shared by all of them. */
  readonly cacheBytes: number;
}

/** Every distribution at every point of presence. */
export class PointsOfPresence {
  readonly #options: PointsOfPresenceOptions;
  /** By the names of the points of presence. */
  readonly #caches: ReadonlyMap<string, EdgeCache<Served>>;
  readonly #edges = new Map<string, Edge>();

  constructor(distributions: readonly Distribution[], options: PointsOfPresenceOptions) {
    const { names, cacheBytes } = options;
    this.#options = options;
    this.#caches = new Map(names.map(pop => [pop, createEdgeCache<Served>(cacheBytes / names.length)]));
    for (const distribution of distributions) this.put(distribution);
  }

  /** A new distribution, or one with another configuration. What is cached stays. */
  put(distribution: Distribution): void {
    const { names: _names, cacheBytes: _bytes, ...edgeOptions } = this.#options;
    for (const [pop, cache] of this.#caches)
      this.#edges.set(
        edgeName(distribution.id, pop),
        createEdge(distribution, { ...edgeOptions, pop, cache }),
      );
  }

  /** @param pop default: the request's `x-local-pop` header, else the first */
  async serve(distributionId: string, request: ViewerRequest, pop?: string): Promise<ViewerResponse> {
    const { 'x-local-pop': named = this.#options.names[0], ...headers } = request.headers;
    const name = edgeName(distributionId, pop ?? named);
    const edge = this.#edges.get(name);
    if (edge === undefined) throw new Error(`There is no distribution ${name}`);
    const answer = await edge({ ...request, headers });
    return this.#options.alters?.(answer, request) ?? answer;
  }

  /** @param paths of an invalidation, cache tags among them */
  purge(distributionId: string, paths: readonly string[]): void {
    const { survivesPurge = () => false } = this.#options;
    const matches = invalidationMatcher(paths);
    const hasTag = tagMatcher(paths);
    // What is being fetched may turn out to have any tag.
    const isTagged = (object?: CachedObject) =>
      hasTag !== undefined && (object === undefined || hasTag(object.tags));
    for (const cache of this.#caches.values())
      cache.purge(
        (key, object) =>
          key.distributionId === distributionId &&
          (matches(key.address) || isTagged(object)) &&
          !survivesPurge(key.variant, key.address),
      );
  }
}

function edgeName(distributionId: string, pop: string | undefined): string {
  return `${distributionId} at ${pop}`;
}
