import { describe, expect, it } from 'vitest';
import { verifyEdge } from '../../../shared/refresh/verify-edge.ts';
import { changeOf } from '../../helpers/changes.ts';
import { listingOf } from '../../helpers/listing.ts';
import { PLANNING } from '../../helpers/planning.ts';
import { formerly, LATER, objectOf, site, stale } from './scripted-site.ts';

describe('a refresh is verified', () => {
  it('when the edge serves what the bucket holds', async () => {
    const { verify, recorded } = site({ 'a.css': objectOf('new') });
    expect(await verify({ objects: [changeOf('a.css', { eTag: 'new' })] })).toEqual({
      verified: 1,
      superseded: 0,
    });
    expect(recorded).toEqual(['verifying', { verified: 1, superseded: 0, urls: ['/a.css'] }]);
  });

  it.each([
    { which: 'many', nameLength: 10, remembered: 200 },
    { which: 'long', nameLength: 399, remembered: 50 },
  ])('and remembers of $which URLs as many as fit its record', async each => {
    const keys = Array.from({ length: 300 }, (_, index) => String(index).padStart(each.nameLength, 'a'));
    const { verify, recorded } = site(Object.fromEntries(keys.map(key => [key, objectOf('new')])));
    await verify({ objects: keys.map(key => changeOf(key, { eTag: 'new' })) });
    const urls = keys.slice(0, each.remembered).map(key => `/${key}`);
    expect(recorded.at(-1)).toEqual({ verified: 300, superseded: 0, urls });
  });

  it('when both agree that a removed object is gone', async () => {
    expect(await site({}).verify({ objects: [changeOf('gone.css', { removed: true })] })).toEqual({
      verified: 1,
      superseded: 0,
    });
  });

  it('at the root as well when the home page changed, but not at folders, which some sites do not serve', async () => {
    const { verify, edge, asked } = site({
      'index.html': objectOf('home'),
      'docs/index.html': objectOf('docs'),
    });
    edge.set('/', objectOf('home'));
    const changes = { objects: [changeOf('index.html'), changeOf('docs/index.html')] };
    expect(await verify(changes)).toEqual({ verified: 3, superseded: 0 });
    expect(new Set(asked)).toEqual(new Set(['/', '/index.html', '/docs/index.html']));
  });

  it('at the root by the default root object, whatever is called index.html', async () => {
    const objects = { 'home.html': objectOf('home'), 'index.html': objectOf('index') };
    const { verify, edge, asked } = site(objects, { rootObject: 'home.html' });
    edge.set('/', objectOf('home'));
    const changes = { objects: [changeOf('index.html'), changeOf('home.html')], paths: ['/'] };
    expect(await verify(changes)).toEqual({ verified: 4, superseded: 0 });
    expect(new Set(asked)).toEqual(new Set(['/', '/home.html', '/index.html']));
  });

  it('without the root when the distribution has no default root object', async () => {
    const { verify, asked } = site({ 'index.html': objectOf('index') }, { rootObject: '' });
    await verify({ objects: [changeOf('index.html')], paths: ['/', '/*'] });
    expect(new Set(asked)).toEqual(new Set(['/index.html']));
  });

  it('by URLs encoded as clients do', async () => {
    const { verify, edge, asked } = site({ 'my file+1.css': objectOf('new') });
    edge.set('/my%20file%2B1.css', objectOf('new'));
    await verify({ objects: [changeOf('my file+1.css')] });
    expect(asked).toEqual(['/my%20file%2B1.css']);
  });

  it('once per key, however many events name it', async () => {
    const { verify, asked } = site({ 'a.css': objectOf('new') });
    const objects = ['01', '02'].map(sequencer => changeOf('a.css', { eTag: 'new', sequencer }));
    expect(await verify({ objects })).toEqual({ verified: 1, superseded: 0 });
    expect(asked).toEqual(['/a.css']);
  });

  it('when the edge shows an earlier upload of the same content and headers', async () => {
    const { verify, bucket } = site({ 'a.css': objectOf('same') });
    bucket.set('a.css', { ...objectOf('same'), lastModified: LATER });
    expect(await verify({ objects: [changeOf('a.css', { eTag: 'same' })] })).toEqual({
      verified: 1,
      superseded: 0,
    });
  });

  it('when the distribution replaces and removes headers of the object', async () => {
    const stored = { 'cache-control': 'no-cache', 'x-amz-meta-owner': 'Ann' };
    const { verify, edge } = site({ 'a.css': objectOf('same', stored) });
    edge.set('/a.css', objectOf('same', { 'cache-control': 'max-age=60' }));
    expect(await verify({ objects: [changeOf('a.css', { eTag: 'same' })] })).toEqual({
      verified: 1,
      superseded: 0,
    });
  });

  it('without what lies outside the origin path', async () => {
    const { verify, edge, asked } = site(
      { 'site/a.css': objectOf('new'), 'drafts/b.css': objectOf('new') },
      { originPath: '/site' },
    );
    edge.set('/a.css', objectOf('new'));
    const changes = { objects: [changeOf('site/a.css'), changeOf('drafts/b.css')] };
    expect(await verify(changes)).toEqual({ verified: 1, superseded: 0 });
    expect(asked).toEqual(['/a.css']);
  });
});

