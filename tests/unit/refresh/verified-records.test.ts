import { describe, expect, it } from 'vitest';
import type { Change } from '../../../shared/refresh/refresh.ts';
import { verifiedFrom } from '../../../shared/refresh/verified.ts';
import { changeOf } from '../../helpers/changes.ts';
import { objectOf, site, stale } from './scripted-site.ts';

describe('what is verified is remembered under the mark of the plan', () => {
  it('as what the bucket held, or that it held nothing', async () => {
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
  ])('except a key $what', async ({ objects }) => {
    const { verify, bucket, remembered } = site({ 'a.css': objectOf('new') });
    bucket.set('../a.css', objectOf('new'));
    await verify({ objects: objects as Change[] });
    expect(remembered).toEqual({});
  });

  it('except a key that changed again at one of its URLs', async () => {
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

  it('except while another key is stale: then nothing is remembered', async () => {
    const { verify, edge, remembered } = site({ 'a.css': objectOf('new'), 'b.css': objectOf('new') });
    edge.set('/b.css', objectOf('old'));
    const objects = ['a.css', 'b.css'].map(key => changeOf(key, { eTag: 'new' }));
    await expect(verify({ objects })).rejects.toEqual(stale('/b.css'));
    expect(remembered).toEqual({});
  });

  it('except paths requested manually', async () => {
    const { verify, remembered } = site({ 'a.css': objectOf('new') });
    await verify({ paths: ['/a.css'] });
    expect(remembered).toEqual({});
  });
});
