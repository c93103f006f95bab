import type { Requirement } from '../../kernel/api-traits.ts';
import { AwsError } from '../../kernel/aws-api.ts';
import type { Permissions } from '../../kernel/permissions/permissions.ts';
import { functionArn } from './execution-environment.ts';

/** The permission to invoke a function. @param reference name or ARN */
export function invocationOf(reference: string): Requirement {
  const resource = reference.startsWith('arn:') ? reference : functionArn(reference);
  return { action: 'lambda:InvokeFunction', resource };
}

/**
 * Permissions that a role needs: Lambda developer guide, "Creating and configuring an Amazon SQS
 * event source mapping".
 */
const POLLING = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];

/**
 * @throws AwsError InvalidParameterValueException: AWS makes no event source mapping for a role
 * that cannot poll
 */
export async function requirePolling(
  permissions: Pick<Permissions, 'require'>,
  caller: string,
  queueArn: string,
): Promise<void> {
  for (const action of POLLING) {
    await permissions.require(caller, { action, resource: queueArn }).catch(cause => {
      throw new AwsError(
        'InvalidParameterValueException',
        `The provided execution role does not have permissions to call ${action.replace('sqs:', '')} on SQS (${cause})`,
      );
    });
  }
}
