import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CachePolicy, ResponseHeadersPolicy } from 'aws-cdk-lib/aws-cloudfront';
import { describe, expect, it } from 'vitest';
import { main } from '../../../infra/cli/main.ts';
import {
  MANAGED_CACHE_POLICIES,
  MANAGED_RESPONSE_HEADERS_POLICIES,
} from '../../../shared/sites/managed-policies.ts';
import { folderOf } from '../../helpers/folders.ts';
import { runCommand } from '../../helpers/run-command.ts';

const printed = (file: string) => join(import.meta.dirname, '../../fixtures/aws-cli', file);
const textOf = (file: string) => readFileSync(printed(file), 'utf8');

/** Shows `v2/` of a bucket, by a function; `/resized/*` shows something else. */
const SCHOOL = ['--distribution', printed('get-distribution-config.json')];
const POLICY = ['--cache-policy', printed('get-cache-policy.json')];
/** Shows a bucket's website, with settings older than cache policies; `members/*` is signed. */
const CLUB = ['--distribution', printed('get-distribution.json')];

/** Files that have not changed, so many that no wildcard pays. */
const UNCHANGED = Array.from({ length: 600 }, (_, number) =>
  ['v2/a-', 'v2/docs/', 'v2/img/', 'v2/resized/', 'docs/i'].map(start => `${start}${number}.txt`),
).flat();

const plan = (changedKeys: readonly string[], ...options: readonly string[]) => {
  const folder = folderOf({
    changed: changedKeys.join('\n'),
    inventory: [...changedKeys, ...UNCHANGED].join('\n'),
  });
  const lists = ['--changed', join(folder, 'changed'), '--inventory', join(folder, 'inventory')];
  return runCommand(main, ['plan', ...lists, ...options]);
};

async function planned(changedKeys: readonly string[], ...options: readonly string[]) {
  const { exitCode, printed, complaint } = await plan(changedKeys, ...options, '--json');
  expect({ exitCode, complaint }).toEqual({ exitCode: 0, complaint: '' });
  return JSON.parse(printed);
}

async function refusal(...options: readonly string[]): Promise<string> {
  const { exitCode, printed, complaint } = await plan(['v2/a.txt'], ...options);
  expect({ exitCode, printed }).toEqual({ exitCode: 2, printed: '' });
  return complaint;
}

/** A distribution's file with something else in its configuration. */
function changed(file: string, change: (text: string) => string): string[] {
  const text = textOf(file);
  const other = change(text);
  expect(other).not.toBe(text);
  return ['--distribution', join(folderOf({ 'other.json': other }), 'other.json')];
}

