import { describe, expect, it } from 'vitest';
import type { Change, Changes, Refresh, Verification } from '../../../shared/refresh/refresh.ts';
import type { Served } from '../../../shared/refresh/served.ts';
import { type Verified, verifiedFrom } from '../../../shared/refresh/unchanged.ts';
import { verifyEdge } from '../../../shared/refresh/verify-edge.ts';
import { changeOf } from '../../helpers/changes.ts';
import { planOf } from '../../helpers/planning.ts';

const REFRESH: Refresh = {
  id: 'r1',
  distributionId: 'EDFDVBD632BHDS5',
  state: 'invalidating',
  generation: 1,
  startedAt: '2026-11-02T10:00:00.000Z',
  plan: planOf(['/a.css'], { mark: 'm1' }),
};

/** An object as S3 and the edge show it; `changeOf` uploads happen half a second after its last write. */
function objectOf(content: string, headers: Record<string, string> = {}): Served {
  return { lastModified: 'Mon, 02 Nov 2026 10:00:00 GMT', headers: { etag: `"${content}"`, ...headers } };
}

const LATER = 'Mon, 02 Nov 2026 10:00:07 GMT';

/** A bucket and an edge in front of it. Whatever is written to either shows at once. */
function site(objects: Record<string, Served>, originPath = '') {
  const bucket = new Map(Object.entries(objects));
  const edge = new Map(Object.entries(objects).map(([key, served]) => [`/${key}`, served]));
  const asked: string[] = [];
  const recorded: (string | Verification)[] = [];
  const remembered: Record<string, Verified> = {};
  let onEdgeRead = () => {};
  return {
    bucket,
    edge,
    asked,
    recorded,
    /** What was remembered as verified, by key and mark. */
    remembered,
    /** Runs something while the edge is being asked. */
    whileAsking: (action: () => void) => {
      onEdgeRead = action;
    },
    verify: (changes: Partial<Changes>, refresh: Refresh | undefined = REFRESH) =>
      verifyEdge('r1', {
        refreshes: {
          get: async () => refresh,
          changesOf: async () => ({ objects: [], paths: [], ...changes }),
          recordVerifying: async () => void recorded.push('verifying'),
          recordVerification: async (_, verification) => void recorded.push(verification),
        },
        records: {
          recordVerified: async ({ key }, mark, verified) => {
            remembered[`${key} ${mark}`] = verified;
          },
        },
        origin: { head: async key => bucket.get(key), keys: async () => [...bucket.keys()] },
        edge: {
          head: async path => {
            asked.push(path);
            const shown = edge.get(path);
            onEdgeRead();
            return shown;
          },
        },
        originPath,
      }),
  };
}

