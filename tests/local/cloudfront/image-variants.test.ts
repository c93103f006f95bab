import { expect, it } from 'vitest';
import { planInvalidation } from '../../../shared/planning/plan.ts';
import { PLANNING } from '../../helpers/planning.ts';
import { behaviour, openSite } from './site.ts';

const BY_QUERY_STRING = {
  Name: 'by-query-string',
  DefaultTTL: 86_400,
  MaxTTL: 31_536_000,
  MinTTL: 0,
  ParametersInCacheKeyAndForwardedToOrigin: {
    EnableAcceptEncodingGzip: false,
    CookiesConfig: { CookieBehavior: 'none' },
    HeadersConfig: { HeaderBehavior: 'none' },
    QueryStringsConfig: { QueryStringBehavior: 'all' },
  },
};

/** What somebody tells of a site that resizes images, and the URLs of one image. */
const SITES = [
  { told: { 'img/*': ['/img/$1*'] }, variants: ['/img/a.jpg', '/img/a.jpg?w=200', '/img/a.jpg/w200/webp'] },
  {
    told: { 'img/*.jpg': ['/img/$1*', '/thumbnails/$1.*'] },
    variants: ['/img/a-200.jpg', '/thumbnails/a.webp'],
  },
  {
    told: { 'img/*': ['/img/$1', '/w200/img/$1', '/w800/img/$1'] },
    variants: ['/w200/img/a.jpg', '/w800/img/a.jpg'],
  },
];

it.each(SITES)(
  'Resized variants of an image are purged with it, told by $told',
  async ({ told, variants }) => {
    const { origin, get, invalidate } = openSite(
      { DefaultCacheBehavior: behaviour({ CachePolicyId: 'own' }) },
      { cachePolicies: new Map([['own', BY_QUERY_STRING]]) },
    );
    const show = async () => Promise.all([...variants, '/img/b.jpg'].map(async url => (await get(url)).text));
    const store = (body: string) => {
      for (const url of [...variants, '/img/b.jpg']) origin.files.set(url.split('?')[0] ?? url, { body });
    };
    store('old');
    await show();
    store('new');
    const { paths } = planInvalidation({
      ...PLANNING,
      urls: { ...PLANNING.urls, told },
      changedKeys: ['img/a.jpg'],
      requestedPaths: [],
      siteKeys: ['img/a.jpg', 'img/b.jpg'],
    });
    await invalidate(paths);
    expect(await show()).toEqual([...variants.map(() => 'new'), 'old']);
  },
);
