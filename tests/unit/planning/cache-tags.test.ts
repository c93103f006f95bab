import { describe, expect, it } from 'vitest';
import { isTagPath, tagPath, tagProblem } from '../../../shared/planning/cache-tags.ts';
import { explainPlan } from '../../../shared/planning/explain.ts';
import { PLANNING } from '../../helpers/planning.ts';

describe('A cache tag', () => {
  it.each(['product:1', '100%', '#', 'a*', '~', '!', 'x'.repeat(256)])('may be %s', tag => {
    expect(tagProblem(tag)).toBeUndefined();
    expect(isTagPath(tagPath(tag))).toBe(true);
  });

  it.each(['', ' ', 'two words', 'a,b', 'caf\u00e9', 'a\u0000', '\u007f', 'x'.repeat(257)])(
    'may not be %j',
    tag => expect(tagProblem(tag)).toEqual(expect.any(String)),
  );

  it('is sent in lower case: CloudFront takes no notice of its case', () => {
    expect(tagPath('Product:1')).toBe('#product:1');
  });
});

describe('In the explanation of a plan', () => {
  const because = (paths: readonly string[]) =>
    explainPlan(
      { paths, wildcards: [] },
      { changedKeys: ['a.css'], requestedPaths: ['#100%', '#a*', '/b'], urls: PLANNING.urls },
    ).map(({ path, keys, requestedPaths }) => [path, ...keys, ...requestedPaths]);

  it('each cache tag is the reason of itself', () => {
    expect(because(['/a.css', '/b', '#100%', '#a*'])).toEqual([
      ['/a.css', 'a.css'],
      ['/b', '/b'],
      ['#100%', '#100%'],
      ['#a*', '#a*'],
    ]);
  });

  it('everything covers the tags as well', () => {
    expect(because(['/*'])).toEqual([['/*', 'a.css', '#100%', '#a*', '/b']]);
  });
});
