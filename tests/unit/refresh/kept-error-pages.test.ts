import { describe, expect, it } from 'vitest';
import type { CachingHeaders } from '../../../shared/refresh/asked-each-time.ts';
import { distributionOf } from '../../../shared/refresh/distribution.ts';
import { type ChangedPage, customErrorPages } from '../../../shared/refresh/error-pages.ts';
import {
  errorPageWords,
  type KeptErrorPages,
  waitSeconds,
} from '../../../shared/refresh/kept-error-pages.ts';
import { describe as describeSite } from '../../../shared/sites/describe.ts';
import type { ErrorResponse, Website } from '../../../shared/sites/description.ts';
import type { FoundDistribution } from '../../../shared/sites/found-distribution.ts';
import { Told } from '../../../shared/sites/told.ts';
import { BUCKET, behaviourOf, distributionOf as found } from '../../helpers/found-distributions.ts';

const DAY = 86_400;

const shownFor = (errorCode: number, pagePath: string, minTtlSeconds = 10): ErrorResponse => ({
  errorCode,
  responseCode: 200,
  pagePath,
  minTtlSeconds,
});
const APP = [shownFor(403, '/index.html'), shownFor(404, '/index.html')];

function pagesOf(site: Partial<FoundDistribution>, told: Partial<Told> = {}, website?: Website) {
  const described = describeSite(found(site), BUCKET, website);
  const { description, urls } = distributionOf('E1', Told.parse(told), described);
  return customErrorPages(description, urls);
}

describe('An error page is', () => {
  it.each<{ what: string; key: string; site?: Partial<FoundDistribution>; isPage: boolean }>([
    { what: 'the object at its path', key: 'index.html', isPage: true },
    { what: 'no other object', key: 'about.html', isPage: false },
    {
      what: 'the object below the origin path',
      key: 'site/index.html',
      site: { origins: [{ ids: ['bucket'], domainName: `${BUCKET}.s3.amazonaws.com`, path: '/site' }] },
      isPage: true,
    },
    {
      what: 'no object of the bucket if another origin shows that path',
      key: 'index.html',
      site: { behaviours: [behaviourOf({ pathPattern: '*.html', originId: 'api' }), behaviourOf()] },
      isPage: false,
    },
    {
      what: 'nothing where the distribution passes on the error itself',
      key: 'index.html',
      site: { errorResponses: [shownFor(404, '')] },
      isPage: false,
    },
  ])('$what', ({ key, site, isPage }) => {
    expect(pagesOf({ errorResponses: APP, ...site }).includes(key)).toBe(isPage);
  });

  it('an object whose page is found without its extension', () => {
    expect(
      pagesOf({ errorResponses: [shownFor(404, '/404')] }, { extensionless: true }).includes('404.html'),
    ).toBe(true);
  });
});

describe('The error document of a website', () => {
  const kept = (key: string, former: CachingHeaders, site: Partial<FoundDistribution> = {}) => {
    const website = { indexDocument: 'index.html', errorDocument: 'errors/404.html' };
    return pagesOf(site, {}, website).keptOf([{ key, former }]);
  };
  const paths = ['/errors/404.html'];

  it.each<{ what: string; former: CachingHeaders; site?: Partial<FoundDistribution>; seconds: number }>([
    { what: 'ten seconds, if nothing is said', former: {}, seconds: 10 },
    { what: 'what it says itself', former: { cacheControl: 'max-age=3600' }, seconds: 3600 },
    {
      what: 'what the distribution says of such errors',
      former: {},
      site: { errorResponses: [{ ...shownFor(404, ''), minTtlSeconds: 40 }] },
      seconds: 40,
    },
    {
      what: 'not what another origin may say, which does not show it',
      former: {},
      site: { behaviours: [behaviourOf({ pathPattern: '/api/*', originId: 'api' }), behaviourOf()] },
      seconds: 10,
    },
  ])('may be kept at any URL for $what', ({ former, site, seconds }) => {
    expect(kept('errors/404.html', former, site)).toEqual({ paths, seconds });
  });

  it('is one object alone', () => {
    const website = { indexDocument: 'index.html', errorDocument: 'errors/404.html' };
    const pages = pagesOf({}, {}, website);
    expect(['errors/404.html', '404.html', 'errors/'].map(pages.includes)).toEqual([true, false, false]);
  });

  it('is none where the distribution shows the other endpoint', () => {
    expect(pagesOf({}).includes('errors/404.html')).toBe(false);
  });
});

