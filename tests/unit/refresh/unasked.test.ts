import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EdgeAnswer } from '../../../shared/refresh/edge-answer.ts';
import type { Served } from '../../../shared/refresh/served.ts';
import { verifiedFrom } from '../../../shared/refresh/verified.ts';
import { changeOf } from '../../helpers/changes.ts';
import { answerOf, LATER, objectOf, site, stale } from './scripted-site.ts';

const WANTS_PASSWORD: EdgeAnswer = {
  kind: 'unasked',
  code: 'unauthorized',
  reason: 'www.example.com answers 401',
  redirects: [],
};
const BLOCKED: EdgeAnswer = {
  kind: 'unasked',
  code: 'forbidden',
  reason: 'www.example.com answers 403',
  redirects: [],
};
const OTHER_PAGE = {
  code: 'redirected',
  reason: 'www.example.com redirects to a page that does not show the object',
};

const uploads = (...keys: string[]) => ({ objects: keys.map(key => changeOf(key, { eTag: 'new' })) });
const removal = (key: string) => ({ objects: [changeOf(key, { removed: true })] });

describe('A URL whose answer says nothing', () => {
  it('is neither verified nor stale, and not recorded as verified', async () => {
    const { verify, answers, remembered, recorded } = site({ 'a.css': objectOf('new') });
    answers.set('/a.css', WANTS_PASSWORD);
    const unasked = {
      code: 'unauthorized',
      reason: 'www.example.com answers 401',
      count: 1,
      urls: ['/a.css'],
    };
    expect(await verify(uploads('a.css'))).toEqual({ verified: 0, superseded: 0, unasked });
    expect(recorded.at(-1)).toEqual({ verified: 0, superseded: 0, unasked, urls: [] });
    expect(remembered).toEqual({});
  });

  it('is no proof of a removal', async () => {
    const { verify, answers, remembered } = site({});
    answers.set('/gone.css', BLOCKED);
    expect(await verify(removal('gone.css'))).toMatchObject({ verified: 0, unasked: { code: 'forbidden' } });
    expect(remembered).toEqual({});
  });

  it('leaves those verified that answer', async () => {
    const { verify, answers, remembered } = site({ 'a.css': objectOf('new'), 'b.css': objectOf('new') });
    answers.set('/b.css', BLOCKED);
    expect(await verify(uploads('a.css', 'b.css'))).toMatchObject({
      verified: 1,
      unasked: { count: 1, urls: ['/b.css'] },
    });
    expect(remembered).toEqual({ 'a.css m1': verifiedFrom(objectOf('new')) });
  });

  it('keeps its key from being recorded when another URL of it is verified', async () => {
    const { verify, edge, answers, remembered } = site({ 'index.html': objectOf('new') });
    edge.set('/', objectOf('new'));
    answers.set('/index.html', WANTS_PASSWORD);
    expect(await verify(uploads('index.html'))).toMatchObject({ verified: 1, unasked: { count: 1 } });
    expect(remembered).toEqual({});
  });

  it('does not hide a stale one', async () => {
    const { verify, edge, answers } = site({ 'a.css': objectOf('new'), 'b.css': objectOf('new') });
    answers.set('/a.css', WANTS_PASSWORD);
    edge.set('/b.css', objectOf('old'));
    await expect(verify(uploads('a.css', 'b.css'))).rejects.toEqual(stale('/b.css'));
  });

  it('is counted with all others; the reason of most is told, and the first 20 are named', async () => {
    const keys = Array.from({ length: 50 }, (_, number) => `${number}.css`);
    const { verify, answers } = site(Object.fromEntries(keys.map(key => [key, objectOf('new')])));
    for (const [index, key] of keys.entries()) answers.set(`/${key}`, index < 20 ? BLOCKED : WANTS_PASSWORD);
    const { unasked } = await verify(uploads(...keys));
    expect(unasked).toEqual({
      code: 'unauthorized',
      reason: 'www.example.com answers 401',
      count: 50,
      urls: keys.slice(0, 20).map(key => `/${key}`),
    });
  });

  it('is never among those that are counted as verified or superseded, or named as stale', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...KINDS), { maxLength: 40 }), async kinds => {
        const { verify, remembered } = siteOf(kinds);
        const namesOf = (kind: Kind) =>
          kinds.flatMap((each, index) => (each === kind ? [`/${index}.css`] : []));
        const verification = verify(uploads(...kinds.map((_, index) => `${index}.css`)));
        const old = namesOf('old');
        if (old.length > 0) {
          await expect(verification).rejects.toEqual(stale(...old));
          return;
        }
        const { verified, superseded, unasked } = await verification;
        const counts = [verified, superseded, unasked?.count ?? 0];
        expect(counts).toEqual([
          namesOf('fresh').length,
          namesOf('superseded').length,
          namesOf('unasked').length,
        ]);
        expect(Object.keys(remembered)).toHaveLength(verified);
      }),
    );
  });
});

const KINDS = ['fresh', 'old', 'superseded', 'unasked'] as const;
type Kind = (typeof KINDS)[number];

