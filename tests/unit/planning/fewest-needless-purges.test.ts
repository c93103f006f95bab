import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { everyCover, isUnder, prefixesOf } from '../../helpers/every-cover.ts';
import { optimum } from '../../helpers/fewest-needless-purges.ts';

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

function leastOfAll(
  required: readonly string[],
  untouched: readonly (readonly string[])[],
  paths: number,
): number {
  const prefixes = [...new Set(required.flatMap(prefixesOf))];
  let least = Number.POSITIVE_INFINITY;
  for (const { wildcards, exact } of everyCover(required, prefixes, paths)) {
    if (wildcards.length + exact.length > paths) continue;
    const isPurged = (url: string) => isUnder(url, wildcards) || exact.includes(url);
    least = Math.min(least, untouched.filter(urls => urls.some(isPurged)).length);
  }
  return least;
}
