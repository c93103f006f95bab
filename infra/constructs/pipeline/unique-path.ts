import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * The name of the construct's stack and the construct's path below it, such as
 * `StudentSite/Freshness`. No other construct of the account and region has the same one, so names
 * made of it never collide.
 */
export function uniquePath(construct: IConstruct): string {
  const stack = Stack.of(construct);
  const ids = construct.node.scopes.slice(stack.node.scopes.length).map(({ node }) => node.id);
  // Letters that names of log groups, dimensions of metrics and notification ids all allow.
  return [stack.stackName, ...ids.map(id => id.replaceAll(/[^\w.-]/g, '_'))].join('/');
}
