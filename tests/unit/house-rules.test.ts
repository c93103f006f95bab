import { describe, expect, it } from 'vitest';
import {
  importsOf,
  lineCount,
  longestFunction,
  reachableFrom,
  type SourceFile,
  sourceFiles,
  widestComment,
} from '../helpers/source-code.ts';

const FILES = sourceFiles();

describe('Every source file', () => {
  it('has at most 330 lines', () => {
    expect(beyond(330, lineCount)).toEqual({});
  });

  it('has no function of more than 60 lines', () => {
    expect(beyond(60, longestFunction)).toEqual({});
  });

  it('has no comment beyond column 100', () => {
    expect(beyond(100, widestComment)).toEqual({});
  });
});

/** Files that measure more than they may, by name. */
function beyond(limit: number, measure: (file: SourceFile) => number): Record<string, number> {
  const measured = FILES.map(file => [file.name, measure(file)] as const);
  return Object.fromEntries(measured.filter(([, value]) => value > limit));
}

/** What an attached stack deploys, and the logic that it shares. */
const PIPELINE =
  /^(?:handlers\/pipeline|infra\/constructs\/pipeline|infra\/examples|shared\/(?!school\/))\b|^infra\/auto-invalidation-stack/;
const SCHOOL = /\/school\/|^infra\/student-site-stack/;

describe('The pipeline', () => {
  it('reaches nothing of the school, by any chain of imports', () => {
    const imports = importsOf(FILES);
    const school = FILES.map(({ name }) => name)
      .filter(name => PIPELINE.test(name))
      .flatMap(name => [...reachableFrom(name, imports)].map(reached => `${name} reaches ${reached}`))
      .filter(chain => SCHOOL.test(chain));
    expect(school).toEqual([]);
  });
});

describe('The measures of these rules', () => {
  const fileOf = (text: string, name = 'a.ts') => ({ name, text });

  it('count the lines of a file without the line break at its end', () => {
    expect(lineCount(fileOf('a();\nb();\n'))).toBe(2);
  });

  it.each([
    ['a function', 'function f() {\n  a();\n}', 3],
    ['a method', 'class A {\n  f() {\n    a();\n  }\n}', 3],
    ['a function with an inner one', 'const f = () => {\n  const g = () => {\n    a();\n  };\n};', 5],
    ['the body of a test', "it.each([1])('t', () => {\n  a();\n});", 3],
    ['a test in a group', "describe('d', () => {\n  it('t', () => {\n    a();\n  });\n});", 3],
    ['a test in a group of each', "describe.each([1])('d', () => {\n  it('t', () => {\n  });\n});", 2],
    ['a table', 'const TABLE = [\n  1,\n  2,\n];', 0],
  ])('find the lines of the longest function in %s', (_, text, lines) => {
    expect(longestFunction(fileOf(text))).toBe(lines);
  });

  it.each([
    ['a comment of its own', '// wide\nwiderThanThat();', 7],
    ['a comment behind code', 'a(); // wide', 12],
    ['a comment with a URL of its own', '/**\n * See\n * https://host/wider\n */\na();', 6],
    ['a comment of several lines', '/**\n * narrow\n * a wide one\n */\na();', 13],
    ['a string that looks like a comment', "const url = 'http://host/*';", 0],
    ['a template that looks like a comment', 'const url = `//\n/*`;', 0],
    ['a regular expression that looks like a comment', 'const slashes = /a\\/\\/b/;', 0],
  ])('find the width of %s', (_, text, columns) => {
    expect(widestComment(fileOf(text))).toBe(columns);
  });

  it.each([
    "import { b } from './b.ts';",
    "import type { B } from './b.ts';",
    "export { b } from './b.ts';",
    "export * from './b.ts';",
    "const b = await import('./b.ts');",
    "type B = import('./b.ts').B;",
  ])('follow %s', text => {
    const files = [fileOf(text, 'x/a.ts'), fileOf("import '../c.ts';", 'x/b.ts'), fileOf('', 'c.ts')];
    expect([...reachableFrom('x/a.ts', importsOf(files))]).toEqual(['x/a.ts', 'x/b.ts', 'c.ts']);
  });
});
