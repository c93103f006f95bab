/** A choice of wildcards, by their prefixes, and what is left to exact paths. */
export interface Cover {
  readonly wildcards: readonly string[];
  readonly exact: readonly string[];
}

/**
 * Every way to cover strings with wildcards that do not cover each other, and an exact path for
 * each of the rest: brute force, for a handful of texts, to judge cleverer code by.
 *
 * @param prefixes where a wildcard may end
 * @param most how many wildcards there may be
 */
export function* everyCover(
  texts: readonly string[],
  prefixes: readonly string[],
  most: number,
): Generator<Cover> {
  for (const wildcards of antichains(prefixes, most)) {
    yield { wildcards, exact: texts.filter(text => !isUnder(text, wildcards)) };
  }
}

export function isUnder(text: string, wildcards: readonly string[]): boolean {
  return wildcards.some(prefix => text.startsWith(prefix));
}

export function prefixesOf(text: string): string[] {
  return Array.from({ length: text.length }, (_, index) => text.slice(0, index + 1));
}

/** All sets of at most `most` prefixes in which none begins with another. */
function* antichains(
  prefixes: readonly string[],
  most: number,
  chosen: readonly string[] = [],
): Generator<readonly string[]> {
  yield chosen;
  if (chosen.length === most) return;
  for (const [index, prefix] of prefixes.entries()) {
    if (chosen.some(other => other.startsWith(prefix) || prefix.startsWith(other))) continue;
    yield* antichains(prefixes.slice(index + 1), most, [...chosen, prefix]);
  }
}
