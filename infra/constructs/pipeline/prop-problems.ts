import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { MAX_RECIPIENTS } from './numbers.ts';

/** @throws Error unless `addresses` are ones that SES takes as the recipients of one mail */
export function checkAddresses(construct: IConstruct, name: string, addresses: readonly string[]): void {
  refuse(construct, addressProblems(name, addresses));
}

/** @throws Error naming the construct and its problems, if there are any */
export function refuse(construct: IConstruct, problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(`${construct.node.path}: ${problems.join('; ')}`);
}

export function addressProblems(name: string, addresses: readonly string[]): string[] {
  if (addresses.length === 0 || addresses.length > MAX_RECIPIENTS)
    return [`${name} must be 1 to ${MAX_RECIPIENTS} e-mail addresses, not ${addresses.length}`];
  return addresses.flatMap(address =>
    patternProblems(name, address, /^[^\s@,]+@[^\s@,]+$/, 'be e-mail addresses'),
  );
}

export function patternProblems(
  name: string,
  text: string | undefined,
  pattern: RegExp,
  rule: string,
): string[] {
  if (text === undefined || Token.isUnresolved(text) || pattern.test(text)) return [];
  return [`${name} must ${rule}, not ${JSON.stringify(text)}`];
}
