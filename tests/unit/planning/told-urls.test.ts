import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { keysAtHand } from '../../../shared/planning/keys-at-hand.ts';
import { listingByUrl } from '../../../shared/planning/listing-by-url.ts';
import type { KeyListing, KeyPage } from '../../../shared/planning/plan-by-listing.ts';
import { toldKeys, toldPaths, toldUrlProblem } from '../../../shared/planning/told-urls.ts';
import {
  rivalsOf,
  sureViewerPaths,
  type UrlRules,
  viewerPaths,
} from '../../../shared/planning/viewer-urls.ts';
import { PLANNING } from '../../helpers/planning.ts';

const rules = (changes: Partial<UrlRules>): UrlRules => ({ ...PLANNING.urls, ...changes });

describe('URLs that were told of keys', () => {
  it.each([
    ['a page ending', { '*.html': ['/$1'] }, 'about.html', ['/about']],
    ['an index document', { '*/index.htm': ['/$1/', '/$1'] }, 'a/b/index.htm', ['/a/b/', '/a/b']],
    ['a language root', { 'en/*': ['/$1'] }, 'en/docs/x.html', ['/docs/x.html']],
    ['a prefix added', { '*': ['/docs/$1'] }, 'intro.html', ['/docs/intro.html']],
    ['variants of an image', { 'img/*': ['/img/$1*'] }, 'img/cat.jpg', ['/img/cat.jpg*']],
    ['a single-page application', { 'index.html': ['/*'] }, 'index.html', ['/*']],
    ['two parts', { '*/img/*.png': ['/i/$2/$1'] }, 'en/img/a.png', ['/i/a/en']],
    ['characters that expressions have', { 'a.b+(c)/*': ['/x$y/$1'] }, 'a.b+(c)/d', ['/x$y/d']],
    ['no key of that pattern', { 'en/*': ['/$1'] }, 'vi/x.html', []],
  ])('follow from a pattern: %s', (_, told, key, paths) => {
    expect(toldPaths(key, told)).toEqual(paths);
  });

  it.each([
    ['/about', { '*.html': ['/$1'] }, ['about.html']],
    ['/i/a/en', { '*/img/*.png': ['/i/$2/$1'] }, ['en/img/a.png']],
    ['/about', { '*.html': ['/$1'], '*/index.html': ['/$1'] }, ['about.html', 'about/index.html']],
    ['/other', { '*': ['/docs/$1'] }, []],
    ['/img/cat.jpg', { 'img/*': ['/img/$1*'] }, []],
    ['/x/y', { '*-*': ['/$1/$1'] }, undefined],
  ])('lead from %s back to keys: %j', (path, told, keys) => {
    expect(toldKeys(path, told)).toEqual(keys);
  });

  it('lead to no key if any of several languages may be shown', () => {
    expect(toldKeys('/about.html', { '*/about.html': ['/about.html'] })).toBeUndefined();
  });

  it.each([
    ['en/*', '$1', /must begin with \//],
    ['en/*', '/$2', /names \$2, but "en\/\*" has 1 \*/],
    ['index.html', '/$1', /has no \*/],
    ['*', '/$1*x', /\* at its end only/],
    ['*', '/$1?w=200', /without \? and #/],
    ['', '/', /empty pattern/],
  ])('are refused: %s → %s', (keys, url, problem) => {
    expect(toldUrlProblem(keys, url)).toMatch(problem);
  });

  it('are accepted with a wildcard at the end', () => {
    expect(toldUrlProblem('img/*', '/img/$1*')).toBeUndefined();
  });
});

/** Rows of reports from the field. */
describe('The URLs of an object', () => {
  const DOCS = [
    { pathPattern: '/docs/*', originPaths: [''] },
    { pathPattern: '*', originPaths: [] },
  ];

  it('leave out what another origin answers', () => {
    const api = rules({
      behaviours: [
        { pathPattern: '/api/*', originPaths: [] },
        { pathPattern: '*', originPaths: [''] },
      ],
    });
    expect(viewerPaths('api/x.json', api)).toEqual([]);
    expect(viewerPaths('docs/index.html', api)).toEqual(['/docs/index.html', '/docs/']);
  });

  it('lie where a function strips the prefix of a behaviour', () => {
    const urls = rules({ behaviours: DOCS, told: { '*': ['/docs/$1'] } });
    // Edges keep it under the URL without the prefix, which another origin answers.
    expect(viewerPaths('intro.html', urls)).toEqual(['/docs/intro.html', '/intro.html']);
    expect(sureViewerPaths('intro.html', urls)).toEqual(['/docs/intro.html']);
  });

  it('lie at the root and in the folder of a language that a function shows at the root', () => {
    const urls = rules({ told: { 'en/*': ['/$1'] } });
    expect(viewerPaths('en/index.html', urls)).toEqual(['/en/index.html', '/en/', '/index.html']);
    expect(viewerPaths('en/index.html', rules({ told: { 'en/index.html': ['/'] } }))).toEqual([
      '/en/index.html',
      '/en/',
      '/',
    ]);
  });

  it('end as the index document of the website says', () => {
    const website = rules({ indexDocument: 'index.htm', rootObject: '', showsFolders: true });
    expect(viewerPaths('docs/index.htm', website)).toEqual(['/docs/index.htm', '/docs/']);
    expect(sureViewerPaths('docs/index.htm', website)).toEqual(['/docs/index.htm', '/docs/']);
    expect(sureViewerPaths('index.htm', website)).toEqual(['/index.htm', '/']);
  });

  it('are asked without the ending that a function adds, if that was told', () => {
    const urls = rules({ told: { '*.html': ['/$1'] } });
    expect(sureViewerPaths('about.html', urls)).toEqual(['/about.html', '/about']);
    expect(sureViewerPaths('about.html', rules({ extensionless: true }))).toEqual(['/about.html']);
  });

  it('are purged but not asked where any language may be shown', () => {
    const urls = rules({ told: { '*/about.html': ['/about.html'] } });
    expect(viewerPaths('en/about.html', urls)).toEqual(['/en/about.html', '/about.html']);
    expect(sureViewerPaths('en/about.html', urls)).toEqual(['/en/about.html']);
  });

  it('lie below the origin path of the behaviour that answers them', () => {
    const urls = rules({
      originPath: '',
      behaviours: [
        { pathPattern: '/blog/*', originPaths: ['/v2'] },
        { pathPattern: '*', originPaths: ['/v1'] },
      ],
    });
    expect(viewerPaths('v1/a.css', urls)).toEqual(['/a.css']);
    expect(viewerPaths('v1/blog/a.css', urls)).toEqual([]);
    expect(viewerPaths('v2/blog/a.css', urls)).toEqual(['/blog/a.css']);
    expect(viewerPaths('v2/a.css', urls)).toEqual([]);
  });
});

describe('The rivals of a key at a URL', () => {
  const urls = rules({ told: { 'en/*': ['/$1'] } });

  it('are the object of that name, where another key was told', () => {
    expect(rivalsOf('en/a.css', '/a.css', urls)).toEqual({ told: [], named: ['a.css'], isTold: true });
  });

  it('are the told key, where the object has that name', () => {
    expect(rivalsOf('a.css', '/a.css', urls)).toEqual({ told: ['en/a.css'], named: [], isTold: false });
  });

  it('are none where nothing was told', () => {
    expect(rivalsOf('a.css', '/a.css', PLANNING.urls)).toEqual({ told: [], named: [], isTold: false });
  });
});

describe('A listing by URL', () => {
  const told = { '*': ['/docs/$1'] };
  const docs = rules({
    told,
    behaviours: [
      { pathPattern: '/docs/*', originPaths: [''] },
      { pathPattern: '*', originPaths: [] },
    ],
  });
  const keys = Array.from({ length: 1500 }, (_, index) => `page-${1000 + index}.html`);

  it('has each key where its first URL has it', async () => {
    const listing = listingByUrl(keysAtHand(keys), docs, { changedKeys: [], maxListRequests: 10 });
    expect(await listing.page({ prefix: 'docs/page-249' })).toEqual({
      keys: Array.from({ length: 10 }, (_, index) => `docs/page-249${index}.html`),
      isLast: true,
    });
    expect(await listing.page({ prefix: 'page' })).toEqual({ keys: [], isLast: true });
  });

  it('counts no keys beyond the requests that it may take, and says so', async () => {
    const listing = listingByUrl(keysAtHand(keys), docs, { changedKeys: [], maxListRequests: 1 });
    expect(await listing.page({ prefix: 'docs/page-2' })).toEqual({
      keys: [],
      isLast: true,
      isPartial: true,
    });
  });

  it('asks for many pages at once, for each about once, and counts every key', async () => {
    const many = Array.from({ length: 100_000 }, (_, index) => `page-${100_000 + index}.html`);
    const changedKeys = many.filter((_, index) => index % 1000 === 321);
    const bucket = keysAtHand(many);
    let [requests, rounds] = [0, 0];
    let answers: Promise<void> | undefined;
    const counting: KeyListing = {
      async page(start) {
        requests++;
        // What is asked for together is answered together.
        answers ??= setImmediate().then(() => {
          answers = undefined;
          rounds++;
        });
        await answers;
        return bucket.page(start);
      },
    };
    const listing = listingByUrl(counting, docs, { changedKeys, maxListRequests: 1000 });
    const counted: string[] = [];
    for (let page: KeyPage | undefined; !page?.isLast; counted.push(...page.keys))
      page = await listing.page({ prefix: '', startAfter: counted.at(-1) ?? '' });
    expect(counted).toEqual(many.map(key => `docs/${key}`));
    expect({ requests: requests < 220, rounds: rounds < 12 }).toEqual({ requests: true, rounds: true });
  });

  it('is that of the bucket where nothing was told', () => {
    const listing = keysAtHand(keys);
    expect(listingByUrl(listing, PLANNING.urls, { changedKeys: [], maxListRequests: 10 })).toBe(listing);
  });
});

it('An object is purged under its own name where an unknown function may show it elsewhere', () => {
  const urls = rules({ behaviours: [{ pathPattern: '/docs/*', originPaths: [''] }], rewrites: true });
  expect(viewerPaths('intro.html', urls)).toEqual(['/intro.html']);
  expect(sureViewerPaths('intro.html', urls)).toEqual([]);
});
