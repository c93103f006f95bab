import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const NOT_OURS = ['**/node_modules', 'cdk.out', 'dist', '.local', 'coverage'];

/** A Markdown file of the repository. */
export interface Document {
  /** Relative to the repository. */
  readonly name: string;
  readonly text: string;
}

/** Every Markdown file of the repository, in order of name. */
export function documents(): Document[] {
  return globSync(['**/*.md', '.github/**/*.md'], { cwd: ROOT, exclude: NOT_OURS })
    .map(file => file.replaceAll('\\', '/'))
    .sort()
    .map(name => ({ name, text: readFileSync(join(ROOT, name), 'utf8') }));
}

/** @throws Error if there is no such document */
export function documentNamed(name: string): Document {
  const found = documents().find(document => document.name === name);
  if (!found) throw new Error(`There is no ${name}`);
  return found;
}

/** A command of a document's shell block, its continuation lines joined. */
export interface DocumentedCommand {
  readonly command: string;
  /** What the document says that it prints, in blocks of the kind `console`. */
  readonly printed: string | undefined;
}

/** The kind of each code block, and its text. */
function blocksIn(markdown: string): { kind: string; text: string }[] {
  return [...markdown.matchAll(/^```([\w-]*)\n(.*?)^```$/gms)].map(([, kind = '', text = '']) => ({
    kind,
    text,
  }));
}

/**
 * The commands in a Markdown text's blocks of the kinds `sh` and `console`, in order. Blocks that
 * only define what others use come first: a reader has them before.
 */
export function commandsIn(markdown: string): DocumentedCommand[] {
  const blocks = blocksIn(markdown)
    .filter(({ kind }) => kind === 'sh' || kind === 'console')
    .map(({ kind, text }) => (kind === 'sh' ? shellCommands(text) : consoleCommands(text)));
  const isDefinition = ({ command }: DocumentedCommand) => /^(?:export |\w+=|\w+\(\)|alias )/.test(command);
  const [definitions, others] = [true, false].map(wanted =>
    blocks.filter(block => block.every(isDefinition) === wanted),
  );
  return [...(definitions ?? []), ...(others ?? [])].flat();
}

const PROGRAMS = /^(?:\$ )?(?:npm|npx|node|git|aws|awscli|awslocal|curl|logs)\b/;

/**
 * Lines that look like commands in blocks without a kind. A block of the kind `text` only shows
 * something.
 */
export function unmarkedCommandsIn(markdown: string): string[] {
  return blocksIn(markdown)
    .filter(({ kind }) => ['', 'bash', 'shell', 'zsh'].includes(kind))
    .flatMap(({ text }) => text.split('\n'))
    .filter(line => PROGRAMS.test(line));
}

function shellCommands(text: string): DocumentedCommand[] {
  const lines = text.split(/(?<!\\)\n/).filter(line => line.trim() !== '');
  return lines.map(command => ({ command, printed: undefined }));
}

function consoleCommands(text: string): DocumentedCommand[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map(each => {
      const [command = '', ...printed] = each.split('\n');
      return { command, printed: printed.join('\n').trim() };
    });
}

/** The cells of each row of the tables under a heading, without the rows of column names. */
export function rowsUnder({ name, text }: Document, heading: string): string[][] {
  const [, rest] = text.split(new RegExp(`^#+ ${heading}$`, 'm'));
  if (rest === undefined) throw new Error(`${name} has no heading "${heading}"`);
  const section = rest.split(/^#+ /m)[0] ?? '';
  const tables = section.split(/\n(?!\|)/).filter(block => block.includes('\n|'));
  const rowsOf = (table: string) => table.split('\n').filter(line => line.startsWith('|'));
  return tables.flatMap(table =>
    rowsOf(table)
      .slice(2)
      .map(row =>
        row
          .slice(1, -1)
          .split(/(?<!\\)\|/)
          .map(cell => cell.trim()),
      ),
  );
}

/** The strings in backticks. */
export function codeIn(text: string): string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].flatMap(([, code]) => code ?? []);
}
