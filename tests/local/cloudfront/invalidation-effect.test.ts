import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../../infra/local/kernel/journal.ts';
import { DOUBTFUL_CHARACTERS } from '../../../infra/local/services/cloudfront/invalidation-paths.ts';
import { API_BEHAVIOUR, behaviour, openSite } from './site.ts';

const isCompleted = (entry: JournalEntry) => entry.kind === 'invalidation' && entry.status === 'Completed';

describe('A completed invalidation', () => {
  it('has reached every point of presence and every variant', async () => {
    const { get, origin, invalidate } = openSite(
      { DefaultCacheBehavior: behaviour({ Compress: true }) },
      { pointsOfPresence: ['A', 'B'] },
    );
    const variants = [
      { pop: 'A', headers: {} },
      { pop: 'B', headers: {} },
      { pop: 'A', headers: { 'accept-encoding': 'br' } },
    ];
    origin.files.set('/a', { body: 'one' });
    for (const { pop, headers } of variants) await get('/a', headers, { pop });
    origin.files.set('/a', { body: 'two' });
    await invalidate(['/a']);
    for (const { pop, headers } of variants) expect((await get('/a', headers, { pop })).text).toBe('two');
  });

  it.each([false, true])('has reached HEAD as well as GET (entries apart: %s)', async keepsHeadApart => {
    const { get, origin, invalidate } = openSite({}, { keepsHeadApart });
    const length = async (method: string) => (await get('/a', {}, { method })).headers['content-length'];
    origin.files.set('/a', { body: 'one' });
    expect([await length('GET'), await length('HEAD')]).toEqual(['3', '3']);
    origin.files.set('/a', { body: 'three' });
    await invalidate(['/a']);
    expect([await length('GET'), await length('HEAD')]).toEqual(['5', '5']);
  });

  it('can be made to miss a variant', async () => {
    const { get, origin, invalidate } = openSite(
      { DefaultCacheBehavior: behaviour({ Compress: true }) },
      { survivesPurge: ({ method, encodings }) => method === 'GET' && encodings === 'br,gzip' },
    );
    const browser = { 'accept-encoding': 'gzip, br' };
    origin.files.set('/a', { body: 'old' });
    for (const headers of [{}, browser]) await get('/a', headers);
    origin.files.set('/a', { body: 'new' });
    await invalidate(['/a']);
    expect([(await get('/a')).text, (await get('/a', browser)).text]).toEqual(['new', 'old']);
  });

  it('can be made to miss a URL', async () => {
    const { get, origin, invalidate } = openSite({}, { survivesPurge: (_, address) => address === '/b c' });
    const texts = async () => [(await get('/a')).text, (await get('/b%20c')).text];
    for (const path of ['/a', '/b%20c']) origin.files.set(path, { body: 'old' });
    expect(await texts()).toEqual(['old', 'old']);
    for (const path of ['/a', '/b%20c']) origin.files.set(path, { body: 'new' });
    await invalidate(['/*']);
    expect(await texts()).toEqual(['new', 'old']);
  });

  it('has purged before it is reported, in the journal too', async () => {
    const { get, origin, invalidate, journal, cloudFront } = openSite({}, { invalidationDelayMs: 20 });
    origin.files.set('/a', { body: 'one' });
    await get('/a');
    origin.files.set('/a', { body: 'two' });
    await invalidate(['/a']);
    expect((await get('/a')).text).toBe('one');
    await journal.waitFor(isCompleted, 'the invalidation to complete');
    expect((await get('/a')).text).toBe('two');
    expect(journal.entries.filter(entry => entry.kind === 'invalidation').map(entry => entry.status)).toEqual(
      ['InProgress', 'Completed'],
    );
    cloudFront.stop();
  });

  it('is listed among the newest completed ones, and one in progress always', async () => {
    const delays = [60_000];
    const { invalidate, cloudFront } = openSite({}, { invalidationDelayMs: () => delays.pop() ?? 0 });
    await invalidate(['/first']);
    for (let number = 0; number < 310; number++) await invalidate([`/${number}`]);
    const list = async (query: string) =>
      String(
        (
          await cloudFront.api({
            service: 'cloudfront',
            caller: 'root',
            method: 'GET',
            url: `/2020-05-31/distribution/E1/invalidation?MaxItems=${query}`,
            headers: {},
            body: Buffer.alloc(0),
          })
        ).body,
      );
    const all = await list('1000');
    expect(all.match(/<Status>Completed</g)).toHaveLength(300);
    expect(all.match(/<Status>InProgress</g)).toHaveLength(1);
    cloudFront.stop();
  });

  it('leaves other objects alone', async () => {
    const { get, origin, invalidate } = openSite();
    for (const name of ['/a', '/b']) origin.files.set(name, { body: name });
    await get('/a');
    await get('/b');
    await invalidate(['/a']);
    expect([(await get('/a')).xCache, (await get('/b')).xCache]).toEqual(['Miss', 'Hit']);
  });

  it('needs both spellings of the home page', async () => {
    const { get, origin, invalidate } = openSite();
    origin.files.set('/index.html', { body: 'one' });
    await get('/');
    origin.files.set('/index.html', { body: 'two' });
    await invalidate(['/index.html']);
    expect((await get('/')).text).toBe('one');
    await invalidate(['/']);
    expect((await get('/')).text).toBe('two');
  });

  it('matches the URI as the viewer-request function left it', async () => {
    const cached = { ...API_BEHAVIOUR, CachePolicyId: behaviour().CachePolicyId };
    const { get, origin, invalidate } = openSite({ CacheBehaviors: [cached] });
    origin.files.set('/prod/x', { body: 'one' });
    await get('/api/x');
    origin.files.set('/prod/x', { body: 'two' });
    await invalidate(['/api/x']);
    expect((await get('/api/x')).text).toBe('one');
    await invalidate(['/x']);
    expect((await get('/api/x')).text).toBe('two');
  });

  it('completes when the promise resolves that is its delay', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { get, origin, invalidate, journal } = openSite({}, { invalidationDelayMs: () => promise });
    origin.files.set('/a', { body: 'one' });
    await get('/a');
    origin.files.set('/a', { body: 'two' });
    await invalidate(['/a']);
    expect((await get('/a')).text).toBe('one');
    resolve();
    await journal.waitFor(isCompleted, 'the invalidation to complete');
    expect((await get('/a')).text).toBe('two');
  });

  it('never completes, and never takes effect, when the delay is null', async () => {
    const { get, origin, invalidate, journal } = openSite({}, { invalidationDelayMs: () => null });
    origin.files.set('/a', { body: 'one' });
    await get('/a');
    origin.files.set('/a', { body: 'two' });
    await invalidate(['/a']);
    expect((await get('/a')).text).toBe('one');
    expect(journal.entries.some(isCompleted)).toBe(false);
  });
});

