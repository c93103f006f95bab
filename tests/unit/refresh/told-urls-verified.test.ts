import { describe, expect, it } from 'vitest';
import { changeOf } from '../../helpers/changes.ts';
import { formerly, objectOf, site, stale } from './scripted-site.ts';

/** A function shows what lies under `en/` at the root as well. */
const ENGLISH = { told: { 'en/*': ['/$1'] } };

describe('An object that was told to be at another URL', () => {
  const changed = { objects: [changeOf('en/a.css', { eTag: 'new' })] };
  const english = () => site({ 'en/a.css': objectOf('new') }, ENGLISH);

  it('is asked there, too', async () => {
    const { verify, edge, asked } = english();
    edge.set('/a.css', objectOf('new'));
    expect(await verify(changed)).toMatchObject({ verified: 2 });
    expect(asked.sort()).toEqual(['/a.css', '/en/a.css']);
  });

  it('is stale if its former content is there', async () => {
    const { verify, edge } = english();
    edge.set('/a.css', formerly('old'));
    await expect(verify(changed)).rejects.toEqual(stale('/a.css'));
  });

  it('is stale if nothing is there', async () => {
    const { verify } = english();
    await expect(verify(changed)).rejects.toEqual(stale('/a.css'));
  });

  it('is not stale if the object of that name is there, as the bucket holds it now', async () => {
    const { verify, edge, bucket } = english();
    bucket.set('a.css', objectOf('other'));
    edge.set('/a.css', objectOf('other'));
    expect(await verify(changed)).toMatchObject({ verified: 2 });
  });
});

describe('An object at whose URL another one was told to be', () => {
  const changed = { objects: [changeOf('a.css', { eTag: 'new' })] };
  const root = () => site({ 'a.css': objectOf('new') }, ENGLISH);

  it('is not stale if that one is there', async () => {
    const { verify, edge, bucket } = root();
    bucket.set('en/a.css', objectOf('english'));
    edge.set('/a.css', objectOf('english'));
    expect(await verify(changed)).toMatchObject({ verified: 1 });
  });

  it('is not stale if nothing is there, because that one is missing', async () => {
    const { verify, edge } = root();
    edge.delete('/a.css');
    expect(await verify(changed)).toMatchObject({ verified: 1 });
  });

  it('is not stale if an error page is there, because that one is missing', async () => {
    const { verify, edge } = site({ 'a.css': objectOf('new'), 'app.html': objectOf('app') }, ENGLISH, [
      '/app.html',
    ]);
    edge.set('/a.css', objectOf('app'));
    expect(await verify(changed)).toMatchObject({ verified: 1 });
  });

  it('is stale if neither of them is there', async () => {
    const { verify, edge, bucket } = root();
    bucket.set('en/a.css', objectOf('english'));
    edge.set('/a.css', formerly('old'));
    await expect(verify(changed)).rejects.toEqual(stale('/a.css'));
  });
});

it('A told URL is not asked for a key that the origin path of its behaviour keeps from being there', async () => {
  const { verify, asked } = site(
    { 'v2/index.html': objectOf('new') },
    {
      behaviours: [
        { pathPattern: '/beta/*', originPaths: ['/v2'] },
        { pathPattern: '*', originPaths: ['/v1'] },
      ],
      told: { 'v2/index.html': ['/', '/beta/'] },
    },
  );
  await expect(verify({ objects: [changeOf('v2/index.html', { eTag: 'new' })] })).rejects.toEqual(
    stale('/beta/'),
  );
  expect(asked).toEqual(['/beta/']);
});

it('An answer of another origin proves nothing: a removed object is not asked where another origin answers', async () => {
  const { verify, asked } = site(
    {},
    {
      behaviours: [
        { pathPattern: '/docs/*', originPaths: [''] },
        { pathPattern: '*', originPaths: [] },
      ],
      told: { '*': ['/docs/$1'] },
    },
  );
  expect(await verify({ objects: [changeOf('a.css', { removed: true })] })).toMatchObject({ verified: 1 });
  expect(asked).toEqual(['/docs/a.css']);
});
