import { rm } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { EdgeTraits } from '../../infra/local/services/cloudfront/points-of-presence.ts';
import { BASIC_AUTH } from '../fixtures/closed-site.ts';
import { ASSEMBLY, assemblyWith } from '../helpers/assembly.ts';
import { callerReferences, expectFailed, expectFresh, inject, PAGE, upload } from '../helpers/endings.ts';
import { type Site, startSite } from '../helpers/site.ts';

interface SiteOptions extends EdgeTraits {
  readonly assemblyDirectory?: string;
}

/** Starts a site whose edge behaves in its own way. */
async function start({ assemblyDirectory = ASSEMBLY, ...traits }: SiteOptions): Promise<Site> {
  const site = await startSite({ assemblyDirectory, ...traits, timeScale: 0.002, invalidationDelayMs: 0 });
  onTestFinished(site.stop);
  return site;
}

/** The school's template, whose function stands in front of its pages instead of its API. */
const withFunction = (code: string) =>
  assembly(({ Type, Properties }) => {
    if (Type === 'AWS::CloudFront::Function') Properties['FunctionCode'] = code;
    if (Type !== 'AWS::CloudFront::Distribution') return;
    const { DefaultCacheBehavior, CacheBehaviors } = Properties['DistributionConfig'] as Behaviours;
    DefaultCacheBehavior['FunctionAssociations'] = CacheBehaviors[0]?.['FunctionAssociations'];
  });

async function assembly(change: Parameters<typeof assemblyWith>[0]): Promise<string> {
  const directory = await assemblyWith(change);
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

interface Behaviours {
  readonly DefaultCacheBehavior: Record<string, unknown>;
  readonly CacheBehaviors: readonly Record<string, unknown>[];
}

const CANONICAL_HOST = `function handler(event) {
  var request = event.request;
  if (request.headers.host.value === 'www.example.com') return request;
  return { statusCode: 301, headers: { location: { value: 'https://www.example.com' + request.uri } } };
}`;

const CLEAN_URLS = `function handler(event) {
  var request = event.request;
  if (/\\.txt$/.test(request.uri))
    return { statusCode: 301, headers: { location: { value: request.uri.replace(/\\.txt$/, '') } } };
  request.uri += '.txt';
  return request;
}`;

const statesOf = (site: Site) =>
  site.cloud.journal.entries.flatMap(entry => (entry.kind === 'execution' ? [entry.state] : []));

describe('A site that says nothing of its objects', () => {
  it.each([
    {
      what: 'wants a password',
      options: async () => ({ assemblyDirectory: await withFunction(BASIC_AUTH) }),
      code: 'unauthorized',
      reason: /^127\.0\.0\.1:\d+ answers 401$/,
    },
    {
      what: 'sends foreign hosts to its own',
      options: async () => ({ assemblyDirectory: await withFunction(CANONICAL_HOST) }),
      code: 'redirected',
      reason: /^127\.0\.0\.1:\d+ redirects to https:\/\/www\.example\.com$/,
    },
    {
      what: 'has a firewall',
      options: async () => ({ blocks: () => true }),
      code: 'forbidden',
      reason: /^127\.0\.0\.1:\d+ answers 403$/,
    },
  ])('since it $what is invalidated once, and called neither fresh nor stale', async each => {
    const site = await start(await each.options());
    const { refresh, execution } = await upload(site);
    expect(execution.status).toBe('SUCCEEDED');
    expect(refresh.verification?.result).toEqual({
      verified: 0,
      superseded: 0,
      urls: [],
      unasked: {
        code: each.code,
        reason: expect.stringMatching(each.reason),
        count: 1,
        urls: [`/${PAGE}`],
      },
    });
    expect(statesOf(site)).toEqual(
      expect.arrayContaining(['Verify: all asked?', 'Report: unasked', 'End: unasked']),
    );
    expect(statesOf(site)).not.toContain('Verify: once more?');
    expect(await callerReferences(site, refresh.id)).toHaveLength(1);
  });

  it('has the removal of an object unproved as well', async () => {
    const site = await start({ blocks: () => true });
    await upload(site);
    await site.remove(PAGE);
    await site.settled();
    const [removal] = await site.refreshes(1);
    expect(removal?.verification?.result).toMatchObject({ verified: 0, unasked: { code: 'forbidden' } });
  });
});

describe('A site with clean URLs', () => {
  it('is verified where its redirects end', async () => {
    const site = await start({ assemblyDirectory: await withFunction(CLEAN_URLS) });
    const { refresh, execution } = await upload(site);
    expect(execution.status).toBe('SUCCEEDED');
    expect(refresh.verification?.result).toEqual({ verified: 1, superseded: 0, urls: [`/${PAGE}`] });
  });
});

describe('An edge that keeps the methods', () => {
  it.each([
    { how: 'together', keepsHeadApart: false },
    { how: 'apart', keepsHeadApart: true },
  ])('$how is fresh once the purge has reached all of them', async ({ keepsHeadApart }) => {
    const site = await start({ keepsHeadApart });
    await upload(site);
    await viewAll(site);
    await expectFresh(site, await upload(site));
  });
});

describe('A purge that misses', () => {
  it.each([
    { what: 'what browsers get', variant: 'GET br,gzip', keepsHeadApart: false },
    { what: 'what browsers get, HEAD apart', variant: 'GET br,gzip', keepsHeadApart: true },
    { what: 'the stored form', variant: 'GET ', keepsHeadApart: false },
  ])('$what is found out, and tried once more', async ({ variant, keepsHeadApart }) => {
    const missed = new Set<string>();
    const site = await start({
      keepsHeadApart,
      survivesPurge: ({ method, encodings }) => missed.has(`${method} ${encodings}`),
    });
    await upload(site);
    await viewAll(site);
    missed.add(variant);
    const ended = await upload(site);
    expectFailed(ended, 'EdgeStale');
    expect(ended.refresh.end?.failure).toContain(`/${PAGE}`);
    expect(await callerReferences(site, ended.refresh.id)).toHaveLength(2);
  });
});

/** Has every point of presence cache every variant of the page. */
async function viewAll(site: Site): Promise<void> {
  for (const pop of site.pops)
    for (const method of ['GET', 'HEAD'])
      for (const encodings of ['', 'gzip, br']) {
        const headers = { host: '127.0.0.1', 'accept-encoding': encodings };
        await site.cloud.request({ method, url: `/${PAGE}`, headers, body: Buffer.alloc(0) }, pop);
      }
}

describe('A refresh', () => {
  it('fails at once when a bucket policy denies the functions its objects', async () => {
    const site = await start({});
    const denied = { status: 403, headers: {}, body: '' };
    const denial = inject(site, { action: 'HeadObject', caller: 'Verify' }, async () => denied);
    const ended = await upload(site);
    expectFailed(ended, 'AccessDenied');
    expect(ended.mail.body.text).toContain(`S3 answers 403 to HeadObject of ${PAGE}`);
    expect(denial.met).toHaveLength(1);
  });

  it('without a record fails, and says so', async () => {
    const site = await start({});
    const nothing = {
      status: 200,
      headers: { 'content-type': 'application/x-amz-json-1.0' },
      body: '{}',
    };
    inject(site, { action: 'GetItem', caller: 'StateMachine' }, async () => nothing, 1);
    await site.put(PAGE, 'content');
    await site.settled();
    expect(await site.executions()).toMatchObject([{ status: 'FAILED' }]);
    expect(statesOf(site)).toContain('Settle: no record');
  });
});