describe('npm run plan for a distribution that the AWS CLI has printed', () => {
  it('plans below its origin path, and its variants by query string', async () => {
    const { paths, site } = await planned(['v2/a.txt', 'v2/docs/index.html'], ...SCHOOL, ...POLICY);
    expect(paths).toEqual(['/a.txt*', '/docs/', '/docs/?*', '/docs/index.html*']);
    expect(site).toMatchObject({ bucket: 'my-school-site', urls: { originPath: '/v2' }, outside: [] });
  });

  it('names what lies outside of what it shows, and plans nothing for it', async () => {
    const { paths, site } = await planned(['v1/a.txt', 'v2/a.txt', 'v2/resized/a.png'], ...SCHOOL, ...POLICY);
    expect(paths).toEqual(['/a.txt*', '/resized/a.png*']);
    expect(site.outside).toEqual(['v1/a.txt']);
  });

  it('plans the URLs that were told', async () => {
    const told = ['--urls', '{"v2/*.html": ["/$1"], "v2/img/*": ["/resized/$1*"]}'];
    const { paths, site } = await planned(['v2/about.html', 'v2/img/a.png'], ...SCHOOL, ...POLICY, ...told);
    expect(paths).toEqual(['/about*', '/img/a.png*', '/resized/a.png*']);
    expect(site.notKnown).toEqual([]);
  });

  it('plans every route of an application whose fallback was told', async () => {
    const { paths } = await planned(
      ['v2/index.html'],
      ...SCHOOL,
      ...POLICY,
      '--spa-fallback',
      'v2/index.html',
    );
    expect(paths).toEqual(['/*']);
  });

  it('purges everything when an error page changes, and says why', async () => {
    const { paths, site, requested } = await planned(['v2/404.html'], ...SCHOOL, ...POLICY);
    expect(paths).toEqual(['/*']);
    expect(requested).toEqual([]);
    expect(site.errorPages).toEqual({ paths: ['/404.html'] });
    const { printed: text } = await plan(['v2/404.html'], ...SCHOOL, ...POLICY);
    expect(text).toContain(
      'Edges may keep the former /404.html at any URL for an unknown time, so everything is purged (/*). Once',
    );
    expect(text).not.toContain('by hand');
  });

  it('says what is not known of its URLs, and what to do', async () => {
    const { site } = await planned(['v2/a.txt'], ...SCHOOL, ...POLICY);
    expect(site.notKnown).toEqual([
      expect.stringMatching(/^A function of the behaviour \* may show objects at other URLs.* by `urls`/),
      expect.stringMatching(/^The behaviour \/resized\/\* keeps what abcdefghij\.lambda-url\.\S+ answers/),
    ]);
  });

  it.each(['get-cache-policy.json', 'list-cache-policies.json'])('reads its policy from %s', async file => {
    const { site } = await planned(['v2/a.txt'], ...SCHOOL, '--cache-policy', printed(file));
    expect(site.description.behaviours[1].caching).toEqual({
      minTtlSeconds: 0,
      defaultTtlSeconds: 3600,
      maxTtlSeconds: 86_400,
      queryStrings: true,
    });
  });

  it('reads settings older than cache policies, and the index document of a website', async () => {
    const website = ['--website', printed('get-bucket-website.json')];
    const { paths, site } = await planned(['docs/index.htm'], ...CLUB, ...website);
    expect(paths).toEqual(['/docs/', '/docs/?*', '/docs/index.htm*']);
    expect(site).toMatchObject({
      bucket: 'club.example',
      description: {
        domainName: 'd111111abcdef8.cloudfront.net',
        website: { indexDocument: 'index.htm', errorDocument: 'error.htm' },
      },
    });
  });

  it('says that signed objects cannot be verified, and which of its parts were not read', async () => {
    expect((await planned(['a.txt'], ...CLUB)).site.notKnown).toEqual([
      expect.stringMatching(/^Viewers of the behaviour members\/\* need signed URLs or cookies/),
      expect.stringMatching(
        /^The index document .* --website FILE; print it by: aws s3api get-bucket-website/,
      ),
      expect.stringMatching(/^What the response headers policy 0c5e9a2c-\S+ changes is not known/),
    ]);
  });

  it('reads what a response headers policy changes', async () => {
    const headers = ['--response-headers-policy', printed('get-response-headers-policy.json')];
    const { site } = await planned(['a.txt'], ...CLUB, ...headers);
    expect(site.description.behaviours[0].responseHeaders).toEqual({
      set: [{ name: 'cache-control', value: 'private, max-age=60', override: true }],
      removed: ['etag'],
    });
    expect(site.notKnown.join()).not.toContain('response headers policy');
  });

  it('prints a table of its behaviours above the plan, and what is not known below', async () => {
    const { printed: text } = await plan(['v1/b.txt', 'v2/a.txt'], ...SCHOOL, ...POLICY);
    const lines = text.split('\n');
    expect(lines.slice(0, 5)).toEqual([
      'The distribution shows the bucket my-school-site:',
      'Behaviour   Shows                                                      Kept at most  Also',
      '/resized/*  another origin, abcdefghij.lambda-url.eu-central-1.on.aws      365 days',
      "*           the bucket's v2/                                                  1 day  variants by query string, viewer-request pretty-urls",
      'Error pages: /404.html with 404 for 404, kept at least 10 seconds',
    ]);
    expect(text).toContain('1 path for 2 changed files (1 URL)');
    expect(text).toContain('Outside of what the distribution shows: 1 changed file: v1/b.txt');
    expect(text).toContain("Not known about the site's URLs:\n- A function of the behaviour *");
  });

  it('says so when all URLs are known', async () => {
    const { printed: text } = await plan(['v2/a.txt'], ...SCHOOL, ...POLICY, '--urls', '{}');
    expect(text).toContain("All URLs of the bucket's objects are known.");
  });
});

