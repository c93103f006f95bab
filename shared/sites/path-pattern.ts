/**
 * Reads a behaviour's path pattern. A `*` is any number of characters, a `?` exactly one, the
 * leading slash may be missing, and case counts (CloudFront developer guide, "Path pattern").
 *
 * @returns whether the path of a URL matches, as a client sends it
 */
export function pathPatternMatcher(pattern: string): (requestPath: string) => boolean {
  const source = rooted(pattern)
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${source}$`, 's');
  return path => expression.test(path);
}

/** A pattern with the leading slash that it may leave out. */
export function rooted(pattern: string): string {
  return /^[/*]/.test(pattern) ? pattern : `/${pattern}`;
}
