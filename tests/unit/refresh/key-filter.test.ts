import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSiteKey, matchesPattern } from '../../../shared/refresh/key-filter.ts';

describe('a pattern of keys', () => {
  it.each([
    { pattern: '*.map', key: 'js/app.js.map', matches: true },
    { pattern: '*.map', key: 'js/app.js', matches: false },
    { pattern: '*.map', key: 'site.map/index.html', matches: false },
    { pattern: 'drafts/*', key: 'drafts/2026/a.html', matches: true },
    { pattern: 'drafts/*', key: 'old/drafts/a.html', matches: false },
    { pattern: '*/drafts/*', key: 'old/drafts/a.html', matches: true },
    { pattern: 'robots.txt', key: 'robots.txt', matches: true },
    { pattern: 'robots.txt', key: 'robots.txt.bak', matches: false },
    { pattern: 'a.c', key: 'abc', matches: false },
    { pattern: 'ab*ba', key: 'aba', matches: false },
    { pattern: '*', key: 'anything at all', matches: true },
  ])('$pattern and the key $key: $matches', ({ pattern, key, matches }) =>
    expect(matchesPattern(key, pattern)).toBe(matches),
  );

  it('means the same as the regular expression that it stands for', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.', '\n') });
    const pattern = fc.array(fc.oneof(text, fc.constant('*')), { maxLength: 6 }).map(parts => parts.join(''));
    fc.assert(
      fc.property(pattern, text, (wanted, key) => {
        const source = wanted
          .split('*')
          .map(part => part.replaceAll('.', '\\.'))
          .join('.*');
        expect(matchesPattern(key, wanted)).toBe(new RegExp(`^${source}$`, 's').test(key));
      }),
    );
  });
});

describe('the keys of a site', () => {
  it('are all, without prefixes and patterns', () => {
    fc.assert(fc.property(fc.string(), key => isSiteKey(key, { prefixes: [], excluded: [] })));
  });

  it('begin with one of the prefixes, and match no pattern', () => {
    const keys = { prefixes: ['app/', 'docs/'], excluded: ['docs/private/*'] };
    const all = ['app/a', 'docs/a', 'docs/private/a', 'other/a', 'app'];
    expect(all.filter(key => isSiteKey(key, keys))).toEqual(['app/a', 'docs/a']);
  });
});
