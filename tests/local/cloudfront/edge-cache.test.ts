import { describe, expect, it } from 'vitest';
import { openSite } from './site.ts';

describe('Serving from the cache', () => {
  it('asks the origin once, then answers with its age', async () => {
    const { get, origin, clock } = openSite();
    origin.files.set('/a.html', { body: 'one' });
    expect(await get('/a.html')).toMatchObject({ status: 200, text: 'one', xCache: 'Miss' });
    clock.now += 5000;
    expect(await get('/a.html')).toMatchObject({ text: 'one', xCache: 'Hit', headers: { age: '5' } });
    expect(origin.asked).toHaveLength(1);
  });

  it('answers the root with the default root object, and only the root', async () => {
    const { get, origin } = openSite();
    origin.files.set('/index.html', { body: 'home' });
    expect((await get('/')).text).toBe('home');
    expect((await get('/docs/')).status).toBe(404);
    expect(origin.asked.map(request => request.url)).toEqual(['/index.html', '/docs/']);
  });

  it('keeps the root and the default root object as two objects', async () => {
    const { get, origin } = openSite();
    origin.files.set('/index.html', { body: 'home' });
    await get('/');
    expect((await get('/index.html')).xCache).toBe('Miss');
  });

  it('asks a bucket in the distribution’s name, without the viewer’s headers, cookies and query string', async () => {
    const { get, origin } = openSite();
    await get('/a?x=1', { host: 'localhost', cookie: 'c=1', 'user-agent': 'test', authorization: 'x' });
    expect(origin.asked[0]).toMatchObject({
      url: '/a',
      domainName: 'site.s3.us-east-1.amazonaws.com',
      signedAs: 'arn:aws:cloudfront::000000000000:distribution/E1',
    });
    expect(new Set(Object.keys(origin.asked[0]?.headers ?? {}))).toEqual(
      new Set(['host', 'user-agent', 'via', 'x-amz-cf-id', 'x-forwarded-for']),
    );
    expect(origin.asked[0]?.headers).toMatchObject({
      host: 'site.s3.us-east-1.amazonaws.com',
      'user-agent': 'Amazon CloudFront',
    });
  });

  it('asks once for viewers who come at the same time', async () => {
    const { get, origin } = openSite();
    const { promise, resolve } = Promise.withResolvers<void>();
    origin.files.set('/a.html', { body: 'one' });
    origin.hold = promise;
    const answers = Promise.all([get('/a.html'), get('/a.html'), get('/a.html')]);
    resolve();
    expect((await answers).map(answer => answer.xCache)).toEqual(['Miss', 'Hit', 'Hit']);
    expect(origin.asked).toHaveLength(1);
  });

  it('validates an expired object, and keeps it if it is unchanged', async () => {
    const { get, origin, clock } = openSite();
    origin.files.set('/a', { body: 'one', headers: { etag: '"1"', 'cache-control': 'max-age=60' } });
    await get('/a');
    clock.now += 60_000;
    expect(await get('/a')).toMatchObject({ status: 200, text: 'one', xCache: 'RefreshHit' });
    expect((await get('/a')).xCache).toBe('Hit');
    origin.files.set('/a', { body: 'two', headers: { etag: '"2"', 'cache-control': 'max-age=60' } });
    clock.now += 60_000;
    expect(await get('/a')).toMatchObject({ text: 'two', xCache: 'Miss' });
  });

  it('has a cache at each point of presence, chosen by header too', async () => {
    const { get, origin } = openSite({}, { pointsOfPresence: ['FRA50-P1', 'SGN50-P1'] });
    origin.files.set('/a', { body: 'one' });
    expect((await get('/a')).headers['x-amz-cf-pop']).toBe('FRA50-P1');
    expect(await get('/a', { 'x-local-pop': 'SGN50-P1' })).toMatchObject({
      xCache: 'Miss',
      headers: { 'x-amz-cf-pop': 'SGN50-P1' },
    });
    expect((await get('/a', {}, { pop: 'SGN50-P1' })).xCache).toBe('Hit');
  });

  it('drops the least recently used objects from a full cache', async () => {
    const { get, origin } = openSite({}, { cacheBytes: 5000 });
    for (const name of ['/a', '/b', '/c']) origin.files.set(name, { body: 'x'.repeat(1000) });
    await get('/a');
    await get('/b');
    await get('/a');
    await get('/c');
    expect((await get('/a')).xCache).toBe('Hit');
    expect((await get('/b')).xCache).toBe('Miss');
  });
});

