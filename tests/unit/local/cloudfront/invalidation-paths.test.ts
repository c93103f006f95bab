import { describe, expect, it } from 'vitest';
import {
  assertInvalidationPath,
  invalidationMatcher,
  objectAddress,
} from '../../../../infra/local/services/cloudfront/invalidation-paths.ts';

function purges(path: string, url: string, keyQuery = ''): boolean {
  return invalidationMatcher([path])(objectAddress(url, keyQuery));
}

describe('An invalidation path:', () => {
  it.each([
    { path: '/a.css', url: '/a.css', because: 'it is the same path' },
    { path: '/dir/*', url: '/dir/', because: '* is zero or more characters' },
    { path: '/dir/*', url: '/dir/sub/x.png', because: '* crosses slashes' },
    { path: '/dir*', url: '/directory/x', because: '* follows any prefix' },
    { path: '/*', url: '/', because: 'everything' },
    { path: '/my%20file.html', url: '/my%20file.html', because: 'both are escaped alike' },
    { path: '/caf%c3%a9', url: '/caf%C3%A9', because: 'the case of hex digits means nothing' },
    { path: '/caf%C3*', url: '/caf%C3%A9', because: 'a cut may fall between the bytes of a character' },
    { path: '/a&b=c@d:e', url: '/a%26b=c%40d:e', because: 'a viewer may escape what need not be' },
    { path: '/a(1),b;c!', url: '/a%281%29%2Cb%3Bc%21', because: 'RFC 1738 leaves these alone, too' },
    { path: '/%23x', url: '/%23x', because: '# must be escaped' },
    { path: '/q%3Fx', url: '/q%3Fx', because: 'an escaped ? belongs to the path' },
    { path: '/100%25', url: '/100%25', because: 'a percent sign is unsafe, hence escaped' },
    { path: '/x*', url: '/x~y.js', because: 'the wildcard ends before the doubtful character' },
  ])('$path purges $url: $because', ({ path, url }) => expect(purges(path, url)).toBe(true));

  it.each([
    { path: '/A.css', url: '/a.css', because: 'case counts' },
    { path: '/dir/', url: '/dir', because: 'the trailing slash counts' },
    { path: '/x*y.txt', url: '/xandy.txt', because: '* inside a path is no wildcard' },
    { path: '/x*y*', url: '/x*yz', because: '* inside a path spoils a wildcard as well' },
    { path: '/x%2A', url: '/x1', because: 'an escaped * is no wildcard' },
    { path: '/a%26b', url: '/a&b', because: 'CloudFront forbids escaping what need not be' },
    { path: '/a%281%29', url: '/a(1)', because: 'parentheses need no escape either' },
    { path: '/%61.css', url: '/a.css', because: 'CloudFront forbids escaping letters' },
    { path: '/a%2Fb', url: '/a/b', because: 'an escaped slash is needlessly escaped' },
    { path: '/q?x', url: '/q%3Fx', because: 'a ? starts the query string' },
    { path: '/my%2520file', url: '/my%20file', because: 'it is escaped twice' },
  ])('$path does not purge $url: $because', ({ path, url }) => expect(purges(path, url)).toBe(false));

  it.each([..."~'*+"])('no exact path with %s matches, in either spelling', character => {
    const escaped = `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
    for (const path of [`/a${character}b`, `/a${escaped}b`]) {
      expect(purges(path, `/a${character}b`)).toBe(false);
      expect(purges(path, `/a${escaped}b`)).toBe(false);
    }
    expect(purges('/a*', `/a${character}b`)).toBe(true);
  });

  it.each([
    { path: '/a.jpg', keyQuery: 'p=1', hit: false },
    { path: '/a.jpg', keyQuery: '', hit: true },
    { path: '/a.jpg?p=1', keyQuery: 'p=1', hit: true },
    { path: '/a.jpg?p=1', keyQuery: 'p=2', hit: false },
    { path: '/a.jpg?p=1', keyQuery: '', hit: false },
    { path: '/a.jpg?*', keyQuery: 'p=2', hit: true },
    { path: '/a.jpg*', keyQuery: 'p=2', hit: true },
  ])('$path against the query string "$keyQuery" of the key: $hit', ({ path, keyQuery, hit }) => {
    expect(purges(path, '/a.jpg', keyQuery)).toBe(hit);
  });
});

describe('CloudFront', () => {
  it.each([
    '/',
    '/*',
    '/index.html',
    '/a%20b',
    '/vendors%7Eabout.js',
    '/a.jpg?x=1&y=2',
    "/it's",
    `/${'a'.repeat(3999)}`,
    '#product:1',
    `#${'a'.repeat(256)}`,
  ])('accepts %s', path => expect(() => assertInvalidationPath(path)).not.toThrow());

  it.each([
    'index.html',
    '',
    '#',
    '#two words',
    '#a,b',
    '#caf\u00e9',
    `#${'a'.repeat(257)}`,
    '/a b',
    '/vendors~about.js',
    '/caf\u00e9',
    '/50%',
    '/%zz',
    '/a#b',
    '/<x>',
    '/"x"',
    '/{x}',
    '/[x]',
    '/a\\b',
    '/a|b',
    '/a^b',
    '/a`b',
    `/${'a'.repeat(4000)}`,
  ])('refuses %s', path => {
    expect(() => assertInvalidationPath(path)).toThrow(
      expect.objectContaining({ code: 'InvalidArgument', status: 400 }),
    );
  });
});
