import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sortBatch, type WatchedSite } from '../../../shared/refresh/collect-batch.ts';
import { recordOf, s3Event, TEST_EVENT } from '../../helpers/s3-messages.ts';

const SITE: WatchedSite = {
  bucket: 'site-bucket',
  distributions: [{ id: 'E1', takesTags: false, urls: { originPath: '' } }],
  keys: { prefixes: [], excluded: [] },
};

const sort = (bodies: readonly unknown[], site: Partial<WatchedSite> = {}) =>
  sortBatch(
    bodies.map((body, at) => ({
      messageId: `message-${at}`,
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })),
    { ...SITE, ...site },
  );

/** What a batch has for the one distribution of a plain site. */
const changesOf = (...bodies: unknown[]) => {
  const { changes, ...rest } = sort(bodies);
  const { objects, paths } = changes.get('E1') ?? { objects: [], paths: [] };
  return { objects, paths, ...rest };
};

describe('a batch of messages', () => {
  it('is the union of its changes', () => {
    const { objects, paths, refused, ignored, outside } = changesOf(
      s3Event(recordOf('a.html')),
      s3Event(recordOf('b.html'), recordOf('c.html')),
      { paths: ['/docs/*', '/x'] },
      { paths: ['/x'] },
    );
    expect(objects.map(object => object.key)).toEqual(['a.html', 'b.html', 'c.html']);
    expect(paths).toEqual(['/docs/*', '/x']);
    expect([...refused, ...ignored, ...outside]).toEqual([]);
  });

  it('keeps every event of an object, because each is about a version that was served', () => {
    const { objects } = changesOf(
      s3Event(recordOf('a.html', { sequencer: '0055', eTag: 'old' })),
      s3Event(recordOf('a.html', { sequencer: '005501', eventName: 'ObjectRemoved:Delete' })),
      s3Event(recordOf('a.html', { sequencer: '0054FFFFFF', eTag: 'older' })),
    );
    expect(objects.map(({ sequencer }) => sequencer)).toEqual(['0055', '005501', '0054FFFFFF']);
  });

  it('names the messages that it refuses and the parts that it ignores, with reasons', () => {
    const { refused, ignored } = changesOf(TEST_EVENT, 'no json', s3Event(), { paths: ['no slash'] });
    expect(refused).toEqual([
      { messageId: 'message-1', reason: 'The message is not JSON' },
      { messageId: 'message-3', reason: expect.stringContaining('begin with /') },
    ]);
    expect(ignored.map(part => part.messageId)).toEqual(['message-0', 'message-2']);
  });

  it('loses no good message to a bad one, wherever it stands', () => {
    const bad = fc.constantFrom('', '{', 'null', '{"paths":["x"]}', '{"Records":[{"eventSource":"aws:s3"}]}');
    const good = fc.nat(20).map(number => s3Event(recordOf(`${number}.html`)));
    fc.assert(
      fc.property(fc.array(fc.oneof(bad, good), { maxLength: 10 }), bodies => {
        const { changes, refused } = sort(bodies);
        const goodBodies = bodies.filter(body => typeof body !== 'string');
        expect(changes).toEqual(sort(goodBodies).changes);
        expect(refused).toHaveLength(bodies.length - goodBodies.length);
      }),
    );
  });
});

describe('a batch about a bucket that several distributions show', () => {
  const distributions = [
    { id: 'ALL', takesTags: false, urls: { originPath: '' } },
    { id: 'APP', takesTags: false, urls: { originPath: '/app' } },
    { id: 'DOCS', takesTags: false, urls: { originPath: '/docs' } },
  ];
  const keysOf = (bodies: readonly unknown[], site: Partial<WatchedSite> = { distributions }) =>
    Object.fromEntries(
      [...sort(bodies, site).changes].map(([id, { objects }]) => [id, objects.map(({ key }) => key)]),
    );
  const pathsOf = (...bodies: unknown[]) =>
    Object.fromEntries([...sort(bodies, { distributions }).changes].map(([id, { paths }]) => [id, paths]));

  it('gives a change to every one that can show the key, and to no other', () => {
    const events = ['app/a.html', 'docs/b.html', 'application.html'].map(key => s3Event(recordOf(key)));
    expect(keysOf(events)).toEqual({
      ALL: ['app/a.html', 'docs/b.html', 'application.html'],
      APP: ['app/a.html'],
      DOCS: ['docs/b.html'],
    });
  });

  it('gives the error document of a website to the one that shows it at any URL, wherever it lies', () => {
    const website = distributions.map(each =>
      each.id === 'APP' ? { ...each, urls: { ...each.urls, errorDocument: 'errors/404.html' } } : each,
    );
    const events = ['errors/404.html', 'errors/500.html'].map(key => s3Event(recordOf(key)));
    expect(keysOf(events, { distributions: website })).toEqual({
      ALL: ['errors/404.html', 'errors/500.html'],
      APP: ['errors/404.html'],
    });
  });

  it('gives a manual request to all of them, or to the one that it names', () => {
    expect(pathsOf({ paths: ['/*'] }, { paths: ['/a'], distributionId: 'APP' })).toEqual({
      ALL: ['/*'],
      APP: ['/*', '/a'],
      DOCS: ['/*'],
    });
  });

  it('gives cache tags to those that take them, in lower case and once', () => {
    const taking = distributions.map(each => ({ ...each, takesTags: each.id !== 'DOCS' }));
    const { changes } = sort([{ tags: ['Product:1', 'product:1'] }, { tags: ['b'], distributionId: 'APP' }], {
      distributions: taking,
    });
    expect([...changes]).toEqual([
      ['ALL', { objects: [], paths: [], tags: ['product:1'] }],
      ['APP', { objects: [], paths: [], tags: ['product:1', 'b'] }],
    ]);
  });

  it.each([{}, { distributionId: 'DOCS' }])('refuses tags that nobody takes: %j', target => {
    const taking = distributions.map(each => ({
      ...each,
      takesTags: each.id === 'APP' && 'distributionId' in target,
    }));
    const { changes, refused } = sort([{ tags: ['a'], ...target }], { distributions: taking });
    expect(changes.size).toBe(0);
    expect(refused).toEqual([{ messageId: 'message-0', reason: expect.stringContaining('CacheTagConfig') }]);
  });

  it('refuses a request for an unknown distribution', () => {
    const { changes, refused } = sort([{ paths: ['/*'], distributionId: 'NONE' }], { distributions });
    expect(changes.size).toBe(0);
    expect(refused).toEqual([{ messageId: 'message-0', reason: expect.stringContaining('NONE') }]);
  });

  it('ignores what none of them shows, and says so', () => {
    const { changes, ignored, outside } = sort([s3Event(recordOf('other/a.html'))], {
      distributions: distributions.slice(1),
    });
    expect(changes.size).toBe(0);
    expect(outside).toEqual(['other/a.html']);
    expect(ignored).toEqual([{ messageId: 'message-0', reason: expect.stringContaining('other/a.html') }]);
  });

  it('ignores keys outside the prefixes and excluded keys', () => {
    const keys = { prefixes: ['app/'], excluded: ['*.map'] };
    const events = ['app/a.js', 'app/a.js.map', 'a.js'].map(key => s3Event(recordOf(key)));
    expect(keysOf(events, { keys })).toEqual({ E1: ['app/a.js'] });
    expect(sort(events, { keys })).toMatchObject({ ignored: { length: 2 }, outside: [] });
  });
});