describe('From the cache, a request with', () => {
  const file = {
    body: '0123456789',
    headers: { etag: '"1"', 'last-modified': 'Wed, 31 Dec 2025 00:00:00 GMT' },
  };

  it.each([
    { asks: { 'if-none-match': '"0", W/"1"' }, status: 304 },
    { asks: { 'if-none-match': '"0"' }, status: 200 },
    { asks: { 'if-modified-since': 'Wed, 31 Dec 2025 00:00:00 GMT' }, status: 304 },
    { asks: { 'if-modified-since': 'Tue, 30 Dec 2025 00:00:00 GMT' }, status: 200 },
    { asks: { 'if-none-match': '"0"', 'if-modified-since': 'Wed, 31 Dec 2025 00:00:00 GMT' }, status: 200 },
  ])('$asks is answered with $status', async ({ asks, status }) => {
    const { get, origin } = openSite();
    origin.files.set('/a', file);
    const answer = await get('/a', asks);
    expect(answer.status).toBe(status);
    expect(answer.text).toBe(status === 304 ? '' : file.body);
    expect(origin.asked[0]?.headers).not.toHaveProperty('if-none-match');
  });

  it.each([
    { range: 'bytes=2-4', status: 206, text: '234', says: 'bytes 2-4/10' },
    { range: 'bytes=8-', status: 206, text: '89', says: 'bytes 8-9/10' },
    { range: 'bytes=-3', status: 206, text: '789', says: 'bytes 7-9/10' },
    { range: 'bytes=10-', status: 416, text: '', says: 'bytes */10' },
    { range: 'bytes=0-1,3-4', status: 200, text: file.body, says: undefined },
  ])('Range: $range is answered with $status', async ({ range, status, text, says }) => {
    const { get, origin } = openSite();
    origin.files.set('/a', file);
    const answer = await get('/a', { range });
    expect([answer.status, answer.text, answer.headers['content-range']]).toEqual([status, text, says]);
  });

  it('HEAD is answered like GET, without the body', async () => {
    const { get, origin } = openSite();
    origin.files.set('/a', file);
    await get('/a');
    const answer = await get('/a', {}, { method: 'HEAD' });
    expect(answer).toMatchObject({
      status: 200,
      text: '',
      xCache: 'Hit',
      headers: { 'content-length': '10' },
    });
    expect(origin.asked).toHaveLength(1);
  });

  it('HEAD has an entry of its own if the edge keeps the methods apart', async () => {
    const { get, origin } = openSite({}, { keepsHeadApart: true });
    origin.files.set('/a', file);
    await get('/a');
    expect(await get('/a', {}, { method: 'HEAD' })).toMatchObject({ text: '', xCache: 'Miss' });
    expect(await get('/a', {}, { method: 'HEAD' })).toMatchObject({ text: '', xCache: 'Hit' });
    expect((await get('/a')).xCache).toBe('Hit');
    expect(origin.asked).toHaveLength(2);
  });
});

