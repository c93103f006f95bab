import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  getTextOfJSDocComment,
  isInterfaceDeclaration,
  isJSDoc,
  isPropertySignatureDeclaration,
  type Node,
  type SourceFile,
  SyntaxKind,
} from 'typescript/unstable/ast';
import { createVirtualFileSystem } from 'typescript/unstable/fs';
import { API } from 'typescript/unstable/sync';

export const PROPS_README = fileURLToPath(new URL('pipeline/README.md', import.meta.url));

/** The interfaces of the construct's props, by their files in `pipeline/`. */
const DOCUMENTED: Readonly<Record<string, readonly string[]>> = {
  'auto-invalidation-props.ts': [
    'AutoInvalidationProps',
    'SiteDistribution',
    'VerificationHeader',
    'Notify',
    'RefreshOptions',
  ],
  'webhook-options.ts': ['WebhookOptions'],
  'refresh-alarms.ts': ['RefreshAlarmsProps'],
  'refresh-dashboard.ts': ['RefreshDashboardProps'],
  'mail.ts': ['MailProps'],
};

/** What the tables are between in the README. */
const [BEGIN, END] = ['<!-- Made by `npm run props`: -->', '<!-- Until here. -->'];

export interface Prop {
  readonly name: string;
  readonly type: string;
  readonly isOptional: boolean;
  readonly description: string;
  /** As its `@default` says. */
  readonly default?: string;
}

/**
 * The README with the tables as the doc comments of the props are now.
 *
 * @throws Error if the README has no place for them
 */
export function withTables(readme: string): string {
  const [before, after] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (before < 0 || after < before) throw new Error(`README.md needs ${BEGIN} and ${END}`);
  return `${readme.slice(0, before + BEGIN.length)}\n\n${tables()}\n${readme.slice(after)}`;
}

/** The documented interfaces and their props, in the order of the README. */
export function documentedProps(): ReadonlyMap<string, readonly Prop[]> {
  const all = Object.entries(DOCUMENTED).flatMap(([file, names]) => {
    const found = propsIn(readFileSync(new URL(`pipeline/${file}`, import.meta.url), 'utf8'));
    return names.map(name => [name, found.get(name) ?? []] as const);
  });
  return new Map(all);
}

/** @returns every interface of a TypeScript source, and its props */
export function propsIn(source: string): ReadonlyMap<string, readonly Prop[]> {
  return inSyntaxOf(source, file => {
    const interfaces = file.statements.filter(isInterfaceDeclaration);
    return new Map(
      interfaces.map(each => [each.name.text, each.members.map(member => propOf(member, file))]),
    );
  });
}

/** Reads from a source's syntax, which lives only as long as the call. */
export function inSyntaxOf<Result>(source: string, read: (file: SourceFile) => Result): Result {
  // The file alone: what it imports does not matter here, and would take seconds.
  const options = { compilerOptions: { noResolve: true, noLib: true, types: [] }, files: ['props.ts'] };
  const fs = createVirtualFileSystem({ '/tsconfig.json': JSON.stringify(options), '/props.ts': source });
  const compiler = new API({ cwd: '/', fs });
  try {
    const project = compiler.updateSnapshot({ openProject: '/tsconfig.json' }).getProject('/tsconfig.json');
    const file = project?.program.getSourceFile('/props.ts');
    if (file === undefined) throw new Error('The TypeScript compiler did not read the source');
    return read(file);
  } finally {
    compiler.close();
  }
}

function propOf(member: Node, file: SourceFile): Prop {
  if (!isPropertySignatureDeclaration(member)) throw new Error(`Not a prop: ${member.getText(file)}`);
  const comment = (member.jsDoc ?? []).find(isJSDoc);
  const fallback = comment?.tags?.find(({ tagName }) => tagName.text === 'default')?.comment;
  return {
    name: member.name.getText(file),
    type: member.type.getText(file),
    isOptional: member.postfixToken?.kind === SyntaxKind.QuestionToken,
    description: inOneLine(getTextOfJSDocComment(comment?.comment)),
    ...(fallback === undefined ? {} : { default: inOneLine(getTextOfJSDocComment(fallback)) }),
  };
}

/** A doc comment's text as a cell of a table. */
export const inOneLine = (text = ''): string => text.replaceAll(/\s+/g, ' ').trim();

function tables(): string {
  return [...documentedProps()].map(([name, props]) => `### ${name}\n\n${tableOf(props)}\n`).join('\n');
}

/** Props as a table of Markdown. */
export function tableOf(props: readonly Prop[]): string {
  const rows = props.map(prop => {
    const type = prop.type.replaceAll('readonly ', '');
    return [`\`${prop.name}\``, `\`${type}\``, shownDefault(prop), prop.description];
  });
  return inRows([['prop', 'type', 'default', ''], ['---', '---', '---', '---'], ...rows]);
}

/** The rows of a table of Markdown. */
export const inRows = (rows: readonly (readonly string[])[]): string =>
  rows.map(cells => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n');

/** CDK's convention: a default that begins with a hyphen is prose, any other is code. */
function shownDefault({ isOptional, default: text = '' }: Prop): string {
  if (!isOptional) return 'required';
  return text.startsWith('- ') ? text.slice(2) : `\`${text}\``;
}

if (import.meta.main) writeFileSync(PROPS_README, withTables(readFileSync(PROPS_README, 'utf8')));
