import { describe, expect, it } from 'vitest';
import { openSite } from './site.ts';

const TAGGED = { CacheTagConfig: { HeaderName: 'X-Tags' } };

/** A site with objects that have tags, each of them cached. */
async function cachedSite(tags: Readonly<Record<string, string>>, changes: Record<string, unknown> = TAGGED) {
  const site = openSite(changes, { pointsOfPresence: ['A', 'B'] });
  for (const [url, value] of Object.entries(tags)) {
    site.origin.files.set(url, { body: url, headers: { 'x-tags': value } });
    for (const pop of ['A', 'B']) await site.get(url, {}, { pop });
  }
  const cached = async () => {
    const found: string[] = [];
    for (const url of Object.keys(tags))
      for (const pop of ['A', 'B'])
        if ((await site.get(url, {}, { pop })).xCache === 'Hit') found.push(`${url} ${pop}`);
    return found;
  };
  return { ...site, cached };
}

describe('An invalidation by cache tag', () => {
  it('drops what has the tag at every point of presence, in any case, and nothing else', async () => {
    const { invalidate, cached } = await cachedSite({
      '/a': 'Shoes, product:1',
      '/b': 'product:10',
      '/c': '',
    });
    await invalidate(['#SHOES']);
    expect(await cached()).toEqual(['/b A', '/b B', '/c A', '/c B']);
  });

  it('may stand beside paths', async () => {
    const { invalidate, cached } = await cachedSite({ '/a': 'one', '/b': 'two', '/c': 'three' });
    await invalidate(['#one', '/c']);
    expect(await cached()).toEqual(['/b A', '/b B']);
  });

  it('drops nothing where the distribution has no CacheTagConfig, and knows no wildcards', async () => {
    const untagged = await cachedSite({ '/a': 'one' }, {});
    expect((await untagged.invalidate(['#one'])).status).toBe(201);
    expect(await untagged.cached()).toEqual(['/a A', '/a B']);
    const tagged = await cachedSite({ '/a': 'one' });
    await tagged.invalidate(['#o*']);
    expect(await tagged.cached()).toEqual(['/a A', '/a B']);
  });

  it('ignores tags of an object beyond the fiftieth, and those that are too long', async () => {
    const many = Array.from({ length: 51 }, (_, index) => `t${index}`).join();
    const { invalidate, cached } = await cachedSite({ '/a': many, '/b': 'x'.repeat(257) });
    await invalidate(['#t50']);
    expect(await cached()).toEqual(['/a A', '/a B', '/b A', '/b B']);
    await invalidate(['#t49']);
    expect(await cached()).toEqual(['/b A', '/b B']);
  });

  it('does not keep what was being fetched, which may have the tag', async () => {
    const { origin, get, invalidate } = openSite(TAGGED);
    const held = Promise.withResolvers<void>();
    origin.files.set('/a', { body: 'old', headers: { 'x-tags': 'one' } });
    origin.hold = held.promise;
    const old = get('/a');
    await invalidate(['#one']);
    origin.files.set('/a', { body: 'new', headers: { 'x-tags': 'one' } });
    held.resolve();
    await old;
    expect((await get('/a')).text).toBe('new');
  });

  it('counts as exact paths do', async () => {
    const { invalidate } = openSite(TAGGED, { invalidationDelayMs: () => null });
    const tags = Array.from({ length: 3000 }, (_, index) => `#t${index}*`);
    expect((await invalidate(tags)).status).toBe(201);
    expect((await invalidate(['#one-more'])).status).toBe(400);
    expect((await invalidate(['/wildcard/*'])).status).toBe(201);
  });
});
