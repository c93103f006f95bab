import * as z from 'zod/mini';

/** Which keys of the bucket belong to the site. */
export const KeyFilter = z.strictObject({
  /** Keys must begin with one of these. If there are none, any key will do. */
  prefixes: z.array(z.string().check(z.minLength(1))),
  /** Patterns of keys that never matter, such as `*.map` and `drafts/*`. */
  excluded: z.array(z.string().check(z.minLength(1))),
});
export type KeyFilter = z.infer<typeof KeyFilter>;

export function isSiteKey(key: string, { prefixes, excluded }: KeyFilter): boolean {
  const isInside = prefixes.length === 0 || prefixes.some(prefix => key.startsWith(prefix));
  return isInside && !excluded.some(pattern => matchesPattern(key, pattern));
}

/**
 * A `*` matches any number of characters, including slashes. Everything else matches itself. The
 * whole key must match.
 */
export function matchesPattern(key: string, pattern: string): boolean {
  const [start = '', ...rest] = pattern.split('*');
  const end = rest.pop();
  if (end === undefined) return key === pattern;
  if (!key.startsWith(start)) return false;
  let from = start.length;
  for (const part of rest) {
    const at = key.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return key.length >= from + end.length && key.endsWith(end);
}