describe('An origin’s answer on its way while its path is invalidated', () => {
  it('is not kept, and not given to later viewers', async () => {
    const { get, origin, invalidate } = openSite();
    const { promise, resolve } = Promise.withResolvers<void>();
    origin.files.set('/a', { body: 'old' });
    origin.hold = promise;
    const early = get('/a');
    origin.files.set('/a', { body: 'new' });
    await invalidate(['/a']);
    const late = get('/a');
    resolve();
    expect((await early).text).toBe('old');
    expect((await late).text).toBe('new');
    expect(await get('/a')).toMatchObject({ text: 'new', xCache: 'Hit' });
  });

  it('does not come back by validation either', async () => {
    const { get, origin, invalidate, clock } = openSite();
    const headers = { etag: '"1"', 'cache-control': 'max-age=60' };
    origin.files.set('/a', { body: 'old', headers });
    await get('/a');
    clock.now += 60_000;
    const { promise, resolve } = Promise.withResolvers<void>();
    origin.hold = promise;
    const early = get('/a');
    origin.files.set('/a', { body: 'new', headers: { etag: '"2"' } });
    await invalidate(['/a']);
    resolve();
    expect((await early).text).toBe('old');
    expect((await get('/a')).text).toBe('new');
  });
});

describe('A wildcard cut before the first doubtful character', () => {
  /** RFC 1738, byte by byte, up to what CloudFront treats doubtfully. */
  function wildcardFor(key: string): string {
    const doubtful = [...key].findIndex(character => DOUBTFUL_CHARACTERS.includes(character));
    const certain = doubtful < 0 ? key : [...key].slice(0, doubtful).join('');
    const escaped = certain.replace(/[^A-Za-z0-9$\-_./:@=&!(),;]/gu, encodeURIComponent);
    return `/${escaped}*`;
  }

  it('refreshes any key, whatever its characters', async () => {
    const { get, origin, invalidate } = openSite();
    const character = fc.oneof(
      fc.constantFrom(..."~'()*+;!,#?%& /."),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    );
    const key = fc.array(character, { minLength: 1, maxLength: 20 }).map(characters => characters.join(''));
    await fc.assert(
      fc.asyncProperty(key, async name => {
        const url = `/${name.split('/').map(encodeURIComponent).join('/')}`;
        origin.files.set(url, { body: 'old' });
        await get(url);
        origin.files.set(url, { body: 'new' });
        expect((await invalidate([wildcardFor(name)])).status).toBe(201);
        expect((await get(url)).text).toBe('new');
      }),
      { numRuns: 100 },
    );
  });
});
