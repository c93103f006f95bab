import { describe, expect, it } from 'vitest';
import { distributionLookup, requireShown } from '../../../shared/deployment/distribution-lookup.ts';
import type { Buckets, FoundBucket } from '../../../shared/deployment/site-bucket-check.ts';
import type { FoundDistribution } from '../../../shared/sites/found-distribution.ts';
import type { KnownDistribution } from '../../../shared/sites/known-distribution.ts';
import { behaviourOf, knownIn } from '../../helpers/found-distributions.ts';

const showing = (...origins: [domainName: string, path: string][]): FoundDistribution => ({
  domainName: 'd1.cloudfront.net',
  aliases: ['www.school.example'],
  isMultiTenant: false,
  rootObject: '',
  origins: origins.map(([domainName, path], index) => ({
    ids: [`o${index}`, `g${index}`],
    domainName,
    path,
  })),
  behaviours: origins.map((_, index) => behaviourOf({ originId: `o${index}` })),
  errorResponses: [],
});
const SITE = { bucket: 'my.site', account: '111122223333' };
const S3 = 'my.site.s3.eu-west-1.amazonaws.com';

describe('A distribution that is looked up', () => {
  it('is kept as it is described, with what its owner tells', async () => {
    const { kind, known } = lookup();
    await kind.put({ ...PROPERTIES, Told: '{"url":"https://www.school.example"}' });
    expect(known.get('E1')).toMatchObject({
      told: { url: 'https://www.school.example', verify: true },
      description: { domainName: 'd1.cloudfront.net', behaviours: [{ originPaths: [''] }] },
    });
  });

  it('has the index document of the website that it shows', async () => {
    const { kind, known } = lookup({}, showing(['my.site.s3-website-eu-west-1.amazonaws.com', '']));
    await kind.put(PROPERTIES);
    expect(known.get('E1')?.description.website).toEqual({ indexDocument: 'index.htm' });
  });

  it('is summed up for the people who deploy', async () => {
    const found = showing([S3, ''], [S3, '/public']);
    const { kind } = lookup({}, found);
    expect(await kind.put(PROPERTIES)).toEqual({
      DomainName: 'd1.cloudfront.net',
      Summary: 'E1 shows the whole bucket and public/',
    });
  });

  it.each([
    ['{}', /A function of the behaviour \* may show objects at other URLs, .* by the option urls$/],
    ['{"urls":{}}', /^E1 shows the whole bucket$/],
    ['{"extensionless":true}', /^E1 shows the whole bucket$/],
    ['{"spaFallback":"index.html"}', /^E1 shows the whole bucket$/],
  ])('says of a function whether anybody told what it does: %s', async (Told, summary) => {
    const rewrite = { arn: 'f', event: 'viewer-request' as const, version: '1' };
    const found = {
      ...showing([S3, '']),
      behaviours: [behaviourOf({ originId: 'o0', functions: [rewrite] })],
    };
    const { Summary } = await lookup({}, found).kind.put({ ...PROPERTIES, Told });
    expect(Summary).toMatch(summary);
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
    [
      'has the bucket among its origins, but shows it nowhere',
      { ...showing([S3, '']), behaviours: [behaviourOf({ originId: 'api' })] },
      /E1, www.school.example does not show the bucket my.site/,
    ],
  ])('is refused with advice when it %s', (_, found, message) => {
    const refusal = () => requireShown('E1', found, SITE);
    expect(refusal).toThrow(expect.objectContaining({ name: 'DeploymentRefused' }));
    expect(refusal).toThrow(message);
  });

  it('is refused under the name that AWS uses when CloudFront denies looking, so that a new policy is waited for', () => {
    const refusal = () => requireShown('E1', 'denied', SITE);
    expect(refusal).toThrow(expect.objectContaining({ name: 'AccessDenied' }));
    expect(refusal).toThrow(/E1: it is not one of the account 111122223333, .*list-distributions/);
  });

  it('is neither created nor removed', async () => {
    const { kind } = lookup();
    expect(kind.idOf(PROPERTIES)).toBe('E1');
    await expect(kind.remove({})).resolves.toBeUndefined();
  });
});

const PROPERTIES = {
  DistributionId: 'E1',
  BucketName: 'my.site',
  Account: '111122223333',
  Roles: 'AutoInvalidation-*',
  Told: '{}',
};
const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/0a1b-2c3d';

function lookup(buckets: Partial<Buckets> = {}, found = showing([S3, ''])) {
  const known = new Map<string, KnownDistribution>();
  const kind = distributionLookup({
    distributions: { find: async () => found },
    websites: { find: async () => ({ indexDocument: 'index.htm' }) },
    buckets: {
      region: async () => 'eu-west-1',
      find: async () => ({ kind: 'here' }),
      reading: async () => 'allowed',
      ...buckets,
    },
    known: knownIn(known),
    queue: { send: async () => {} },
    now: () => new Date('2026-11-30T10:00:00Z'),
  });
  return { kind, known };
}

describe('The bucket of a distribution that is looked up', () => {
  const found = (bucket: FoundBucket) => lookup({ find: async () => bucket }).kind;

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
      lookup({ reading: async () => 'refused' }).kind,
      'DeploymentRefused',
      /policy of the bucket my\.site denies.*"arn:aws:iam::111122223333:role\/AutoInvalidation-\*".*get-bucket-policy/,
    ],
    [
      'nothing lets the functions read yet',
      lookup({ reading: async () => 'denied' }).kind,
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

  it('is taken as it is if the same deployment makes it', async () => {
    const refuse = () => Promise.reject(new Error('was looked at'));
    const { Roles: _, ...properties } = PROPERTIES;
    const { kind } = lookup({ find: refuse, reading: refuse });
    await expect(kind.put(properties)).resolves.toBeDefined();
  });

  it('is read where the distribution shows it', async () => {
    const keys: string[] = [];
    const reading = async (_: string, key: string) => {
      keys.push(key);
      return 'allowed' as const;
    };
    await lookup({ reading }).kind.put(PROPERTIES);
    await lookup({ reading }, showing([S3, '/docs/v2'])).kind.put(PROPERTIES);
    expect(keys).toEqual([
      '.auto-invalidation/may-objects-be-read',
      'docs/v2/.auto-invalidation/may-objects-be-read',
    ]);
  });
});