/** A site with one object of each kind given, `0.css` and so on. */
function siteOf(kinds: readonly Kind[]) {
  const scripted = site({});
  for (const [index, kind] of kinds.entries()) {
    const lastModified = kind === 'superseded' ? LATER : objectOf('new').lastModified;
    scripted.bucket.set(`${index}.css`, { ...objectOf('new'), lastModified });
    scripted.edge.set(`/${index}.css`, objectOf(kind === 'fresh' ? 'new' : 'old'));
    if (kind === 'unasked') scripted.answers.set(`/${index}.css`, BLOCKED);
  }
  return scripted;
}

describe('A redirect', () => {
  const redirecting = (served: Served | undefined, ...paths: string[]): EdgeAnswer => ({
    ...answerOf(served),
    redirects: paths.map(path => `https://www.example.com${path}`),
  });

  it.each([
    { url: '/about.html', to: '/about' },
    { url: '/docs/index.html', to: '/docs/' },
    { url: '/docs/index.html', to: '/docs' },
    { url: '/a.html', to: '/elsewhere' },
  ])('from $url to $to is verified when the object is shown there', async ({ url, to }) => {
    const key = url.slice(1);
    const { verify, answers } = site({ [key]: objectOf('new') });
    answers.set(url, redirecting(objectOf('new'), to));
    expect(await verify(uploads(key))).toEqual({ verified: 1, superseded: 0 });
  });

  it.each([
    { url: '/about.html', to: '/about' },
    { url: '/docs/index.html', to: '/docs/' },
    { url: '/docs/index.html', to: '/docs' },
    { url: '/about.html', to: '/about.html' },
  ])('from $url to $to is stale when the page is shown there as it was', async ({ url, to }) => {
    const key = url.slice(1);
    const { verify, answers } = site({ [key]: objectOf('new') });
    answers.set(url, redirecting(objectOf('old'), to));
    await expect(verify(uploads(key))).rejects.toEqual(stale(url));
  });

  it('to another page that does not show the object says nothing', async () => {
    const { verify, answers } = site({ 'a.html': objectOf('new') });
    answers.set('/a.html', redirecting(objectOf('sign in'), '/session', '/login'));
    expect(await verify(uploads('a.html'))).toMatchObject({ verified: 0, unasked: OTHER_PAGE });
  });

  it.each([
    { to: '/gone', expected: { verified: 1, superseded: 0 } },
    { to: '/login', expected: { verified: 0, superseded: 0, unasked: { ...OTHER_PAGE, count: 1 } } },
  ])('to $to that is missing, too, proves a removal if it is the same page', async ({ to, expected }) => {
    const { verify, answers } = site({});
    answers.set('/gone.html', redirecting(undefined, to));
    expect(await verify(removal('gone.html'))).toMatchObject(expected);
  });

  it.each([
    { location: '/new.html', to: 'https://www.example.com/new.html' },
    { location: '/new.html', to: 'http://site.s3-website-us-east-1.amazonaws.com/new.html' },
    { location: 'https://other.example/', to: 'https://other.example/' },
    { location: 'https://other.example', to: 'https://other.example/' },
  ])('to $to is right for an object that is stored with $location', async ({ location, to }) => {
    const redirect = objectOf('new', { 'x-amz-website-redirect-location': location });
    const { verify, answers, remembered } = site({ 'a.html': redirect });
    answers.set('/a.html', { ...WANTS_PASSWORD, code: 'redirected', reason: 'elsewhere', redirects: [to] });
    expect(await verify(uploads('a.html'))).toEqual({ verified: 1, superseded: 0 });
    expect(remembered).toEqual({ 'a.html m1': verifiedFrom(redirect) });
  });

  it('to elsewhere is not right for such an object', async () => {
    const redirect = objectOf('new', { 'x-amz-website-redirect-location': '/new.html' });
    const { verify, answers } = site({ 'a.html': redirect });
    const answer = { ...WANTS_PASSWORD, code: 'redirected', reason: 'elsewhere' } as const;
    answers.set('/a.html', { ...answer, redirects: ['https://www.example.com/old.html'] });
    expect(await verify(uploads('a.html'))).toMatchObject({ verified: 0, unasked: { reason: 'elsewhere' } });
  });

  it('is no obstacle for such an object where it is one like any other', async () => {
    const redirect = objectOf('new', { 'x-amz-website-redirect-location': '/new.html' });
    const { verify } = site({ 'a.html': redirect });
    expect(await verify(uploads('a.html'))).toEqual({ verified: 1, superseded: 0 });
  });
});

describe('When verification is off', () => {
  it('nothing is asked and nothing recorded as verified, and every URL is counted', async () => {
    const keys = Array.from({ length: 30 }, (_, number) => `${number}.css`);
    const { verify, asked, remembered, recorded } = site(
      Object.fromEntries(keys.map(key => [key, objectOf('new')])),
    );
    const urls = keys.slice(0, 20).map(key => `/${key}`);
    const unasked = { code: 'off', reason: 'verification is off', count: 30, urls };
    const expected = { verified: 0, superseded: 0, unasked };
    expect(await verify({ ...uploads(...keys), paths: ['/*'] }, undefined, false)).toEqual(expected);
    expect(recorded).toEqual(['verifying', { ...expected, urls: [] }]);
    expect([asked, remembered]).toEqual([[], {}]);
  });
});
