import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { optimum } from '../../helpers/least-collateral.ts';

const anyUrl = fc
  .string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 3 })
  .map(characters => `/${characters}`);

/** The URLs of one object: each the beginning of the next. */
const anyObject = fc
  .tuple(anyUrl, fc.nat(3))
  .map(([url, cut]) => [...new Set([url, url.slice(0, Math.max(1, url.length - cut))])]);

describe('the least needless purging', () => {
  it('is what trying every choice of paths finds', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(anyUrl, { maxLength: 4 }),
        fc.array(anyObject, { maxLength: 6 }),
        fc.nat(5),
        (required, untouched, paths) => {
          expect(optimum(required, untouched)(paths)).toBe(leastOfAll(required, untouched, paths));
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    { what: 'two names that begin alike', required: ['/post-1', '/post-2'], untouched: [['/posts']], is: 0 },
    { what: 'an object between them', required: ['/post-1', '/post-3'], untouched: [['/post-2']], is: 1 },
    {
      what: 'a page with two URLs',
      required: ['/a/b', '/a/c'],
      untouched: [['/a/', '/a/index.html']],
      is: 1,
    },
    {
      what: 'an object behind a required URL',
      required: ['/d/'],
      untouched: [['/d/', '/d/index.html']],
      is: 1,
    },
  ])('of $what is $is with one path', ({ required, untouched, is }) => {
    expect(optimum(required, untouched)(1)).toBe(is);
  });

  it('is infinite without paths', () => expect(optimum(['/a'], [])(0)).toBe(Number.POSITIVE_INFINITY));
});

/** Covers the first URL that is still stale in every possible way, and so on. */
function leastOfAll(
  required: readonly string[],
  untouched: readonly (readonly string[])[],
  paths: number,
  chosen: readonly string[] = [],
): number {
  const [stale] = required.filter(url => !isPurged(url, chosen));
  if (stale === undefined) return untouched.filter(urls => urls.some(url => isPurged(url, chosen))).length;
  if (paths === 0) return Number.POSITIVE_INFINITY;
  const wildcards = Array.from({ length: stale.length }, (_, end) => `${stale.slice(0, end + 1)}*`);
  return Math.min(
    ...[stale, ...wildcards].map(path => leastOfAll(required, untouched, paths - 1, [...chosen, path])),
  );
}

function isPurged(url: string, paths: readonly string[]): boolean {
  return paths.some(path => (path.endsWith('*') ? url.startsWith(path.slice(0, -1)) : url === path));
}
