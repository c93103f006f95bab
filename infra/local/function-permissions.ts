import { z } from 'zod';
import type { Resource } from './template.ts';

/** Whether a service may invoke a function, by the function's own policy. */
export type MayInvoke = (invocation: {
  readonly functionArn: string;
  /** `apigateway.amazonaws.com`, `events.amazonaws.com` … */
  readonly principal: string;
  readonly sourceArn: string;
}) => boolean;

const Permission = z.strictObject({
  Action: z.literal('lambda:InvokeFunction'),
  FunctionName: z.string(),
  Principal: z.string(),
  SourceArn: z.string().optional(),
});

/** @throws Error for an `AWS::Lambda::Permission` with conditions that are not emulated */
export function functionPermissions(resources: readonly Resource[]): MayInvoke {
  const permissions = resources
    .filter(({ type }) => type === 'AWS::Lambda::Permission')
    .map(({ properties }) => Permission.parse(properties));
  return ({ functionArn, principal, sourceArn }) =>
    permissions.some(
      permission =>
        (permission.FunctionName === functionArn ||
          functionArn.endsWith(`:function:${permission.FunctionName}`)) &&
        permission.Principal === principal &&
        (permission.SourceArn === undefined || arnMatches(permission.SourceArn, sourceArn)),
    );
}

/** `*` is any number of characters, colons and slashes included. */
function arnMatches(pattern: string, arn: string): boolean {
  const source = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${source}$`).test(arn);
}