describe('An edge', () => {
  it('can have an answer altered on its way to the viewer, and keeps it as it was', async () => {
    const { get, origin } = openSite(
      {},
      {
        alters: (answer, { headers }) =>
          headers['x-altered'] === undefined ? answer : { ...answer, body: Buffer.from('altered') },
      },
    );
    origin.files.set('/a', { body: 'as stored' });
    expect(await get('/a', { 'x-altered': '1' })).toMatchObject({ text: 'altered', xCache: 'Miss' });
    expect(await get('/a')).toMatchObject({ text: 'as stored', xCache: 'Hit' });
  });

  it('remembers a missing file for ten seconds', async () => {
    const { get, origin, clock } = openSite();
    expect(await get('/new')).toMatchObject({ status: 404, xCache: 'Error' });
    origin.files.set('/new', { body: 'here' });
    expect((await get('/new')).status).toBe(404);
    clock.now += 10_000;
    expect((await get('/new')).text).toBe('here');
  });

  it('answers with the custom error page and its own status', async () => {
    const rule = { ErrorCode: 404, ResponseCode: 200, ResponsePagePath: '/404.html', ErrorCachingMinTTL: 5 };
    const { get, origin } = openSite({ CustomErrorResponses: [rule] });
    origin.files.set('/404.html', { body: 'lost?' });
    expect(await get('/nowhere')).toMatchObject({ status: 200, text: 'lost?', xCache: 'Error' });
  });

  it('keeps a custom error page at each URL that it is shown at, whatever becomes of its own', async () => {
    const rule = {
      ErrorCode: 404,
      ResponseCode: 200,
      ResponsePagePath: '/app.html',
      ErrorCachingMinTTL: 300,
    };
    const { get, origin, clock, invalidate } = openSite({ CustomErrorResponses: [rule] });
    origin.files.set('/app.html', { body: 'old' });
    for (const url of ['/app.html', '/users/5', '/users/6']) await get(url);
    origin.files.set('/app.html', { body: 'new' });
    await invalidate(['/app.html', '/users/6']);
    const textsOf = (...urls: string[]) => Promise.all(urls.map(async url => (await get(url)).text));
    expect(await textsOf('/app.html', '/users/5', '/users/6')).toEqual(['new', 'old', 'new']);
    clock.now += 300_000;
    expect(await get('/users/5')).toMatchObject({ status: 200, text: 'new', xCache: 'Error' });
  });

  it('forgets a custom error page when the missing object is there', async () => {
    const rule = {
      ErrorCode: 404,
      ResponseCode: 200,
      ResponsePagePath: '/app.html',
      ErrorCachingMinTTL: 300,
    };
    const { get, origin, invalidate } = openSite({ CustomErrorResponses: [rule] });
    origin.files.set('/app.html', { body: 'app', headers: { etag: '"1"' } });
    await get('/new.js');
    origin.files.set('/new.js', { body: 'script' });
    expect((await get('/new.js')).text).toBe('app');
    await invalidate(['/new.js']);
    expect(await get('/new.js')).toMatchObject({ text: 'script', xCache: 'Miss' });
  });

  it('answers with the error itself if the custom error page is missing, too', async () => {
    const rule = { ErrorCode: 404, ResponseCode: 200, ResponsePagePath: '/app.html' };
    const { get } = openSite({ CustomErrorResponses: [rule] });
    expect(await get('/nowhere')).toMatchObject({ status: 404, xCache: 'Error' });
    expect(await get('/app.html')).toMatchObject({ status: 404, xCache: 'Error' });
  });

  it('serves expired objects while the origin fails', async () => {
    const { get, origin, clock } = openSite();
    origin.files.set('/a', { body: 'one', headers: { 'cache-control': 'max-age=60' } });
    await get('/a');
    clock.now += 60_000;
    origin.files.set('/a', { body: 'broken', status: 503 });
    expect(await get('/a')).toMatchObject({ status: 200, text: 'one' });
  });

  it.each([
    { error: new Error('connection refused'), status: 502 },
    { error: new DOMException('too late', 'TimeoutError'), status: 504 },
  ])('answers $status when asking the origin ends in "$error.message"', async ({ error, status }) => {
    const { get, origin, failures } = openSite();
    origin.fails = error;
    const answer = await get('/a');
    expect(answer).toMatchObject({ status, xCache: 'Error' });
    expect(answer.text).toContain(`<H1>${status} ERROR</H1>`);
    expect(failures).toEqual([error]);
  });

  it('refuses methods that the behaviour does not allow', async () => {
    const { get, origin } = openSite();
    expect(await get('/a', {}, { method: 'DELETE' })).toMatchObject({ status: 403, xCache: 'Error' });
    expect(origin.asked).toEqual([]);
  });
});
