import { globSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { parseAst } from 'vitest/node';

const ROOT = join(import.meta.dirname, '../..');
const NOT_OURS = ['**/node_modules', 'cdk.out', 'dist', '.local', 'coverage'];

/** A file of code, read. */
export interface SourceFile {
  /** Relative to the repository, with slashes. */
  readonly name: string;
  readonly text: string;
}

/** A node of a syntax tree, with the range of its text. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** Every file of TypeScript or JavaScript in the repository, in order of name. */
export function sourceFiles(): SourceFile[] {
  return globSync('**/*.{ts,mjs,js}', { cwd: ROOT, exclude: NOT_OURS })
    .map(file => file.replaceAll('\\', '/'))
    .sort()
    .map(name => ({ name, text: readFileSync(join(ROOT, name), 'utf8') }));
}

/** A file's number of lines. */
export function lineCount({ text }: SourceFile): number {
  return linesOf(text.trimEnd());
}

/**
 * Lines of the longest function, from its head to its closing brace, inner functions included.
 * Callbacks of `describe` are not measured: they only group tests.
 */
export function longestFunction(file: SourceFile): number {
  const nodes = nodesIn(file);
  const groups = new Set(nodes.filter(isGroupOfTests).flatMap(group => childrenOf(group)));
  const lengths = nodes
    .filter(node => FUNCTIONS.has(node.type) && !groups.has(node))
    .map(({ start, end }) => linesOf(file.text.slice(start, end)));
  return Math.max(0, ...lengths);
}

const FUNCTIONS: ReadonlySet<string> = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
]);

function isGroupOfTests(node: Node): boolean {
  if (node.type !== 'CallExpression') return false;
  // `describe(…)`, `describe.skip(…)`, `describe.each(…)(…)`: the name is at the far left.
  let called: unknown = node;
  while (isNode(called) && called.type !== 'Identifier')
    called = Reflect.get(called, 'callee') ?? Reflect.get(called, 'object');
  return isNode(called) && Reflect.get(called, 'name') === 'describe';
}

/** Columns of the widest line that a comment is on. A URL cannot be wrapped, and is left out. */
export function widestComment(file: SourceFile): number {
  const lines = file.text.split('\n');
  const widths = commentsIn(file).flatMap(({ start, end }) => {
    const first = linesOf(file.text.slice(0, start)) - 1;
    return lines
      .slice(first, first + linesOf(file.text.slice(start, end)))
      .filter(line => !/^[ */]*https:\S+$/.test(line))
      .map(line => line.length);
  });
  return Math.max(0, ...widths);
}

/** Comments are what looks like one outside of strings, templates and regular expressions. */
function commentsIn(file: SourceFile): { start: number; end: number }[] {
  const strings = nodesIn(file).filter(({ type }) => type === 'Literal' || type === 'TemplateElement');
  const code: string[] = [];
  let copiedUntil = 0;
  for (const { start, end } of strings.sort((one, other) => one.start - other.start)) {
    code.push(file.text.slice(copiedUntil, start), file.text.slice(start, end).replaceAll(/[^\n]/g, ' '));
    copiedUntil = end;
  }
  code.push(file.text.slice(copiedUntil));
  return [...code.join('').matchAll(/\/\/[^\n]*|\/\*.*?\*\//gs)].map(({ index, 0: comment }) => ({
    start: index,
    end: index + comment.length,
  }));
}

/**
 * The files of the repository that each file imports or re-exports from, for types alone or at run
 * time, by name.
 */
export function importsOf(files: readonly SourceFile[]): Map<string, string[]> {
  return new Map(
    files.map(file => [
      file.name,
      nodesIn(file)
        .flatMap(node => importedBy(node))
        .filter(imported => imported.startsWith('.'))
        .map(imported => posix.join(dirname(file.name), imported)),
    ]),
  );
}

const IMPORTS: ReadonlySet<string> = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
]);

function importedBy(node: Node): string[] {
  if (!IMPORTS.has(node.type)) return [];
  const source: unknown = Reflect.get(node, 'source');
  const imported: unknown = isNode(source) ? Reflect.get(source, 'value') : undefined;
  return typeof imported === 'string' ? [imported] : [];
}

/** Everything that a file reaches by imports, itself included. */
export function reachableFrom(name: string, imports: ReadonlyMap<string, readonly string[]>): Set<string> {
  const reached = new Set([name]);
  // A set may grow while it is iterated.
  for (const file of reached) for (const imported of imports.get(file) ?? []) reached.add(imported);
  return reached;
}

const parsedFiles = new WeakMap<SourceFile, Node[]>();

/** Every node of a file's syntax tree. A file is parsed once. */
function nodesIn(file: SourceFile): Node[] {
  const known = parsedFiles.get(file);
  if (known !== undefined) return known;
  const lang = file.name.endsWith('.d.ts') ? 'dts' : 'ts';
  const nodes = descendantsOf(parseAst(file.text, { lang }));
  parsedFiles.set(file, nodes);
  return nodes;
}

function descendantsOf(node: Node): Node[] {
  return [node, ...childrenOf(node).flatMap(descendantsOf)];
}

function childrenOf(node: Node): Node[] {
  return Object.values(node).flat().filter(isNode);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function linesOf(text: string): number {
  return text.split('\n').length;
}