describe('npm run plan for a distribution refuses', () => {
  it('a cache policy that is not known, and says how to print it', async () => {
    expect(await refusal(...SCHOOL)).toContain(
      'The cache policy 5f0c1c4f-5d0a-4d8c-9d0e-4a6f0f6a2b11 is not known. Give it with --cache-policy FILE; print it by: aws cloudfront get-cache-policy --id 5f0c1c4f-5d0a-4d8c-9d0e-4a6f0f6a2b11 --output json',
    );
  });

  it.each([
    ['is missing', () => join(folderOf({}), 'x.json'), /x\.json cannot be read \(ENOENT\)/],
    ['is no JSON', () => join(folderOf({ 'x.json': 'Id: E1' }), 'x.json'), /x\.json is no JSON/],
    ['is something else', () => printed('get-cache-policy.json'), /is not what the AWS CLI prints/],
  ])('a file that %s, and says how to print it', async (_, file, reason) => {
    const complaint = await refusal('--distribution', file());
    expect(complaint).toMatch(reason);
    expect(complaint).toContain('print it by: aws cloudfront get-distribution-config --id ID --output json');
  });

  it('a cache policy without its id', async () => {
    const file = join(folderOf({ 'x.json': '{ "CachePolicyConfig": {} }' }), 'x.json');
    expect(await refusal(...SCHOOL, '--cache-policy', file)).toContain(
      'x.json is not what the AWS CLI prints; print it by: aws cloudfront get-cache-policy --id ID',
    );
  });

  it('a configuration that is not CloudFront’s, naming what is wrong', async () => {
    const other = changed('get-distribution-config.json', text =>
      text.replace('"EventType": "viewer-request"', '"EventType": "on-request"'),
    );
    expect(await refusal(...other, ...POLICY)).toContain(
      'DefaultCacheBehavior.FunctionAssociations.Items.0.EventType',
    );
  });

  it('a distribution that shows no bucket, naming its origins', async () => {
    const other = changed('get-distribution-config.json', text =>
      text.replace('my-school-site.s3.eu-central-1.amazonaws.com', 'www.example.com'),
    );
    expect(await refusal(...other, ...POLICY)).toContain(
      'shows no bucket of S3: its origins are www.example.com, abcdefghij.lambda-url.eu-central-1.on.aws',
    );
  });

  it('a distribution that shows several buckets, unless one is named', async () => {
    const other = changed('get-distribution-config.json', text =>
      text.replace('abcdefghij.lambda-url.eu-central-1.on.aws', 'my-images.s3.amazonaws.com'),
    );
    expect(await refusal(...other, ...POLICY)).toContain('--bucket my-school-site or --bucket my-images');
    const { paths } = await planned(['resized/a.png'], ...other, ...POLICY, '--bucket', 'my-images');
    expect(paths).toEqual(['/resized/a.png']);
    expect(await refusal(...other, ...POLICY, '--bucket', 'elsewhere')).toContain('does not show elsewhere');
  });

  it('its parts without the distribution itself', async () => {
    expect(await refusal(...POLICY)).toContain('Which distribution? Give --distribution as well');
  });

  it('what the distribution itself tells', async () => {
    expect(await refusal(...SCHOOL, ...POLICY, '--origin-path', '/v1')).toContain(
      "'--distribution <file>' cannot be used with option '--origin-path <path>'",
    );
  });

  it('URLs that are no JSON, or no URLs', async () => {
    expect(await refusal(...SCHOOL, ...POLICY, '--urls', '*.html')).toContain('must be JSON');
    expect(await refusal(...SCHOOL, ...POLICY, '--urls', '{"*": ["a"]}')).toContain('"a" must begin with /');
  });
});

describe('The policies of AWS that are built in', () => {
  it('are those that the CDK names', () => {
    const caching = [
      CachePolicy.AMPLIFY,
      CachePolicy.CACHING_DISABLED,
      CachePolicy.CACHING_OPTIMIZED,
      CachePolicy.CACHING_OPTIMIZED_FOR_UNCOMPRESSED_OBJECTS,
      CachePolicy.ELEMENTAL_MEDIA_PACKAGE,
      CachePolicy.USE_ORIGIN_CACHE_CONTROL_HEADERS,
      CachePolicy.USE_ORIGIN_CACHE_CONTROL_HEADERS_QUERY_STRINGS,
    ];
    const headers = [
      ResponseHeadersPolicy.CORS_ALLOW_ALL_ORIGINS,
      ResponseHeadersPolicy.CORS_ALLOW_ALL_ORIGINS_WITH_PREFLIGHT,
      ResponseHeadersPolicy.SECURITY_HEADERS,
      ResponseHeadersPolicy.CORS_ALLOW_ALL_ORIGINS_AND_SECURITY_HEADERS,
      ResponseHeadersPolicy.CORS_ALLOW_ALL_ORIGINS_WITH_PREFLIGHT_AND_SECURITY_HEADERS,
    ];
    expect(new Set(MANAGED_CACHE_POLICIES.keys())).toEqual(
      new Set(caching.map(({ cachePolicyId }) => cachePolicyId)),
    );
    expect(MANAGED_RESPONSE_HEADERS_POLICIES).toEqual(
      new Set(headers.map(({ responseHeadersPolicyId }) => responseHeadersPolicyId)),
    );
  });
});
