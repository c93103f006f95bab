import { type ApiTraits, fieldsOf } from '../../kernel/api-traits.ts';
import { arnOf } from '../../kernel/arn.ts';
import {
  AwsError,
  type AwsRequest,
  type AwsResponse,
  type AwsService,
  answeringErrors,
  jsonErrorResponse,
  jsonResponse,
} from '../../kernel/aws-api.ts';
import type { Permissions } from '../../kernel/permissions/permissions.ts';
import type { Secrets } from './secrets.ts';

/** Which secret a caller needs a permission for is known once it is found: the API asks itself. */
export const secretsManagerApi: ApiTraits = { requirementsOf: () => [] };

interface Fields {
  readonly SecretId: string;
  readonly VersionId: string;
  readonly VersionStage: string;
}

/** GetSecretValue, of the current version. */
export function createSecretsManagerApi(
  secrets: Secrets,
  permissions: Pick<Permissions, 'require'>,
  createdAt: number,
): AwsService {
  async function getSecretValue({ body, caller }: AwsRequest): Promise<object> {
    const { SecretId, VersionId, VersionStage = 'AWSCURRENT' } = fieldsOf<Fields>(body);
    if (typeof SecretId !== 'string') throw new AwsError('ValidationException', 'SecretId must be a string');
    if (VersionId !== undefined || VersionStage !== 'AWSCURRENT')
      throw notEmulated('GetSecretValue of a version other than the current one');
    const found = secrets.find(SecretId);
    // Whoever may read secrets by their whole ARNs alone does not learn that there is none.
    const resource = found?.arn ?? arnOf('secretsmanager', `secret:${SecretId}`);
    await permissions.require(caller, { action: 'secretsmanager:GetSecretValue', resource });
    if (found === undefined)
      throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    return {
      ARN: found.arn,
      Name: found.name,
      SecretString: found.value,
      VersionStages: ['AWSCURRENT'],
      CreatedDate: createdAt / 1000,
    };
  }

  return answeringErrors(async request => {
    const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
    if (operation !== 'GetSecretValue') throw notEmulated(operation);
    return jsonResponse(await getSecretValue(request), '1.1');
  }, errorResponse);
}

/**
 * Secrets Manager writes `Message`, as its model says, and refuses with 400 whatever the reason:
 * API reference, "Common Errors".
 */
function errorResponse(error: AwsError): AwsResponse {
  const { code, message, status } = error;
  return {
    ...jsonErrorResponse(error, '1.1'),
    status: status === 403 ? 400 : status,
    body: JSON.stringify({ __type: code, Message: message }),
  };
}

function notEmulated(what: string): AwsError {
  return new AwsError('NotImplemented', `The local Secrets Manager does not emulate ${what}`, 501);
}
