import { describe, expect, it } from 'vitest';
import type { Refresh } from '../../../shared/refresh/refresh.ts';
import { verifiedFrom } from '../../../shared/refresh/verified.ts';
import { changeOf } from '../../helpers/changes.ts';
import { formerly, LATER, objectOf, REFRESH, site, stale } from './scripted-site.ts';

describe('where the distribution shows a page with status 200 instead of a missing object', () => {
  const gone = { objects: [changeOf('gone.js', { removed: true })] };
  const app = (originPath = '') =>
    site({ 'index.html': objectOf('app') }, { originPath }, ['', '/index.html']);
  const closed: Refresh = { ...REFRESH, closedAt: '2026-11-02T10:00:03.000Z' };

  it('a removed object is verified by that page, and remembered as absent', async () => {
    const { verify, edge, remembered } = app();
    edge.set('/gone.js', objectOf('app'));
    expect(await verify(gone)).toEqual({ verified: 1, superseded: 0 });
    expect(remembered).toEqual({ 'gone.js m1': verifiedFrom(undefined) });
  });

  it('the page is found behind the origin path', async () => {
    const { verify, bucket, edge } = app('/site');
    bucket.set('site/index.html', objectOf('app at the site'));
    edge.set('/gone.js', objectOf('app at the site'));
    const objects = [changeOf('site/gone.js', { removed: true })];
    expect(await verify({ objects })).toEqual({ verified: 1, superseded: 0 });
  });

  it.each([
    { what: 'the removed object', shown: objectOf('old') },
    {
      what: 'the page with the headers that it had',
      shown: formerly('app', { 'cache-control': 'no-cache' }),
    },
  ])('the edge is stale when it shows $what', async ({ shown }) => {
    const { verify, edge } = app();
    edge.set('/gone.js', shown);
    await expect(verify(gone)).rejects.toEqual(stale('/gone.js'));
  });

  it('the edge is stale when it shows the page instead of an object that exists', async () => {
    const { verify, bucket, edge } = app();
    bucket.set('new.js', objectOf('new'));
    edge.set('/new.js', objectOf('app'));
    const objects = [changeOf('new.js', { eTag: 'new' })];
    await expect(verify({ objects })).rejects.toEqual(stale('/new.js'));
  });

  it('a former version of the page is left to the refresh that changed it', async () => {
    const { verify, bucket, edge } = app();
    edge.set('/gone.js', objectOf('app'));
    bucket.set('index.html', { ...objectOf('app 2'), lastModified: LATER });
    expect(await verify(gone, closed)).toEqual({ verified: 0, superseded: 1 });
  });

  it('a page of another origin is what the edge shows at its own URL', async () => {
    const behaviours = [
      { pathPattern: '/files/*', originPaths: [''] },
      { pathPattern: '*', originPaths: [] },
    ];
    const { verify, edge } = site({}, { behaviours }, ['/sorry.html']);
    edge.set('/sorry.html', objectOf('sorry'));
    edge.set('/files/gone.js', objectOf('sorry'));
    const objects = [changeOf('files/gone.js', { removed: true })];
    expect(await verify({ objects })).toEqual({ verified: 1, superseded: 0 });
    edge.set('/files/gone.js', objectOf('old'));
    await expect(verify({ objects })).rejects.toEqual(stale('/files/gone.js'));
  });

  it('nothing is verified by a page that is not in the bucket', async () => {
    const { verify, bucket, edge } = app();
    bucket.clear();
    edge.set('/gone.js', objectOf('app'));
    await expect(verify(gone)).rejects.toEqual(stale('/gone.js'));
  });
});
