import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pathProblem } from '../../../../shared/planning/viewer-urls.ts';
import { readPaths } from '../../../../web/cache/paths-asked.ts';

it('takes one path a line, each once; space around it and empty lines are nothing', () => {
  expect(readPaths('  /docs/* \r\n\n/index.html\n/docs/*\n')).toEqual({
    paths: ['/docs/*', '/index.html'],
    problem: undefined,
  });
});

it.each([
  { text: '/a\nb.html', problem: 'Line 2: it must begin with /. Try /b.html.' },
  { text: '/năm học.html', problem: /^Line 1: .*percent-encoded.* Try \/n%C4%83m%20h%E1%BB%8Dc\.html\.$/ },
  { text: '/a*b', problem: /^Line 1: .*\* may only be the last character\.$/ },
  { text: '/50%', problem: /^Line 1: .*percent-encoded/ },
  { text: '/a b?x=ă', problem: /last character\.$/ },
])('says which line is wrong, and what may be meant: $text', ({ text, problem }) => {
  expect(readPaths(text).problem).toEqual(expect.stringMatching(problem));
});

it('refuses more paths than CloudFront takes at once', () => {
  const lines = (count: number) => Array.from({ length: count }, (_, index) => `/${index}`).join('\n');
  expect(readPaths(lines(3000)).problem).toBeUndefined();
  expect(readPaths(lines(3001)).problem).toBe('More than 3,000 paths: use /* to refresh everything.');
});

it('finds nothing wrong exactly where the API would not', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom(...'/a*%2 ~é?"') })), lines => {
      const { paths, problem } = readPaths(lines.join('\n'));
      expect(problem === undefined).toBe(paths.every(path => pathProblem(path) === undefined));
    }),
  );
});