const stale = (...urls: string[]) => expect.objectContaining({ name: 'EdgeStale', urls });

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
  ])('and of $which URLs remembers as many as a record holds beside its plan', async each => {
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

  it('by URLs encoded as clients do', async () => {
    const { verify, edge, asked } = site({ 'my file+1.css': objectOf('new') });
    edge.set('/my%20file%2B1.css', objectOf('new'));
    await verify({ objects: [changeOf('my file+1.css')] });
    expect(asked).toEqual(['/my%20file%2B1.css']);
  });

  it('once a key, however many events told of it', async () => {
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

  it('without what lies outside the origin path', async () => {
    const { verify, edge, asked } = site(
      { 'site/a.css': objectOf('new'), 'drafts/b.css': objectOf('new') },
      '/site',
    );
    edge.set('/a.css', objectOf('new'));
    const changes = { objects: [changeOf('site/a.css'), changeOf('drafts/b.css')] };
    expect(await verify(changes)).toEqual({ verified: 1, superseded: 0 });
    expect(asked).toEqual(['/a.css']);
  });
});

describe('what is verified is remembered under the mark of the plan', () => {
  it('by what the bucket held, or that it held nothing', async () => {
    const { verify, remembered } = site({ 'a.css': objectOf('new') });
    const objects = [changeOf('a.css', { eTag: 'new' }), changeOf('gone.css', { removed: true })];
    await verify({ objects });
    expect(remembered).toEqual({
      'a.css m1': verifiedFrom(objectOf('new')),
      'gone.css m1': verifiedFrom(undefined),
    });
  });

  it.each([
    { what: 'of a later version', objects: [changeOf('a.css', { eTag: 'old' })] },
    { what: 'that came back', objects: [changeOf('a.css', { removed: true })] },
    { what: 'without an ETag in its event', objects: [{ ...changeOf('a.css'), eTag: undefined }] },
    { what: 'without a sequencer', objects: [changeOf('a.css', { eTag: 'new', sequencer: '' })] },
    { what: 'nobody can ask for', objects: [changeOf('../a.css', { eTag: 'new' })] },
  ])('but nothing of a key $what', async ({ objects }) => {
    const { verify, bucket, remembered } = site({ 'a.css': objectOf('new') });
    bucket.set('../a.css', objectOf('new'));
    await verify({ objects: objects as Change[] });
    expect(remembered).toEqual({});
  });

  it('but nothing of a key that changed again at one of its URLs', async () => {
    const { verify, bucket, edge, whileAsking, remembered } = site({ 'index.html': objectOf('new') });
    edge.set('/', objectOf('new'));
    whileAsking(() => {
      bucket.set('index.html', objectOf('newer'));
      edge.set('/', objectOf('old'));
    });
    const objects = [changeOf('index.html', { eTag: 'new' })];
    expect(await verify({ objects })).toEqual({ verified: 1, superseded: 1 });
    expect(remembered).toEqual({});
  });

  it('but nothing at all while another key is stale', async () => {
    const { verify, edge, remembered } = site({ 'a.css': objectOf('new'), 'b.css': objectOf('new') });
    edge.set('/b.css', objectOf('old'));
    const objects = ['a.css', 'b.css'].map(key => changeOf(key, { eTag: 'new' }));
    await expect(verify({ objects })).rejects.toEqual(stale('/b.css'));
    expect(remembered).toEqual({});
  });

  it('and nothing of paths asked for by hand', async () => {
    const { verify, remembered } = site({ 'a.css': objectOf('new') });
    await verify({ paths: ['/a.css'] });
    expect(remembered).toEqual({});
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
    edge.set('/a.css', objectOf('same', { 'cache-control': 'max-age=3600' }));
    await expect(verify({ objects: [changeOf('a.css', { eTag: 'same' })] })).rejects.toEqual(stale('/a.css'));
  });

  it('when it lacks a header that the object has now', async () => {
    const { verify, edge } = site({ 'a.css': objectOf('same', { 'content-type': 'text/css' }) });
    edge.set('/a.css', objectOf('same'));
    await expect(verify({ objects: [changeOf('a.css', { eTag: 'same' })] })).rejects.toEqual(stale('/a.css'));
  });

  it('when it serves the content with old user metadata', async () => {
    const { verify, edge } = site({ 'a.css': objectOf('same', { 'x-amz-meta-owner': 'Ann' }) });
    edge.set('/a.css', objectOf('same'));
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

describe('a path asked for by hand', () => {
  it('is verified at the URL that it names', async () => {
    const { verify, edge, asked } = site({ 'my file.css': objectOf('new') });
    edge.set('/my%20file.css', objectOf('new'));
    expect(await verify({ paths: ['/my%20file.css'] })).toEqual({ verified: 1, superseded: 0 });
    expect(asked).toEqual(['/my%20file.css']);
  });

  it('is stale when the edge shows something else than the bucket', async () => {
    const { verify, edge } = site({ 'a.css': objectOf('new') });
    edge.set('/a.css', objectOf('old'));
    await expect(verify({ paths: ['/a.css'] })).rejects.toEqual(stale('/a.css'));
  });

  it('is the root itself when it names the root', async () => {
    const { verify, edge } = site({ 'index.html': objectOf('new') });
    edge.set('/', objectOf('old')).set('/index.html', objectOf('old'));
    await expect(verify({ paths: ['/'] })).rejects.toEqual(stale('/'));
  });

  it('is not checked when it is a folder, which some sites do not serve', async () => {
    const { verify, asked } = site({ 'docs/index.html': objectOf('new') });
    expect(await verify({ paths: ['/docs/'] })).toEqual({ verified: 0, superseded: 0 });
    expect(asked).toEqual([]);
  });

  it('is spot-checked, the root with it, when it is a wildcard', async () => {
    const { verify, edge, asked } = site({ 'index.html': objectOf('new'), 'docs/a.html': objectOf('new') });
    edge.set('/', objectOf('new'));
    expect(await verify({ paths: ['/*'] })).toEqual({ verified: 3, superseded: 0 });
    expect(new Set(asked)).toEqual(new Set(['/', '/index.html', '/docs/a.html']));
  });

  it('is spot-checked only below itself, by 25 URLs at most', async () => {
    const keys = Array.from({ length: 100 }, (_, number) => `docs/${number}.html`);
    const { verify, asked } = site(Object.fromEntries(['a.css', ...keys].map(key => [key, objectOf('new')])));
    expect(await verify({ paths: ['/docs/*'] })).toEqual({ verified: 25, superseded: 0 });
    expect(asked).not.toContain('/a.css');
  });

  it('is below the origin path', async () => {
    const { verify, edge } = site({ 'site/a.css': objectOf('new'), 'a.css': objectOf('other') }, '/site');
    edge.clear();
    edge.set('/a.css', objectOf('new'));
    expect(await verify({ paths: ['/a.css', '/*'] })).toEqual({ verified: 2, superseded: 0 });
  });
});

describe('verifying', () => {
  it('says so when there is no such refresh', async () => {
    const verification = verifyEdge('r1', {
      refreshes: {
        get: async () => undefined,
        changesOf: async () => ({ objects: [], paths: [] }),
        recordVerifying: () => Promise.reject(new Error('Nothing may be recorded')),
        recordVerification: () => Promise.reject(new Error('Nothing may be recorded')),
      },
      records: { recordVerified: () => Promise.reject(new Error('Nothing may be recorded')) },
      origin: { head: async () => undefined, keys: async () => [] },
      edge: { head: async () => undefined },
      originPath: '',
    });
    await expect(verification).rejects.toThrow(expect.objectContaining({ name: 'UnknownRefresh' }));
  });

  it('ends at once when the edge cannot be asked', async () => {
    const { verify, whileAsking } = site({ 'a.css': objectOf('new') });
    whileAsking(() => {
      throw new Error('The edge answered 503');
    });
    await expect(verify({ objects: [changeOf('a.css')] })).rejects.toThrow('The edge answered 503');
  });
});
