import { describe, expect, it } from 'vitest';
import {
  ATTRIBUTES,
  distributionLookup,
  describe as explain,
  isBucketDomain,
} from '../../../shared/deployment/distribution-lookup.ts';

const showing = (...origins: [domainName: string, path: string][]) => ({
  domainName: 'd1.cloudfront.net',
  aliases: ['www.school.example'],
  rootObject: '',
  origins: origins.map(([domainName, path], index) => ({
    ids: [`o${index}`, `g${index}`],
    domainName,
    path,
  })),
  behaviours: [],
  errorResponses: [],
});
const S3 = 'my.site.s3.eu-west-1.amazonaws.com';

describe("A bucket's endpoint", () => {
  it.each([
    'my.site.s3.amazonaws.com',
    'my.site.s3.eu-west-1.amazonaws.com',
    'my.site.s3-eu-west-1.amazonaws.com',
    'my.site.s3.dualstack.us-gov-west-1.amazonaws.com',
    'my.site.s3-website-us-east-1.amazonaws.com',
    'my.site.s3-website.eu-central-1.amazonaws.com',
    'my.site.s3-accelerate.amazonaws.com',
    'my.site.s3.cn-north-1.amazonaws.com.cn',
  ])('is recognised: %s', domain => expect(isBucketDomain(domain, 'my.site')).toBe(true));

  it.each([
    'other.s3.amazonaws.com',
    'not-my.site.s3.amazonaws.com',
    'my.site.s3.s3.amazonaws.com',
    'my.site.s3.eu-west-1.amazonaws.com.example.com',
    'my.site',
    'my.site.execute-api.us-east-1.amazonaws.com',
  ])('is not %s', domain => expect(isBucketDomain(domain, 'my.site')).toBe(false));
});

describe('A distribution that is looked up', () => {
  it('is described by its domain and the origin path of the bucket, whatever other origins it has', () => {
    const found = showing(
      ['api.school.example', '/prod'],
      [S3, '/public'],
      ['my.site.s3.amazonaws.com', '/public'],
    );
    expect(explain('E1', found, 'my.site')).toMatchObject({
      DomainName: 'd1.cloudfront.net',
      OriginPath: '/public',
    });
  });

  it('is described by the pages that it shows with status 200 where the bucket answers 403 or 404', () => {
    const errorResponses = [
      { errorCode: 403, responseCode: 200, pagePath: '/index.html' },
      { errorCode: 404, responseCode: 404, pagePath: '/404.html' },
      { errorCode: 500, responseCode: 200, pagePath: '/sorry.html' },
    ];
    expect(explain('E1', { ...showing([S3, '']), errorResponses }, 'my.site')).toMatchObject({
      ErrorPage403: '/index.html',
      ErrorPage404: '',
    });
  });

  it.each([
    ['no query strings, MinTTL 0', [['o0', false, 0]], 'false', 'true'],
    ['no query strings, MinTTL 1', [['g0', false, 1]], 'false', 'true'],
    [
      'query strings in one behaviour of several',
      [
        ['o0', false, 0],
        ['o0', true, 0],
      ],
      'true',
      'true',
    ],
    [
      'a longer MinTTL in one behaviour of an origin group',
      [
        ['o0', false, 0],
        ['g0', false, 2],
      ],
      'false',
      'false',
    ],
    [
      'all of it, of another origin',
      [
        ['o1', true, 60],
        ['o0', false, 0],
      ],
      'false',
      'true',
    ],
  ] as [string, [string, boolean, number][], string, string][])(
    'is described by how it caches the bucket: %s',
    (_, caching, CachesQueryStrings, HonoursNoStore) => {
      const behaviours = caching.map(([originId, queryStrings, minTtlSeconds]) => ({
        originId,
        queryStrings,
        minTtlSeconds,
      }));
      const found = { ...showing([S3, ''], ['api.school.example', '']), behaviours };
      expect(explain('E1', found, 'my.site')).toMatchObject({ CachesQueryStrings, HonoursNoStore });
    },
  );

  it('is described by its default root object', () => {
    const found = { ...showing([S3, '']), rootObject: 'home.html' };
    expect(explain('E1', found, 'my.site').RootObject).toBe('home.html');
  });

  it('is described in strings that can stand between quotes in JSON', () => {
    const errorResponses = [{ errorCode: 404, responseCode: 200, pagePath: '/"x\\y".html' }];
    const attributes = explain('E1', { ...showing([S3, '']), errorResponses }, 'my.site');
    expect(JSON.parse(`"${attributes.ErrorPage404}"`)).toBe('/"x\\y".html');
    expect(Object.keys(attributes)).toEqual([...ATTRIBUTES]);
  });

  it.each([
    ['does not exist', undefined, /no distribution E1 .*list-distributions/],
    [
      'shows another bucket',
      showing(['other.s3.amazonaws.com', '']),
      /E1, www.school.example does not show the bucket my.site: its origins are other.s3.amazonaws.com/,
    ],
    ['shows the bucket in two ways', showing([S3, ''], [S3, '/b']), /several origin paths \(\/, \/b\)/],
  ])('is refused with advice when it %s', (_, found, message) => {
    const refusal = () => explain('E1', found, 'my.site');
    expect(refusal).toThrow(expect.objectContaining({ name: 'DeploymentRefused' }));
    expect(refusal).toThrow(message);
  });

  it('is neither created nor removed', async () => {
    const kind = distributionLookup({ find: async () => showing([S3, '']) });
    const properties = { DistributionId: 'E1', BucketName: 'my.site' };
    expect(kind.idOf(properties)).toBe('E1');
    expect(await kind.put(properties)).toMatchObject({ OriginPath: '' });
    await expect(kind.remove({})).resolves.toBeUndefined();
  });
});