describe('the edge is stale', () => {
  it('when it serves old content', async () => {
    const { verify, edge, recorded } = site({ 'a.css': objectOf('new') });
    edge.set('/a.css', objectOf('old'));
    await expect(verify({ objects: [changeOf('a.css', { eTag: 'new' })] })).rejects.toEqual(stale('/a.css'));
    expect(recorded).toEqual(['verifying']);
  });

  it('when it serves the content with old headers', async () => {
    const { verify, edge } = site({ 'a.css': objectOf('same', { 'cache-control': 'max-age=60' }) });
    edge.set('/a.css', formerly('same', { 'cache-control': 'max-age=3600' }));
    await expect(verify({ objects: [changeOf('a.css', { eTag: 'same' })] })).rejects.toEqual(stale('/a.css'));
  });

  it('when it lacks a header that the object has now', async () => {
    const { verify, edge } = site({ 'a.css': objectOf('same', { 'content-type': 'text/css' }) });
    edge.set('/a.css', formerly('same'));
    await expect(verify({ objects: [changeOf('a.css', { eTag: 'same' })] })).rejects.toEqual(stale('/a.css'));
  });

  it('when it serves the content with old user metadata', async () => {
    const { verify, edge } = site({ 'a.css': objectOf('same', { 'x-amz-meta-owner': 'Ann' }) });
    edge.set('/a.css', formerly('same'));
    await expect(verify({ objects: [changeOf('a.css', { eTag: 'same' })] })).rejects.toEqual(stale('/a.css'));
  });

  it('when it still serves a removed object', async () => {
    const { verify, edge } = site({});
    edge.set('/gone.css', objectOf('old'));
    await expect(verify({ objects: [changeOf('gone.css', { removed: true })] })).rejects.toEqual(
      stale('/gone.css'),
    );
  });

  it('when it remembers that a new object was missing', async () => {
    const { verify, edge } = site({ 'new.css': objectOf('new') });
    edge.delete('/new.css');
    await expect(verify({ objects: [changeOf('new.css', { eTag: 'new' })] })).rejects.toEqual(
      stale('/new.css'),
    );
  });

  it('when only the root shows the old home page', async () => {
    const { verify, edge } = site({ 'index.html': objectOf('new') });
    edge.set('/', objectOf('old'));
    await expect(verify({ objects: [changeOf('index.html', { eTag: 'new' })] })).rejects.toEqual(stale('/'));
  });

  it('and the error names just the stale URLs, in the order of the changes, however many are asked at once', async () => {
    const keys = Array.from({ length: 100 }, (_, number) => `${number}.css`);
    const { verify, edge } = site(Object.fromEntries(keys.map(key => [key, objectOf('new')])));
    for (const number of [70, 3, 41]) edge.set(`/${number}.css`, objectOf('old'));
    const objects = keys.map(key => changeOf(key, { eTag: 'new' }));
    await expect(verify({ objects })).rejects.toEqual(stale('/3.css', '/41.css', '/70.css'));
  });

  it('but the message stays short', async () => {
    const objects = Array.from({ length: 60 }, (_, number) => changeOf(`${number}.css`, { eTag: 'new' }));
    const { verify } = site(Object.fromEntries(objects.map(({ key }) => [key, objectOf('new')])));
    const edgeless = site(Object.fromEntries(objects.map(({ key }) => [key, objectOf('new')])));
    edgeless.edge.clear();
    expect(await verify({ objects })).toEqual({ verified: 60, superseded: 0 });
    await expect(edgeless.verify({ objects })).rejects.toThrow(
      'The edge still serves old content for 60 URLs: /0.css, /1.css, /2.css, /3.css, /4.css …',
    );
  });
});

