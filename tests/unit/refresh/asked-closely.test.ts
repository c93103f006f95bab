import { describe, expect, it } from 'vitest';
import type { Question } from '../../../shared/refresh/edge-answer.ts';
import { sampleOf } from '../../../shared/refresh/verification-checks.ts';
import { changeOf } from '../../helpers/changes.ts';
import { answerOf, objectOf, site, stale } from './scripted-site.ts';

const uploads = (...keys: string[]) => ({ objects: keys.map(key => changeOf(key, { eTag: 'new' })) });

describe('A sample', () => {
  it.each([0, 1, 9, 10, 11, 25, 1000])('of %i URLs has ten at most, from all parts', size => {
    const checks = Array.from({ length: size }, (_, index) => ({ key: `${index}.css`, index }));
    const sample = sampleOf(checks).map(({ index }) => index);
    expect(sample).toHaveLength(Math.min(size, 10));
    const gaps = sample.map((item, index) => (sample[index + 1] ?? size) - item);
    expect(sample[0] ?? 0).toBe(0);
    expect(Math.max(0, ...gaps)).toBeLessThanOrEqual(Math.max(1, Math.ceil(size / 9)));
  });

  it('has one of each kind of file', () => {
    const assets = Array.from({ length: 500 }, (_, number) => `assets/${number}.js`);
    const keys = [...assets, 'index.html', 'docs/LICENSE', 'feed.xml'];
    const sample = sampleOf(keys.map(key => ({ key }))).map(({ key }) => key);
    expect(sample).toHaveLength(10);
    expect(sample).toEqual(expect.arrayContaining(['assets/0.js', 'index.html', 'docs/LICENSE', 'feed.xml']));
  });

  it('is also asked for in the stored form', async () => {
    const keys = Array.from({ length: 100 }, (_, number) => `${number}.css`);
    const { verify, asked, askedClosely } = site(Object.fromEntries(keys.map(key => [key, objectOf('new')])));
    expect(await verify(uploads(...keys))).toEqual({ verified: 100, superseded: 0 });
    expect(asked).toHaveLength(100);
    expect([...askedClosely]).toEqual(sampleOf(keys.map(key => ({ key }))).map(({ key }) => `/${key}`));
  });

  it.each(['browser', 'stored'] as const)('is stale when only the %s form is', async form => {
    const { verify, answers, contents } = site({ 'a.css': objectOf('new') });
    contents.set('a.css', 'new');
    answers.set('/a.css', (question: Question) => {
      const content = question.form === form ? 'old' : 'new';
      return answerOf(objectOf(content), question.withBody ? content : undefined);
    });
    await expect(verify(uploads('a.css'))).rejects.toEqual(stale('/a.css'));
  });
});

describe('The content at the edge', () => {
  /** A site with one object, whose content the edge shows with other headers. */
  function showing(shown: string, served: Parameters<typeof answerOf>[0], stored = objectOf('new')) {
    const scripted = site({ 'a.css': stored });
    scripted.contents.set('a.css', 'body {}');
    scripted.answers.set('/a.css', ({ withBody }: Question) =>
      answerOf(served, withBody ? shown : undefined),
    );
    return scripted;
  }
  const altered = {
    verified: 0,
    superseded: 0,
    unasked: {
      code: 'altered',
      reason: "www.example.com serves the objects' ETags with other content",
      count: 1,
      urls: ['/a.css'],
    },
  };

  it('is compared for the sample: the object’s ETag with other content is neither fresh nor stale', async () => {
    const { verify, remembered } = showing('body { color: red }', objectOf('new'));
    expect(await verify(uploads('a.css'))).toEqual(altered);
    expect(remembered).toEqual({});
  });

  it('is verified when it is the object’s', async () => {
    expect(await showing('body {}', objectOf('new')).verify(uploads('a.css'))).toEqual({
      verified: 1,
      superseded: 0,
    });
  });

  it.each([
    {
      what: 'too long, or may not be read',
      change: (scripted: ReturnType<typeof site>) => scripted.contents.clear(),
    },
    {
      what: 'of a newer version by then',
      change: ({ bucket, whileAsking }: ReturnType<typeof site>) =>
        whileAsking(() => bucket.set('a.css', objectOf('newer'))),
    },
  ])('is not compared when the object is $what', async ({ change }) => {
    const scripted = showing('body { color: red }', objectOf('new'));
    change(scripted);
    expect(await scripted.verify(uploads('a.css'))).toEqual({ verified: 1, superseded: 0 });
  });

  it('is not compared when the object is stored compressed', async () => {
    const stored = objectOf('new', { 'content-encoding': 'gzip' });
    expect(await showing('other', stored, stored).verify(uploads('a.css'))).toEqual({
      verified: 1,
      superseded: 0,
    });
  });

  const without = { ...objectOf('new'), headers: {} };

  it.each([
    { what: 'lost', served: without },
    { what: 'changed', served: objectOf('of something on the way') },
  ])('settles it when the ETag was $what on the way', async ({ served }) => {
    expect(await showing('body {}', served).verify(uploads('a.css'))).toEqual({ verified: 1, superseded: 0 });
    await expect(showing('body', served).verify(uploads('a.css'))).rejects.toEqual(stale('/a.css'));
  });

  it('does not settle it when another header is the former one', async () => {
    const stored = objectOf('new', { 'cache-control': 'no-cache' });
    const served = { ...without, lastModified: '', headers: { 'cache-control': 'max-age=60' } };
    await expect(showing('body {}', served, stored).verify(uploads('a.css'))).rejects.toEqual(
      stale('/a.css'),
    );
  });

  it('is not read at all of an object that its ETag settles, but for the sample', async () => {
    const keys = Array.from({ length: 100 }, (_, number) => `${number}.css`);
    const { verify, answers } = site(Object.fromEntries(keys.map(key => [key, objectOf('new')])));
    const read = new Set<string>();
    for (const key of keys)
      answers.set(`/${key}`, ({ withBody }: Question) => {
        if (withBody) read.add(key);
        return answerOf(objectOf('new'));
      });
    await verify(uploads(...keys));
    expect([...read].map(key => ({ key }))).toEqual(sampleOf(keys.map(key => ({ key }))));
  });
});
