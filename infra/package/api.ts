import {
  type ClassDeclaration,
  type ClassElement,
  getTextOfJSDocComment,
  isClassDeclaration,
  isConstructorDeclaration,
  isJSDoc,
  isMethodDeclaration,
  isPropertyDeclaration,
  ModifierFlags,
  type SourceFile,
} from 'typescript/unstable/ast';
import { inOneLine, inRows, inSyntaxOf, propsIn, tableOf } from '../constructs/props-tables.ts';

const HEAD = `# API

The classes and types of the package, as its declarations have them. What they extend and refer to
besides is documented by the CDK.`;

/** API.md, made of the package's declarations. */
export function describeApi(declarations: string): string {
  const classes = inSyntaxOf(declarations, file =>
    file.statements.filter(isClassDeclaration).map(each => describeClass(each, file)),
  );
  const interfaces = [...propsIn(declarations)].map(([name, props]) => `## ${name}\n\n${tableOf(props)}`);
  return `${[HEAD, ...classes, ...interfaces].join('\n\n')}\n`;
}

function describeClass(declared: ClassDeclaration, file: SourceFile): string {
  const name = declared.name?.text ?? '';
  const members = declared.members.filter(isPublic);
  const signatureOf = (member: ClassElement) =>
    inOneLine(member.getText(file).replace(/;$/, '')).replaceAll(/\breadonly /g, '');
  const constructors = members
    .filter(isConstructorDeclaration)
    .map(member => `\`\`\`ts\n${signatureOf(member).replace('constructor', `new ${name}`)}\n\`\`\``);
  const rowOf = (member: ClassElement) => [`\`${signatureOf(member)}\``, inOneLine(commentOn(member))];
  const properties = members.filter(isPropertyDeclaration).map(rowOf);
  const methods = members.filter(isMethodDeclaration).map(rowOf);
  const parts = [`## ${name}`, commentOn(declared), ...constructors, tableIn('property', properties)];
  return [...parts, tableIn('method', methods)].filter(part => part !== '').join('\n\n');
}

const isPublic = ({ modifierFlags }: ClassElement & { readonly modifierFlags?: ModifierFlags }) =>
  ((modifierFlags ?? 0) & (ModifierFlags.Private | ModifierFlags.Protected)) === 0;

const tableIn = (kind: string, rows: readonly (readonly string[])[]) =>
  rows.length === 0 ? '' : inRows([[kind, ''], ['---', '---'], ...rows]);

function commentOn({ jsDoc = [] }: ClassDeclaration | ClassElement): string {
  return getTextOfJSDocComment(jsDoc.find(isJSDoc)?.comment) ?? '';
}
