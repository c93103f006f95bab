import { describe, expect, it } from 'vitest';
import { askedEachTimeBy } from '../../../shared/refresh/asked-each-time.ts';
import { distributionOf, distributionReader } from '../../../shared/refresh/distribution.ts';
import { describe as describeSite } from '../../../shared/sites/describe.ts';
import type { Caching, Website } from '../../../shared/sites/description.ts';
import type { FoundDistribution } from '../../../shared/sites/found-distribution.ts';
import { Told } from '../../../shared/sites/told.ts';
import {
  BUCKET,
  behaviourOf,
  distributionOf as found,
  knownIn,
  knownOf,
} from '../../helpers/found-distributions.ts';

/** A distribution from what CloudFront and its owner tell. */
const read = (changes: Partial<FoundDistribution> = {}, told: Partial<Told> = {}, website?: Website) =>
  distributionOf('E1', Told.parse(told), describeSite(found(changes), BUCKET, website));

const caching = (originId: string, changes: Partial<Caching>) => behaviourOf({ originId }, changes);
const api = (pathPattern = '/api/*') => behaviourOf({ originId: 'api', pathPattern });

describe('A distribution', () => {
  it('that shows the bucket everywhere needs no more than its root object', () => {
    expect(read()).toMatchObject({ id: 'E1', url: 'https://d1.cloudfront.net', verify: true, untold: [] });
    expect(read().urls).toEqual({
      originPath: '',
      extensionless: false,
      rootObject: 'index.html',
      cachesQueryStrings: false,
    });
  });

  it('is asked at the URL that was told', () => {
    expect(read({}, { url: 'https://www.example.com' }).url).toBe('https://www.example.com');
  });

  it('shows the bucket below its origin path, whatever other origins it has', () => {
    const origins = [
      { ids: ['bucket'], domainName: 'site.s3.amazonaws.com', path: '/public' },
      { ids: ['api'], domainName: 'api.example.com', path: '/prod' },
    ];
    expect(read({ origins, behaviours: [api(), behaviourOf()] }).urls).toMatchObject({
      originPath: '/public',
      behaviours: [
        { pathPattern: '/api/*', originPaths: [] },
        { pathPattern: '*', originPaths: ['/public'] },
      ],
    });
  });

  it.each([
    ['no query strings, minimum TTL 0', [caching('bucket', { minTtlSeconds: 0 })], false, true],
    ['no query strings, minimum TTL 1', [caching('bucket', { minTtlSeconds: 1 })], false, true],
    [
      'query strings in one behaviour of several',
      [caching('bucket', { queryStrings: true }), caching('bucket', {})],
      true,
      true,
    ],
    [
      'a longer minimum TTL in one behaviour of several',
      [caching('bucket', { minTtlSeconds: 2 }), caching('bucket', {})],
      false,
      false,
    ],
    [
      'all of it, of another origin',
      [caching('api', { queryStrings: true, minTtlSeconds: 60 }), caching('bucket', {})],
      false,
      true,
    ],
  ])('caches as the behaviours that show the bucket do: %s', (_, behaviours, queryStrings, noStore) => {
    const { urls, description } = read({ behaviours });
    const isAsked = askedEachTimeBy(description, urls)('a.css', { cacheControl: 'no-store' });
    expect([urls.cachesQueryStrings, isAsked]).toEqual([queryStrings, noStore]);
  });

  it('shows the index document of its website at every folder', () => {
    expect(read({}, {}, { indexDocument: 'index.htm' }).urls).toMatchObject({
      indexDocument: 'index.htm',
      showsFolders: true,
    });
  });

  it('shows the fallback of an application at every URL, beside what else was told of it', () => {
    const told = { urls: { 'index.html': ['/start'], 'en/*': ['/$1'] }, spaFallback: 'index.html' };
    expect(read({}, told).urls.told).toEqual({ 'index.html': ['/start', '/*'], 'en/*': ['/$1'] });
    expect(read({}, { spaFallback: 'app.html' }).urls.told).toEqual({ 'app.html': ['/*'] });
  });
});

describe('The behaviours of whose functions nobody told', () => {
  const at = (event: 'viewer-request' | 'origin-request' | 'viewer-response') => ({
    behaviours: [
      behaviourOf({ pathPattern: '/a/*', functions: [{ arn: 'f', event, version: '1' }] }),
      behaviourOf({
        pathPattern: '/api/*',
        originId: 'api',
        functions: [{ arn: 'g', event, version: '1' }],
      }),
      behaviourOf(),
    ],
  });

  it.each(['viewer-request', 'origin-request'] as const)('are those of a %s function', event => {
    expect(read(at(event)).untold).toEqual(['/a/*']);
  });

  it('are not those whose function sees the answer alone', () => {
    expect(read(at('viewer-response')).untold).toEqual([]);
  });

  it.each([{ urls: {} }, { spaFallback: 'index.html' }, { extensionless: true }])(
    'are none once somebody told %j',
    told => expect(read(at('viewer-request'), told).untold).toEqual([]),
  );
});

describe('A distribution that is read', () => {
  const known = new Map([['E1', knownOf(found())]]);
  const reader = distributionReader(['E1', 'E2'], knownIn(known));

  it('is as it was described last', async () => {
    expect(await reader('E1')).toEqual(read());
  });

  it('is refused for good if the deployment does not know it', async () => {
    await expect(reader('E3')).rejects.toMatchObject({ name: 'UnknownDistribution' });
  });

  it('is refused for now if it has not been described yet', async () => {
    await expect(reader('E2')).rejects.toMatchObject({ name: 'UndescribedDistribution' });
  });
});