describe('after a version was deleted', () => {
  const { eTag: _, ...event } = changeOf('a.css');
  const deletion = { ...event, deletesVersion: true, versionId: 'v2' } as const;

  it('the edge is stale if it shows another version than the one that is left', async () => {
    const { verify, edge } = site({ 'a.css': objectOf('older') });
    edge.set('/a.css', objectOf('newest'));
    await expect(verify({ objects: [deletion] })).rejects.toEqual(stale('/a.css'));
  });

  it('the edge is stale if it shows an object although none is left', async () => {
    const { verify, edge } = site({});
    edge.set('/a.css', objectOf('newest'));
    await expect(verify({ objects: [deletion] })).rejects.toEqual(stale('/a.css'));
  });

  it('what is left is verified, but not remembered: the event does not name it', async () => {
    const { verify, remembered } = site({ 'a.css': objectOf('older') });
    expect(await verify({ objects: [deletion] })).toEqual({ verified: 1, superseded: 0 });
    expect(remembered).toEqual({});
  });

  it('an object that was uploaded since is left to its own refresh', async () => {
    const { verify, edge } = site({ 'a.css': { ...objectOf('again'), lastModified: LATER } });
    edge.set('/a.css', objectOf('newest'));
    expect(await verify({ objects: [deletion] })).toEqual({ verified: 0, superseded: 1 });
  });
});

describe('a key that changed again is left to its own refresh', () => {
  it.each([
    { what: 'overwritten', now: objectOf('newer') },
    { what: 'rewritten with other headers', now: { ...objectOf('new'), lastModified: LATER } },
    { what: 'deleted', now: undefined },
  ])('$what since the change', async ({ now }) => {
    const { verify, bucket, edge } = site({ 'a.css': objectOf('new') });
    edge.set('/a.css', objectOf('old'));
    if (now === undefined) bucket.delete('a.css');
    else bucket.set('a.css', now);
    const objects = [changeOf('a.css', { eTag: 'new' })];
    expect(await verify({ objects })).toEqual({ verified: 0, superseded: 1 });
  });

  it('created again since it was removed', async () => {
    const { verify, edge } = site({ 'a.css': objectOf('again') });
    edge.delete('/a.css');
    const objects = [changeOf('a.css', { removed: true })];
    expect(await verify({ objects })).toEqual({ verified: 0, superseded: 1 });
  });

  it.each([
    { what: 'overwritten', now: objectOf('newer') },
    { what: 'deleted', now: undefined },
  ])('$what between the reading of bucket and edge, even for a path asked for by hand', async ({ now }) => {
    const { verify, bucket, edge, whileAsking } = site({ 'a.css': objectOf('new') });
    edge.set('/a.css', objectOf('newer'));
    whileAsking(() => {
      if (now === undefined) bucket.delete('a.css');
      else bucket.set('a.css', now);
    });
    expect(await verify({ paths: ['/a.css'] })).toEqual({ verified: 0, superseded: 1 });
  });
});

describe('verifying', () => {
  it('says so when there is no such refresh', async () => {
    const verification = verifyEdge(
      'r1',
      {
        refreshes: {
          get: async () => undefined,
          changesOf: async () => ({ objects: [], paths: [] }),
          recordVerifying: () => Promise.reject(new Error('Nothing may be recorded')),
          recordVerification: () => Promise.reject(new Error('Nothing may be recorded')),
        },
        records: {
          find: async () => undefined,
          recordVerified: () => Promise.reject(new Error('Nothing may be recorded')),
        },
        origin: { ...listingOf([]), head: async () => undefined, read: async () => undefined },
        openEdge: () => Promise.reject(new Error('Nothing may be asked')),
        urls: PLANNING.urls,
        errorPages: [],
        verify: true,
      },
      { pause: async () => {}, millisecondsLeft: () => 600_000 },
    );
    await expect(verification).rejects.toThrow(expect.objectContaining({ name: 'UnknownRefresh' }));
  });

  it('fails at once on an error of its own', async () => {
    const { verify, whileAsking, pauses } = site({ 'a.css': objectOf('new') });
    whileAsking(() => {
      throw new Error('A mistake');
    });
    await expect(verify({ objects: [changeOf('a.css')] })).rejects.toThrow('A mistake');
    expect(pauses).toEqual([]);
  });
});
