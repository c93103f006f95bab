/**
 * The least needless purging that a number of paths allows, by the plainest means: slow,
 * independent of the planner, and meant to be seen right. A wildcard may end anywhere, also inside
 * a name.
 */

/**
 * How many objects must be purged needlessly with 0, 1, 2 … paths; the last number holds for
 * all numbers above.
 */
type NeedlessPurgesByPaths = readonly number[];

interface Node {
  readonly prefix: string;
  readonly children: Map<string, Node>;
  isRequired: boolean;
}

const IMPOSSIBLE = Number.POSITIVE_INFINITY;

/**
 * @param required URLs to cover, each beginning with a slash
 * @param untouched the URLs of each object that did not change, the shorter ones prefixes of the
 *   longer
 * @returns what `paths` paths must purge needlessly at the least; infinite when they cannot cover
 *   everything
 */
export function optimum(
  required: readonly string[],
  untouched: readonly (readonly string[])[],
): (paths: number) => number {
  if (required.length === 0) return () => 0;
  const wanted = new Set(required);
  // An object seen at a required URL is purged in any case. Any other is met by wildcards only, and
  // by one at most: two that both meet it begin the longest of its URLs, so that one covers the
  // other.
  const lost = untouched.filter(urls => urls.some(url => wanted.has(url))).length;
  const avoidable = untouched.filter(urls => !urls.some(url => wanted.has(url)));
  const least = cheapest(trieOf(wanted), avoidable);
  return paths => lost + (least[Math.min(paths, least.length - 1)] ?? IMPOSSIBLE);
}

function trieOf(urls: Iterable<string>): Node {
  const root = nodeAt('/');
  for (const url of urls) {
    let node = root;
    for (const character of url.slice(1)) {
      const child = node.children.get(character) ?? nodeAt(node.prefix + character);
      node.children.set(character, child);
      node = child;
    }
    node.isRequired = true;
  }
  return root;
}

function nodeAt(prefix: string): Node {
  return { prefix, children: new Map(), isRequired: false };
}

/**
 * What lies at or below a node is covered by a wildcard there, or by an exact path here and by its
 * children's paths.
 */
function cheapest(node: Node, avoidable: readonly (readonly string[])[]): NeedlessPurgesByPaths {
  const below = avoidable.filter(urls => urls.some(url => url.startsWith(node.prefix)));
  const exactHere = node.isRequired ? [IMPOSSIBLE, 0] : [0];
  const apart = [...node.children.values()]
    .map(child => cheapest(child, below))
    .reduce<NeedlessPurgesByPaths>(shared, exactHere);
  return apart.map((needlessPurges, paths) =>
    paths === 0 ? needlessPurges : Math.min(needlessPurges, below.length),
  );
}

/** The best division of the paths between two parts. */
function shared(left: NeedlessPurgesByPaths, right: NeedlessPurgesByPaths): NeedlessPurgesByPaths {
  const both = Array.from({ length: left.length + right.length - 1 }, () => IMPOSSIBLE);
  for (const [some, here] of left.entries()) {
    for (const [others, there] of right.entries()) {
      both[some + others] = Math.min(both[some + others] ?? IMPOSSIBLE, here + there);
    }
  }
  // With more paths it is never worse.
  for (let paths = 1; paths < both.length; paths++) {
    both[paths] = Math.min(both[paths] ?? IMPOSSIBLE, both[paths - 1] ?? IMPOSSIBLE);
  }
  return both;
}
