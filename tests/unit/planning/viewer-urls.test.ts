import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assertInvalidationPath,
  invalidationMatcher,
  objectAddress,
} from '../../../infra/local/services/cloudfront/invalidation-paths.ts';
import {
  decodePath,
  doubtfulFrom,
  MAX_PATH_LENGTH,
  pathProblem,
  requestPath,
} from '../../../shared/planning/path-spelling.ts';
import { keyOf, type UrlRules, viewerPaths } from '../../../shared/planning/viewer-urls.ts';
import { anyObjectKey } from '../../helpers/object-keys.ts';

const anyViewerPath = () => anyObjectKey().map(key => `/${key}`);

/**
 * What clients may send for a viewer path: all that can be escaped is, or no more than a link
 * needs.
 */
function spellingsOf(viewerPath: string): string[] {
  const escaped = viewerPath.split('/').map(encodeURIComponent).join('/');
  const hasDotSegment = /\/\.{1,2}(\/|$)/.test(viewerPath);
  return hasDotSegment ? [escaped] : [escaped, asBrowserSends(viewerPath)];
}

/**
 * A link escapes what would end the path (`?`, `#`), what the URL parser drops or turns (controls,
 * `\`), and `%` itself.
 */
function asBrowserSends(viewerPath: string): string {
  const link = viewerPath.replaceAll(/[%?#\\\p{Cc} ]/gu, encodeURIComponent);
  return new URL(`https://site.example${link}`).pathname;
}

function isPurged(paths: readonly string[], requestUri: string): boolean {
  return invalidationMatcher(paths)(objectAddress(requestUri, ''));
}

describe('the URLs that show an object', () => {
  it.each([
    { key: 'styles.css', urls: ['/styles.css'] },
    { key: 'index.html', urls: ['/index.html', '/'] },
    { key: 'docs/index.html', urls: ['/docs/index.html', '/docs/'] },
    { key: 'myindex.html', urls: ['/myindex.html'] },
    { key: 'docs/index.html.bak', urls: ['/docs/index.html.bak'] },
    { key: 'index.html/part', urls: ['/index.html/part'] },
    { key: '/index.html', urls: ['//index.html', '//'] },
    { key: 'docs/', urls: ['/docs/'] },
  ])('$key is seen at $urls', ({ key, urls }) => expect(viewerPaths(key, urlsAt(''))).toEqual(urls));

  it.each([
    { key: 'site/index.html', urls: ['/index.html', '/'] },
    { key: 'site/site/a.css', urls: ['/site/a.css'] },
    { key: 'sitemap.xml', urls: [] },
    { key: 'site', urls: [] },
    { key: 'other/index.html', urls: [] },
  ])('behind the origin path /site, $key is seen at $urls', ({ key, urls }) => {
    expect(viewerPaths(key, urlsAt('/site'))).toEqual(urls);
  });

  it.each([
    { path: '/a.css', originPath: '', key: 'a.css' },
    { path: '/', originPath: '', key: 'index.html' },
    { path: '/docs/', originPath: '', key: 'docs/index.html' },
    { path: '/', originPath: '/site', key: 'site/index.html' },
    { path: '/a.css', originPath: '/site', key: 'site/a.css' },
  ])('$path shows $key when the origin path is "$originPath"', ({ path, originPath, key }) => {
    expect(keyOf(path, urlsAt(originPath))).toBe(key);
  });

  it.each([
    { key: 'about.html', urls: ['/about.html', '/about'] },
    { key: 'index.html', urls: ['/index.html', '/'] },
    { key: 'docs/index.html', urls: ['/docs/index.html', '/docs/', '/docs'] },
    { key: 'styles.css', urls: ['/styles.css'] },
  ])('of a site that also serves pages without their ending, $key is seen at $urls', ({ key, urls }) => {
    expect(viewerPaths(key, { ...urlsAt(''), extensionless: true })).toEqual(urls);
  });

  it.each([
    { rootObject: 'home.html', key: 'home.html', urls: ['/home.html', '/'] },
    { rootObject: 'home.html', key: 'index.html', urls: ['/index.html'] },
    { rootObject: 'home.html', key: 'docs/index.html', urls: ['/docs/index.html', '/docs/'] },
    { rootObject: 'home.html', key: 'docs/home.html', urls: ['/docs/home.html'] },
    { rootObject: 'docs/index.html', key: 'docs/index.html', urls: ['/docs/index.html', '/', '/docs/'] },
    { rootObject: 'start', key: 'start', urls: ['/start', '/'] },
    // A website endpoint shows it without one.
    { rootObject: '', key: 'index.html', urls: ['/index.html', '/'] },
  ])('while "$rootObject" is the default root object, $key is seen at $urls', ({ rootObject, key, urls }) => {
    expect(viewerPaths(key, { ...urlsAt(''), rootObject })).toEqual(urls);
  });

  it('lead back to the object', () => {
    const anyFile = anyObjectKey().filter(key => !key.endsWith('/'));
    fc.assert(
      fc.property(
        fc.oneof(anyFile, fc.constantFrom('index.html', 'home.html')),
        fc.constantFrom('', '/site'),
        fc.constantFrom('', 'index.html', 'home.html', 'docs/index.html'),
        (name, originPath, rootObject) => {
          const rules = { ...urlsAt(originPath), rootObject };
          const key = `${originPath}/${name}`.slice(1);
          for (const url of viewerPaths(key, rules)) expect(keyOf(url, rules)).toBe(key);
        },
      ),
    );
  });
});

describe('the invalidation path of an object', () => {
  it.each([
    { key: 'styles.css', path: '/styles.css' },
    { key: 'my file.html', path: '/my%20file.html' },
    { key: 'año/ñ.png', path: '/a%C3%B1o/%C3%B1.png' },
    { key: 'caf\u00E9.html', path: '/caf%C3%A9.html' },
    { key: 'cafe\u0301.html', path: '/cafe%CC%81.html' },
    { key: 'שלום.html', path: '/%D7%A9%D7%9C%D7%95%D7%9D.html' },
    { key: '😀.png', path: '/%F0%9F%98%80.png' },
    { key: 'café/#x.html', path: '/caf%C3%A9/%23x.html' },
    { key: 'why?.html', path: '/why%3F.html' },
    { key: '100%.txt', path: '/100%25.txt' },
    { key: 'a%2Fb.html', path: '/a%252Fb.html' },
    { key: '"quoted".html', path: '/%22quoted%22.html' },
    { key: '<b>{c}`d.html', path: '/%3Cb%3E%7Bc%7D%60d.html' },
    { key: 'two\nlines.html', path: '/two%0Alines.html' },
    { key: 'a//b.html', path: '/a//b.html' },
    { key: '/a.html', path: '//a.html' },
    { key: '.well-known/a..b', path: '/.well-known/a..b' },
    { key: 'docs/@scope/x.js', path: '/docs/@scope/x.js' },
    { key: 'a&b=c.html', path: '/a&b=c.html' },
    { key: 'report (1).pdf', path: '/report%20(1).pdf' },
    { key: 'me@example.com,you;him:her!$.txt', path: '/me@example.com,you;him:her!$.txt' },
    { key: '%40.html', path: '/%2540.html' },
  ])('$key is named exactly, encoded once: $path', ({ key, path }) => {
    expect(invalidationPath(`/${key}`)).toBe(path);
  });

  it.each([
    { key: 'a+b.txt', path: '/a*' },
    { key: 'x~y.js', path: '/x*' },
    { key: 'vendors~about.js', path: '/vendors*' },
    { key: "it's.html", path: '/it*' },
    { key: 'star*.txt', path: '/star*' },
    { key: 'chunk[id].js', path: '/chunk*' },
    { key: 'a\\b.html', path: '/a*' },
    { key: 'a|b.html', path: '/a*' },
    { key: 'a^b.html', path: '/a*' },
    { key: '~user/index.html', path: '/*' },
    { key: 'a/../b.html', path: '/a/*' },
    { key: '../a.html', path: '/*' },
    { key: 'docs/..', path: '/docs/*' },
    { key: 'a~/../b', path: '/a*' },
  ])(
    '$key has no exact path that is sure to match, so a wildcard ends before the doubt: $path',
    ({ key, path }) => {
      expect(invalidationPath(`/${key}`)).toBe(path);
    },
  );

  it.each([
    { what: 'letters', key: 'k'.repeat(1024) },
    { what: 'three-byte characters', key: '語'.repeat(341) },
    { what: 'percent signs', key: '%'.repeat(1024) },
  ])("fits CloudFront's limit for the longest key, of $what", ({ key }) => {
    expect(invalidationPath(`/${key}`).length).toBeLessThanOrEqual(MAX_PATH_LENGTH);
  });

  it('does not purge another object only because its key is a prefix', () => {
    expect(isPurged([invalidationPath('/app')], '/app.js')).toBe(false);
    expect(isPurged([invalidationPath('/app.js')], '/app')).toBe(false);
  });

  it('is one that CloudFront takes, whatever the key', () => {
    fc.assert(
      fc.property(anyViewerPath(), viewerPath => {
        const path = invalidationPath(viewerPath);
        expect(pathProblem(path)).toBeUndefined();
        expect(() => assertInvalidationPath(path)).not.toThrow();
        expect(path).toMatch(/^\/[\x21-\x7E]*$/);
        expect(path.length).toBeLessThanOrEqual(MAX_PATH_LENGTH);
      }),
    );
  });

  it('purges at the edge every spelling in which clients ask for any URL of the object', () => {
    fc.assert(
      fc.property(anyObjectKey(), key => {
        for (const url of viewerPaths(key, urlsAt(''))) {
          for (const spelling of spellingsOf(url)) {
            expect({ spelling, purged: isPurged([invalidationPath(url)], spelling) }).toEqual({
              spelling,
              purged: true,
            });
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a request for a viewer path', () => {
  it('is encoded exactly once, so that decoding gives the path back', () => {
    fc.assert(
      fc.property(anyViewerPath(), path => {
        expect(requestPath(path)).toMatch(/^[\x21-\x7E]+$/);
        expect(decodePath(requestPath(path))).toBe(path);
      }),
    );
  });

  it('escapes a plus, which S3 would read as a space', () => {
    expect(requestPath('/a+b c.txt')).toBe('/a%2Bb%20c.txt');
  });
});

describe('A path requested manually', () => {
  it.each(['/', '/*', '/docs/*', '/a.jpg?x=1&y=2', '/my%20file.html', "/it's.html", '/vendors%7Eabout.js'])(
    '%s is accepted',
    path => expect(pathProblem(path)).toBeUndefined(),
  );

  it.each([
    { path: '', because: 'begin with /' },
    { path: 'index.html', because: 'begin with /' },
    { path: '*', because: 'begin with /' },
    { path: '#tag', because: 'begin with /' },
    { path: '/my file.html', because: 'percent-encoded' },
    { path: '/café', because: 'percent-encoded' },
    { path: '/vendors~about.js', because: 'percent-encoded' },
    { path: '/a"b', because: 'percent-encoded' },
    { path: '/100%', because: 'percent-encoded' },
    { path: '/%zz', because: 'percent-encoded' },
    { path: '/docs/*/x.png', because: 'last character' },
    { path: '/**', because: 'last character' },
    { path: '/line\n', because: 'percent-encoded' },
    { path: '/%FF', because: 'not UTF-8' },
    { path: '/caf%C3*', because: 'not UTF-8' },
    { path: `/${'a'.repeat(MAX_PATH_LENGTH)}`, because: 'longer than 4000' },
  ])('$path is refused: $because', ({ path, because }) => expect(pathProblem(path)).toContain(because));

  it('is accepted only if CloudFront accepts it', () => {
    const almostPaths = fc.oneof(
      anyViewerPath(),
      anyViewerPath().map(encodeURI),
      fc.string({ unit: fc.constantFrom('/', 'a', '%', '2', 'F', '*', '~', "'", '?', '|', '#') }),
    );
    fc.assert(
      fc.property(almostPaths, path => {
        fc.pre(pathProblem(path) === undefined);
        expect(() => assertInvalidationPath(path)).not.toThrow();
      }),
    );
  });
});

function urlsAt(originPath: string): UrlRules {
  return { originPath, extensionless: false, rootObject: 'index.html', cachesQueryStrings: false };
}

function invalidationPath(viewerPath: string): string {
  const doubtful = doubtfulFrom(viewerPath);
  return doubtful === undefined ? requestPath(viewerPath) : `${requestPath(viewerPath.slice(0, doubtful))}*`;
}
