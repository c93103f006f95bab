import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { onTestFinished } from 'vitest';
import { startAwsEndpoint } from '../../infra/local/kernel/aws-endpoint.ts';
import { openDurableStore } from '../../infra/local/kernel/durable-map.ts';
import { createJournal } from '../../infra/local/kernel/journal.ts';
import { createPermissions } from '../../infra/local/kernel/permissions/permissions.ts';
import { createSecretsManagerApi } from '../../infra/local/services/secretsmanager/api.ts';
import { createSecrets } from '../../infra/local/services/secretsmanager/secrets.ts';
import { actionOf, SERVICES } from '../../infra/local/services.ts';
import { accountOf } from '../../infra/local/template/account.ts';
import { clientFor } from './sdk-client.ts';

const ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:';
const ROLE = 'verify-role';

export const secretArn = (name: string) => `${ARN}${name}-A1B2C3`;

/**
 * The local Secrets Manager with these secrets by name, and a client of the administrator. The role
 * of `reader` may read the secrets whose ARNs match `readable`.
 */
export async function startSecrets(values: Readonly<Record<string, string>>, readable = 'none') {
  const secrets = Object.entries(values).map(([name, SecretString]) => ({
    logicalId: name,
    type: 'AWS::SecretsManager::Secret',
    ref: secretArn(name),
    attributes: { Name: name },
    properties: { SecretString },
  }));
  const role = {
    logicalId: 'Role',
    type: 'AWS::IAM::Role',
    ref: ROLE,
    attributes: { Arn: `arn:aws:iam::000000000000:role/${ROLE}` },
    properties: {
      AssumeRolePolicyDocument: documentOf({ Principal: '*', Action: 'sts:AssumeRole' }),
    },
  };
  const policy = {
    logicalId: 'Policy',
    type: 'AWS::IAM::Policy',
    ref: 'Policy',
    attributes: {},
    properties: {
      Roles: [ROLE],
      PolicyDocument: documentOf({
        Action: 'secretsmanager:GetSecretValue',
        Resource: `${ARN}${readable}`,
      }),
    },
  };
  const stack = { name: 'S', id: 'S', resources: [...secrets, role, policy], outputs: {}, assets: new Map() };
  const permissions = createPermissions(accountOf([stack]), SERVICES);
  const api = createSecretsManagerApi(createSecrets(secrets, openDurableStore()), permissions, 0);
  let calls = 0;
  const endpoint = await startAwsEndpoint({
    port: 0,
    services: new Map([
      [
        'secretsmanager',
        permissions.guard(async request => {
          calls++;
          return api(request);
        }),
      ],
    ]),
    journal: createJournal(),
    actionOf,
  });
  onTestFinished(endpoint.stop);
  const clientOf = (accessKeyId: string) => {
    const client = new SecretsManagerClient({
      ...clientFor(endpoint.url),
      credentials: { accessKeyId, secretAccessKey: 'local' },
    });
    onTestFinished(() => client.destroy());
    return client;
  };
  return { client: clientOf('tester'), reader: clientOf(ROLE), calls: () => calls };
}

const documentOf = (statement: object) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', ...statement }],
});