describe('A former error page is kept', () => {
  const secondsOf = (former: CachingHeaders | undefined, site: Partial<FoundDistribution> = {}) => {
    const page: ChangedPage = { key: 'index.html', ...(former === undefined ? {} : { former }) };
    const kept = pagesOf({ errorResponses: APP, ...site }).keptOf([page]);
    return kept === undefined ? 'not at all' : (kept.seconds ?? 'for an unknown time');
  };
  const lambda = [{ arn: 'f', event: 'origin-response', version: '1' }] as const;
  const api = (maxTtlSeconds: number) => [
    behaviourOf({ pathPattern: '/api/*', originId: 'api' }, { maxTtlSeconds }),
    behaviourOf(),
  ];

  it.each<{
    what: string;
    former?: CachingHeaders;
    site?: Partial<FoundDistribution>;
    kept: number | 'not at all' | 'for an unknown time';
  }>([
    { what: 'for the minimum of errors if it says nothing', former: {}, kept: 10 },
    {
      what: 'for the longest of the minimums',
      former: {},
      site: { errorResponses: [...APP, shownFor(500, '/index.html', 30)] },
      kept: 30,
    },
    { what: 'for the minimum of errors if it says less', former: { cacheControl: 'max-age=5' }, kept: 10 },
    { what: 'for what it says if that is more', former: { cacheControl: 'max-age=3600' }, kept: 3600 },
    { what: 'by s-maxage, not max-age', former: { cacheControl: 'max-age=3600, s-maxage=20' }, kept: 20 },
    {
      what: 'for the minimum of errors if it is not to be kept',
      former: { cacheControl: 'no-store' },
      kept: 10,
    },
    {
      what: 'no longer than its behaviour allows',
      former: { cacheControl: 'max-age=3600' },
      site: { behaviours: [behaviourOf({}, { maxTtlSeconds: 40 })] },
      kept: 40,
    },
    {
      what: 'no shorter than its behaviour demands',
      former: { cacheControl: 'no-cache' },
      site: { behaviours: [behaviourOf({}, { minTtlSeconds: 50 })] },
      kept: 50,
    },
    { what: 'for as long as another origin may say', former: {}, site: { behaviours: api(DAY) }, kept: DAY },
    {
      what: 'no longer where another origin is not cached',
      former: {},
      site: { behaviours: api(0) },
      kept: 10,
    },
    {
      what: 'not at all if nothing demands it',
      former: { cacheControl: 'no-cache' },
      site: {
        errorResponses: [shownFor(404, '/index.html', 0)],
        behaviours: [behaviourOf({}, { minTtlSeconds: 0 })],
      },
      kept: 'not at all',
    },
    { what: 'for nobody knows how long if the version is not known', kept: 'for an unknown time' },
    {
      what: 'for nobody knows how long if its date is not over',
      former: { expires: 'Fri, 02 Jan 2099 00:00:00 GMT' },
      kept: 'for an unknown time',
    },
    {
      what: 'for nobody knows how long if old ones may be shown',
      former: { cacheControl: 'max-age=1, stale-while-revalidate=9' },
      kept: 'for an unknown time',
    },
    {
      what: 'for nobody knows how long if a function at an origin may change headers',
      former: {},
      site: { behaviours: [behaviourOf({ pathPattern: '/a/*', functions: [...lambda] }), behaviourOf()] },
      kept: 'for an unknown time',
    },
  ])('$what', ({ former, site, kept }) => {
    expect(secondsOf(former, site)).toBe(kept);
  });

  it('as long as the one of several that is kept longest', () => {
    const pages = pagesOf({ errorResponses: [shownFor(403, '/403.html'), shownFor(404, '/404.html', 20)] });
    const [a, b] = [
      { key: '403.html', former: {} },
      { key: '404.html', former: {} },
    ];
    expect(pages.keptOf([b, a])).toEqual({ paths: ['/403.html', '/404.html'], seconds: 20 });
    expect(pages.keptOf([a, { key: '404.html' }])).toEqual({ paths: ['/403.html', '/404.html'] });
  });

  it('nowhere if none has changed', () => {
    expect(pagesOf({ errorResponses: APP }).keptOf([])).toBeUndefined();
  });
});

it.each<{ kept: KeptErrorPages; wait: number | undefined; words: string }>([
  {
    kept: { paths: ['/index.html'], seconds: 60 },
    wait: 60,
    words: 'edges may keep the former /index.html at any URL for up to 60 s, so the refresh waits that long',
  },
  {
    kept: { paths: ['/403.html', '/404.html'], seconds: 61 },
    wait: undefined,
    words:
      'edges may keep the former /403.html, /404.html at any URL for up to 61 s, so everything is purged (/*)',
  },
  {
    kept: { paths: ['/index.html'] },
    wait: undefined,
    words:
      'edges may keep the former /index.html at any URL for an unknown time, so everything is purged (/*)',
  },
])('A refresh waits for error pages or purges everything: $words', ({ kept, wait, words }) => {
  expect([waitSeconds(kept), errorPageWords(kept)]).toEqual([wait, words]);
});
