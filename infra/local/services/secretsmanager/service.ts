import { arnOf } from '../../kernel/arn.ts';
import type { Service } from '../../kernel/service.ts';
import { type Resource, type ResourceTypes, stableId } from '../../template/resource.ts';
import { withPropertyTexts } from '../../template/template.ts';
import { createSecretsManagerApi, secretsManagerApi } from './api.ts';
import { createSecrets } from './secrets.ts';

const types: ResourceTypes = {
  'AWS::SecretsManager::Secret': {
    identity: ({ named, logicalId }) => {
      const name = named('Name');
      // Secrets Manager ends the ARN of every secret with six characters of its own.
      const suffix = stableId(logicalId, 6).toUpperCase();
      return { ref: arnOf('secretsmanager', `secret:${name}-${suffix}`), attributes: { Name: name } };
    },
    emulated: ['GenerateSecretString', 'Name', 'SecretString'],
    accepted: ['Description'],
  },
};

/** Secrets of the template, read by its dynamic references and by GetSecretValue. */
export const secretsmanager: Service<readonly Resource[]> = {
  name: 'secretsmanager',
  types,
  apis: { secretsmanager: secretsManagerApi },
  parse: account => account.all('AWS::SecretsManager::Secret'),
  start(resources, { store, permissions }) {
    const secrets = createSecrets(resources, store);
    return {
      apis: { secretsmanager: createSecretsManagerApi(secrets, permissions, Date.now()) },
      // CloudFormation resolves dynamic references when it makes a resource, and never in outputs.
      complete: stack => withPropertyTexts(stack, secrets.resolve),
    };
  },
};
