import { describe, expect, it } from 'vitest';
import {
  ATTRIBUTES,
  distributionLookup,
  describe as explain,
} from '../../../shared/deployment/distribution-lookup.ts';
import type { Buckets, FoundBucket } from '../../../shared/deployment/site-bucket-check.ts';
import { behaviourOf } from '../../helpers/found-distributions.ts';

const showing = (...origins: [domainName: string, path: string][]) => ({
  domainName: 'd1.cloudfront.net',
  aliases: ['www.school.example'],
  isMultiTenant: false,
  rootObject: '',
  origins: origins.map(([domainName, path], index) => ({
    ids: [`o${index}`, `g${index}`],
    domainName,
    path,
  })),
  behaviours: [],
  errorResponses: [],
});
const SITE = { bucket: 'my.site', account: '111122223333' };
const S3 = 'my.site.s3.eu-west-1.amazonaws.com';

describe('A distribution that is looked up', () => {
  it('is described by its domain and the origin path of the bucket, whatever other origins it has', () => {
    const found = showing(
      ['api.school.example', '/prod'],
      [S3, '/public'],
      ['my.site.s3.amazonaws.com', '/public'],
    );
    expect(explain('E1', found, SITE)).toMatchObject({
      DomainName: 'd1.cloudfront.net',
      OriginPath: '/public',
    });
  });

  it('is described by the pages that it shows with status 200 where the bucket answers 403 or 404', () => {
    const errorResponses = [
      { errorCode: 403, responseCode: 200, pagePath: '/index.html', minTtlSeconds: 10 },
      { errorCode: 404, responseCode: 404, pagePath: '/404.html', minTtlSeconds: 10 },
      { errorCode: 500, responseCode: 200, pagePath: '/sorry.html', minTtlSeconds: 10 },
    ];
    expect(explain('E1', { ...showing([S3, '']), errorResponses }, SITE)).toMatchObject({
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
      const behaviours = caching.map(([originId, queryStrings, minTtlSeconds]) =>
        behaviourOf({ originId }, { queryStrings, minTtlSeconds }),
      );
      const found = { ...showing([S3, ''], ['api.school.example', '']), behaviours };
      expect(explain('E1', found, SITE)).toMatchObject({ CachesQueryStrings, HonoursNoStore });
    },
  );

  it('is described by its default root object', () => {
    const found = { ...showing([S3, '']), rootObject: 'home.html' };
    expect(explain('E1', found, SITE).RootObject).toBe('home.html');
  });

  it('is described in strings that can stand between quotes in JSON', () => {
    const errorResponses = [
      { errorCode: 404, responseCode: 200, pagePath: '/"x\\y".html', minTtlSeconds: 10 },
    ];
    const attributes = explain('E1', { ...showing([S3, '']), errorResponses }, SITE);
    expect(JSON.parse(`"${attributes.ErrorPage404}"`)).toBe('/"x\\y".html');
    expect(Object.keys(attributes)).toEqual([...ATTRIBUTES]);
  });

  it.each([
    [
      'does not exist',
      'missing' as const,
      /no distribution E1 in the account 111122223333\. .*-c distributionId=ID.*list-distributions/,
    ],
    [
      'shows another bucket',
      showing(['other.s3.amazonaws.com', '']),
      /E1, www.school.example does not show the bucket my.site: its origins are other.s3.amazonaws.com\. .*-c bucket=NAME.*list-distributions/,
    ],
    [
      'is multi-tenant',
      { ...showing([S3, '']), isMultiTenant: true },
      /E1, www.school.example is multi-tenant: .*standard distribution: -c distributionId=ID/,
    ],
    ['shows the bucket in two ways', showing([S3, ''], [S3, '/b']), /several origin paths \(\/, \/b\)/],
  ])('is refused with advice when it %s', (_, found, message) => {
    const refusal = () => explain('E1', found, SITE);
    expect(refusal).toThrow(expect.objectContaining({ name: 'DeploymentRefused' }));
    expect(refusal).toThrow(message);
  });

  it('is refused under the name that AWS uses when CloudFront denies looking, so that a new policy is waited for', () => {
    const refusal = () => explain('E1', 'denied', SITE);
    expect(refusal).toThrow(expect.objectContaining({ name: 'AccessDenied' }));
    expect(refusal).toThrow(/E1: it is not one of the account 111122223333, .*list-distributions/);
  });

  it('is neither created nor removed', async () => {
    const kind = lookup();
    expect(kind.idOf(PROPERTIES)).toBe('E1');
    expect(await kind.put(PROPERTIES)).toMatchObject({ OriginPath: '' });
    await expect(kind.remove({})).resolves.toBeUndefined();
  });
});

const PROPERTIES = {
  DistributionId: 'E1',
  BucketName: 'my.site',
  Account: '111122223333',
  Roles: 'AutoInvalidation-*',
};
const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/0a1b-2c3d';

function lookup(buckets: Partial<Buckets> = {}, originPath = '') {
  return distributionLookup(
    { find: async () => showing([S3, originPath]) },
    {
      region: async () => 'eu-west-1',
      find: async () => ({ kind: 'here' }),
      reading: async () => 'allowed',
      ...buckets,
    },
  );
}

describe('The bucket of a distribution that is looked up', () => {
  const found = (bucket: FoundBucket) => lookup({ find: async () => bucket });

  it.each([
    [
      'there is none',
      found({ kind: 'missing' }),
      'DeploymentRefused',
      /^There is no bucket my\.site\. .*aws s3 ls.*-c bucket=NAME/,
    ],
    [
      'it is in another region',
      found({ kind: 'elsewhere', region: 'us-west-2' }),
      'DeploymentRefused',
      /my\.site is in us-west-2, and sends no events to eu-west-1\. .*-c region=us-west-2.*cdk bootstrap aws:\/\/111122223333\/us-west-2/,
    ],
    [
      'it may be of another account',
      found({ kind: 'denied' }),
      'AccessDenied',
      /my\.site is not one of the account 111122223333.*aws s3api head-bucket --bucket my\.site/,
    ],
    [
      'a key encrypts it that the functions may not use',
      found({ kind: 'here', keyOfKms: KEY }),
      'DeploymentRefused',
      new RegExp(`KMS key ${KEY}, .* -c bucketKeyArn=${KEY}$`),
    ],
    [
      'its policy denies reading',
      lookup({ reading: async () => 'refused' }),
      'DeploymentRefused',
      /policy of the bucket my\.site denies.*"arn:aws:iam::111122223333:role\/AutoInvalidation-\*".*get-bucket-policy/,
    ],
    [
      'nothing lets the functions read yet',
      lookup({ reading: async () => 'denied' }),
      'AccessDenied',
      /denies reading objects of the bucket my\.site/,
    ],
  ])('is refused when %s, with what to do', async (_, kind, name, message) => {
    const refusal: unknown = await kind.put(PROPERTIES).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ name, message: expect.stringMatching(message) });
    // CloudFormation is told so much, and a sentence about the wait may come before it.
    expect(String(refusal).length).toBeLessThan(420);
  });

  it('is refused with the way to find the ARN if its key is written as an alias or an id', async () => {
    for (const keyOfKms of ['alias/site', '0a1b-2c3d'])
      await expect(found({ kind: 'here', keyOfKms }).put(PROPERTIES)).rejects.toThrow(
        `-c bucketKeyArn=ARN. To find it: aws kms describe-key --key-id ${keyOfKms}`,
      );
  });

  it.each([
    ['the key that it was given', KEY, KEY],
    ['that key by its id', '0a1b-2c3d', KEY],
    ['an alias, if a key is given', 'alias/site', KEY],
    ['the key that AWS manages', 'alias/aws/s3', ''],
    ['the key that AWS manages, by its ARN', 'arn:aws:kms:eu-west-1:111122223333:alias/aws/s3', ''],
  ])('is taken when it is encrypted with %s', async (_, keyOfKms, BucketKeyArn) => {
    await expect(
      found({ kind: 'here', keyOfKms }).put({ ...PROPERTIES, BucketKeyArn }),
    ).resolves.toBeDefined();
  });

  it('is read where the distribution shows it', async () => {
    const keys: string[] = [];
    const reading = async (_: string, key: string) => {
      keys.push(key);
      return 'allowed' as const;
    };
    await lookup({ reading }).put(PROPERTIES);
    await lookup({ reading }, '/docs/v2').put(PROPERTIES);
    expect(keys).toEqual([
      '.auto-invalidation/may-objects-be-read',
      'docs/v2/.auto-invalidation/may-objects-be-read',
    ]);
  });
});
