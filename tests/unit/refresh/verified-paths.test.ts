import { describe, expect, it } from 'vitest';
import { checksFor } from '../../../shared/refresh/verification-checks.ts';
import { listingOf } from '../../helpers/listing.ts';
import { PLANNING } from '../../helpers/planning.ts';
import { objectOf, site, stale } from './scripted-site.ts';

describe('A path requested manually', () => {
  it('is verified at the URL that it names', async () => {
    const { verify, edge, asked } = site({ 'my file.css': objectOf('new') });
    edge.set('/my%20file.css', objectOf('new'));
    expect(await verify({ paths: ['/my%20file.css'] })).toEqual({ verified: 1, superseded: 0 });
    expect(asked).toEqual(['/my%20file.css']);
  });

  it('is stale if the edge shows something else than the bucket', async () => {
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

  it('is not checked when it names no object: it may be a route of the page, or of another origin', async () => {
    const { verify, edge, asked } = site({ 'index.html': objectOf('new') });
    edge.set('/login', objectOf('new'));
    expect(await verify({ paths: ['/login'] })).toEqual({ verified: 0, superseded: 0 });
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

  it('takes one listing request, however large the site is', async () => {
    const keys = Array.from({ length: 3000 }, (_, number) => `${1000 + number}.html`);
    const bucket = listingOf(keys);
    const checks = await checksFor({ objects: [], paths: ['/*', '/3999.html'] }, bucket, PLANNING.urls);
    expect(checks.map(({ key }) => key)).toEqual([...keys.slice(0, 25), '3999.html']);
    expect(bucket.requests).toBe(2);
  });

  it('is below the origin path', async () => {
    const { verify, edge } = site(
      { 'site/a.css': objectOf('new'), 'a.css': objectOf('other') },
      { originPath: '/site' },
    );
    edge.clear();
    edge.set('/a.css', objectOf('new'));
    expect(await verify({ paths: ['/a.css', '/*'] })).toEqual({ verified: 2, superseded: 0 });
  });
});
