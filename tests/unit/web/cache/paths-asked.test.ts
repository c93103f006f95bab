import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pathProblem } from '../../../../shared/planning/path-spelling.ts';
import { readPaths } from '../../../../web/cache/paths-asked.ts';

it('Paths are read one a line, each once, without surrounding space and empty lines', () => {
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
])('A wrong line is named with a suggestion: $text', ({ text, problem }) => {
  expect(readPaths(text).problem).toEqual(expect.stringMatching(problem));
});

it('More paths than CloudFront accepts at once are refused', () => {
  const lines = (count: number) => Array.from({ length: count }, (_, index) => `/${index}`).join('\n');
  expect(readPaths(lines(3000)).problem).toBeUndefined();
  expect(readPaths(lines(3001)).problem).toBe('More than 3,000 paths: use /* to refresh everything.');
});

it('Paths are accepted exactly if the API accepts them', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom(...'/a*%2 ~é?"') })), lines => {
      const { paths, problem } = readPaths(lines.join('\n'));
      expect(problem === undefined).toBe(paths.every(path => pathProblem(path) === undefined));
    }),
  );
});

it.each([
  { text: '#product:1\n/a', problem: undefined },
  { text: '/a\n#two words', problem: 'Line 2: a tag is ASCII without spaces and commas.' },
  { text: '#', problem: 'Line 1: it is empty.' },
])('A line that begins with # is a cache tag: $text', ({ text, problem }) => {
  expect(readPaths(text).problem).toBe(problem);
});
