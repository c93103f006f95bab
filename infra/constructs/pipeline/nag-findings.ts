import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * A string as cdk-nag's findings show it: `<LogicalId.Arn>` for a reference. cdk-nag does not
 * export its own function.
 */
export function inFindings(scope: IConstruct, text: string): string {
  return flattened(Stack.of(scope).resolve(text));
}

function flattened(node: unknown): string {
  if (node === null || typeof node !== 'object') return String(node);
  const [[name, argument] = ['', undefined]] = Object.entries(node);
  if (name === 'Ref') return `<${argument}>`;
  if (name === 'Fn::GetAtt' && Array.isArray(argument)) return `<${argument.join('.')}>`;
  if (name === 'Fn::Join' && Array.isArray(argument)) {
    const [separator, parts] = argument;
    return parts.map(flattened).join(separator);
  }
  throw new Error(`cdk-nag's notation for ${name} is not known here`);
}
