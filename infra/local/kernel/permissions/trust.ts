import { functionArn } from '../../services/lambda/execution-environment.ts';
import type { StackParts } from '../../template/stack-parts.ts';
import type { Permissions } from './permissions.ts';

/** @throws Error when a service may not act by the role that the template gives it */
export async function requireTrust(
  { functions, stateMachines }: StackParts,
  permissions: Permissions,
): Promise<void> {
  for (const { name, roleAccessKeyId } of functions)
    await permissions.requireTrust(roleAccessKeyId, 'lambda.amazonaws.com', functionArn(name));
  for (const { arn, caller } of stateMachines)
    await permissions.requireTrust(caller, 'states.amazonaws.com', arn);
}
