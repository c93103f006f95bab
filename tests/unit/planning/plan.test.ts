import { describe, expect, it } from 'vitest';
import { type PlanRequest, planInvalidation } from '../../../shared/planning/plan.ts';
import { PLANNING } from '../../helpers/planning.ts';

const SITE = [
  'index.html',
  'styles.css',
  'scripts.js',
  'sitemap.xml',
  'about.html',
  'docs/index.html',
  'docs/setup.html',
  'img/a.png',
  'img/b.png',
  'vendors.js',
  'vendors~a.js',
  'vendors~b.js',
  'zoo.html',
];

function requestOf(details: Partial<PlanRequest>): PlanRequest {
  return { ...PLANNING, changedKeys: [], requestedPaths: [], siteKeys: SITE, ...details };
}

describe('the plan of an invalidation', () => {
  it.each([
    { what: 'one file', changedKeys: ['styles.css'], paths: ['/styles.css'] },
    { what: 'the home page', changedKeys: ['index.html'], paths: ['/', '/index.html'] },
    { what: 'a whole folder', changedKeys: ['docs/index.html', 'docs/setup.html'], paths: ['/docs/*'] },
    { what: "a folder's page", changedKeys: ['docs/index.html'], paths: ['/docs/', '/docs/index.html'] },
    {
      what: 'names that begin alike',
      changedKeys: ['scripts.js', 'sitemap.xml', 'styles.css'],
      paths: ['/s*'],
    },
    { what: 'the same file twice', changedKeys: ['a.css', 'a.css'], paths: ['/a.css'] },
    {
      what: 'files in any order',
      changedKeys: ['zoo.html', 'about.html'],
      paths: ['/about.html', '/zoo.html'],
    },
    { what: 'a new file', changedKeys: ['new.html'], paths: ['/new.html'] },
    { what: 'everything', changedKeys: SITE, paths: ['/*'] },
    {
      what: 'a file that a wildcard covers',
      changedKeys: ['vendors~a.js', 'vendors.js'],
      paths: ['/vendors*'],
    },
    { what: 'a file with a doubtful first letter', changedKeys: ['~a', 'styles.css'], paths: ['/*'] },
    { what: 'nothing', changedKeys: [], paths: [] },
  ])('of $what is $paths', ({ changedKeys, paths }) => {
    expect(planInvalidation(requestOf({ changedKeys })).paths).toEqual(paths);
  });

  it('names pages without their ending too, where the site serves them so', () => {
    const urls = { ...PLANNING.urls, extensionless: true };
    const request = requestOf({ changedKeys: ['zoo.html'], siteKeys: [...SITE, 'zoom.html'], urls });
    expect(planInvalidation(request).paths).toEqual(['/zoo', '/zoo.html']);
  });

  it('covers variants by query string with a wildcard that purges as little else as possible', () => {
    const urls = { ...PLANNING.urls, cachesQueryStrings: true };
    const pathsOf = (changedKeys: string[], requestedPaths: string[] = []) =>
      planInvalidation(requestOf({ changedKeys, requestedPaths, urls })).paths;
    expect(pathsOf(['styles.css'])).toEqual(['/styles.css*']);
    expect(pathsOf(['index.html'])).toEqual(['/', '/?*', '/index.html*']);
    expect(pathsOf([], ['/styles.css', '/index.html?v=1'])).toEqual(['/index.html?v=1', '/styles.css*']);
  });

  it('is empty when no viewer can see the change', () => {
    const urls = { ...PLANNING.urls, originPath: '/public' };
    expect(planInvalidation(requestOf({ changedKeys: ['drafts/a.html'], urls }))).toEqual({
      paths: [],
      needlessPurges: 0,
      wildcards: [],
      required: 0,
      costUsd: 0,
      guarded: false,
      isCheapest: true,
    });
  });

  it('pays for a path only if that is cheaper than what a wildcard would purge', () => {
    const changedKeys = ['img/a.png', 'img/c.png'];
    const siteKeys = ['img/b.png', 'img/b2.png', 'index.html'];
    const at = (refetch: number) =>
      planInvalidation(requestOf({ changedKeys, siteKeys, prices: { path: 0.005, refetch, freePaths: 0 } }));
    expect(at(0.003)).toMatchObject({
      paths: ['/img/a.png', '/img/c.png'],
      needlessPurges: 0,
      costUsd: 0.01,
    });
    expect(at(0.002)).toMatchObject({
      paths: ['/img/*'],
      wildcards: [{ path: '/img/*', needlessPurges: 2 }],
      needlessPurges: 2,
      costUsd: 0.005,
    });
  });

  it('does not save on paths that are free', () => {
    const changedKeys = ['img/a.png', 'img/c.png'];
    const request = requestOf({
      changedKeys,
      siteKeys: ['img/b.png'],
      prices: { path: 1, refetch: 0.001, freePaths: 2 },
    });
    expect(planInvalidation(request)).toMatchObject({ paths: ['/img/a.png', '/img/c.png'], costUsd: 0 });
  });

  it('is the cheapest one that purges no more needlessly than is allowed', () => {
    const changedKeys = ['img/a.png', 'img/c.png', 'js/a.js', 'js/c.js'];
    const siteKeys = ['img/b.png', 'img/b2.png', 'js/b.js', 'index.html'];
    const prices = { path: 1, refetch: 0.0001, freePaths: 0 };
    const at = (maxNeedlessPurges?: number) =>
      planInvalidation(requestOf({ changedKeys, siteKeys, prices, maxNeedlessPurges }));
    expect(at()).toMatchObject({ paths: ['/*'], needlessPurges: 4, guarded: false });
    expect(at(3)).toMatchObject({ paths: ['/img/*', '/js/*'], needlessPurges: 3, costUsd: 2, guarded: true });
    expect(at(2)).toMatchObject({ paths: ['/img/a.png', '/img/c.png', '/js/*'], needlessPurges: 1 });
    expect(at(0)).toMatchObject({ needlessPurges: 0, costUsd: 4 });
  });

  it('says what the limit on needless purges costs', () => {
    const request = requestOf({ changedKeys: ['img/a.png', 'img/c.png'], siteKeys: ['img/b.png'] });
    const prices = { path: 1, refetch: 0.0001, freePaths: 0 };
    expect(planInvalidation({ ...request, prices, maxNeedlessPurges: 1 })).not.toHaveProperty('guard');
    expect(planInvalidation({ ...request, prices, maxNeedlessPurges: 0 })).toMatchObject({
      costUsd: 2,
      guard: { limit: 0, withoutLimit: 1, costUsd: 1 },
    });
  });

  it('ignores a limit on needless purges that no plan meets, and says so', () => {
    const request = requestOf({
      changedKeys: ['img/a~1', 'img/c~1', 'x.css', 'y.css'],
      siteKeys: ['img/a', 'img/c', 'img/d', 'z.css'],
      prices: { path: 1, refetch: 0.0001, freePaths: 0 },
      maxNeedlessPurges: 1,
    });
    expect(planInvalidation(request)).toMatchObject({
      paths: ['/*'],
      needlessPurges: 4,
      guarded: false,
      guard: { limit: 1, fewest: 2, withoutLimit: 4, costUsd: 0 },
    });
  });

  it('costs as little as `/*` where two of a million objects changed and a purge is worth nothing', () => {
    const siteKeys = Array.from({ length: 1_000_000 }, (_, index) => String(index).padStart(6, '0'));
    const changedKeys = ['000000', '999999'];
    const prices = { path: 0.005, refetch: 0, freePaths: 0 };
    expect(planInvalidation(requestOf({ changedKeys, siteKeys, prices }))).toMatchObject({
      paths: ['/*'],
      costUsd: 0.005,
    });
  });

  it.each([
    { limit: 'exact paths', budget: { ...PLANNING.budget, exactPaths: 0, wildcardPaths: 1 } },
    { limit: 'bytes', budget: { ...PLANNING.budget, bytes: 23 } },
  ])('uses a wildcard if it would need more $limit than there are', ({ budget }) => {
    const changedKeys = ['img/a.png', 'img/c.png'];
    const request = requestOf({ changedKeys, siteKeys: ['img/b.png', 'index.html'], budget });
    expect(planInvalidation(request)).toMatchObject({ paths: ['/img/*'], needlessPurges: 1 });
  });

  it('uses a wider wildcard if it would need more wildcards than there are', () => {
    const budget = { ...PLANNING.budget, wildcardPaths: 1 };
    const siteKeys = ['ax', 'b'];
    expect(planInvalidation(requestOf({ changedKeys: ['aa~1', 'ab~1'], siteKeys, budget })).paths).toEqual([
      '/a*',
    ]);
  });

  it('is refused when nothing fits what is free', () => {
    const budget = { ...PLANNING.budget, wildcardPaths: 0 };
    expect(() => planInvalidation(requestOf({ changedKeys: ['a~1'], budget }))).toThrow(
      expect.objectContaining({ name: 'TooManyInvalidationsInProgress' }),
    );
  });

  it('includes paths requested manually, and counts nothing under them as needless', () => {
    const request = requestOf({
      changedKeys: ['docs/setup.html', 'about.html'],
      requestedPaths: ['/docs/*'],
    });
    expect(planInvalidation(request)).toMatchObject({
      paths: ['/about.html', '/docs/*'],
      needlessPurges: 0,
      required: 3,
    });
  });

  it.each([
    { what: 'a changed object', changedKeys: ['img/*'], requestedPaths: [] },
    { what: 'a path requested manually', changedKeys: [], requestedPaths: ['/img/%2A'] },
  ])('counts what is purged beside $what whose name ends with a star', ({ changedKeys, requestedPaths }) => {
    const request = requestOf({ changedKeys, requestedPaths });
    expect(planInvalidation(request)).toMatchObject({ paths: ['/img/*'], needlessPurges: 2 });
  });

  it('recognises what was requested manually, in any order of its wildcards', () => {
    const requestedPaths = ['/img/*', '/img/%20*'];
    const request = requestOf({ requestedPaths, siteKeys: ['img/ 1.png', 'img/a.png'] });
    expect(planInvalidation(request)).toMatchObject({ paths: ['/img/*'], needlessPurges: 0 });
  });

  it('keeps the query string of a path requested manually', () => {
    const request = requestOf({ requestedPaths: ['/img/a.png?size=~1&x=%20'] });
    expect(planInvalidation(request).paths).toEqual(['/img/a.png?size=~1&x=%20']);
  });

  it('cuts a path requested manually before a doubtful character, too', () => {
    expect(planInvalidation(requestOf({ requestedPaths: ["/zoo's.html", '/vendors~*'] })).paths).toEqual([
      '/vendors*',
      '/zoo*',
    ]);
  });
});
