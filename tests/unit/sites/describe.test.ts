import { describe, expect, it } from 'vitest';
import { describe as describeSite, isBucketDomain, showsWebsite } from '../../../shared/sites/describe.ts';
import { errorPagesOf, showing } from '../../../shared/sites/description.ts';
import { BUCKET, behaviourOf, distributionOf } from '../../helpers/found-distributions.ts';

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

describe('The description of a distribution', () => {
  it('says of each behaviour, in order of precedence, below which origin paths it shows the bucket', () => {
    const found = distributionOf({
      origins: [
        { ids: ['v1', 'either'], domainName: 'site.s3.amazonaws.com', path: '/v1' },
        { ids: ['v2', 'either'], domainName: 'site.s3.us-east-1.amazonaws.com', path: '/v2' },
        { ids: ['api'], domainName: 'api.example.com', path: '/prod' },
      ],
      behaviours: [
        behaviourOf({ pathPattern: '/api/*', originId: 'api' }),
        behaviourOf({ pathPattern: '/both/*', originId: 'either' }),
        behaviourOf({ originId: 'v2' }),
      ],
    });
    const { behaviours } = describeSite(found, BUCKET);
    expect(
      behaviours.map(({ pathPattern, origin, originPaths }) => [pathPattern, origin, originPaths]),
    ).toEqual([
      ['/api/*', 'api.example.com/prod', []],
      ['/both/*', 'site.s3.amazonaws.com/v1, site.s3.us-east-1.amazonaws.com/v2', ['/v1', '/v2']],
      ['*', 'site.s3.us-east-1.amazonaws.com/v2', ['/v2']],
    ]);
    expect(showing({ behaviours }).map(({ pathPattern }) => pathPattern)).toEqual(['/both/*', '*']);
  });

  it('names the pages shown with status 200 where the bucket answers 403 or 404, each once', () => {
    const page = (errorCode: number, responseCode: number, pagePath: string) => ({
      ...{ errorCode, responseCode, pagePath },
      minTtlSeconds: 10,
    });
    const errorResponses = [
      page(403, 200, '/index.html'),
      page(404, 200, '/index.html'),
      page(404, 404, '/404.html'),
      page(500, 200, '/sorry.html'),
      page(404, 200, ''),
    ];
    expect(errorPagesOf({ errorResponses })).toEqual(['/index.html']);
  });

  it('holds the configuration of a website endpoint', () => {
    const website = distributionOf({
      origins: [{ ids: ['bucket'], domainName: 'site.s3-website-us-east-1.amazonaws.com', path: '' }],
    });
    expect([showsWebsite(website, BUCKET), showsWebsite(distributionOf(), BUCKET)]).toEqual([true, false]);
    expect(describeSite(website, BUCKET, { indexDocument: 'index.htm' }).website).toEqual({
      indexDocument: 'index.htm',
    });
    expect(describeSite(distributionOf(), BUCKET)).not.toHaveProperty('website');
  });
});
