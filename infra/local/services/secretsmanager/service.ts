import { arnOf } from '../../kernel/arn.ts';
import type { Service } from '../../kernel/service.ts';
import { type Resource, type ResourceTypes, stableId } from '../../template/resource.ts';
import { withPropertyTexts } from '../../template/template.ts';
import { createSecrets } from './secrets.ts';

const types: ResourceTypes = {
  'AWS::SecretsManager::Secret': {
    identity: ({ named, logicalId }) => {
      const name = named('Name');
      // Secrets Manager ends the ARN of every secret with six characters of its own.
      const suffix = stableId(logicalId, 6).toUpperCase();
      return { ref: arnOf('secretsmanager', `secret:${name}-${suffix}`), attributes: { Name: name } };
    },
    emulated: ['GenerateSecretString', 'Name'],
    accepted: ['Description'],
  },
};

/** Secrets Manager has no API here: only the template's dynamic references read its secrets. */
export const secretsmanager: Service<readonly Resource[]> = {
  name: 'secretsmanager',
  types,
  parse: account => account.all('AWS::SecretsManager::Secret'),
  start(resources, { store }) {
    const secrets = createSecrets(resources, store);
    return {
      // CloudFormation resolves dynamic references when it makes a resource, and never in outputs.
      complete: stack => withPropertyTexts(stack, secrets.resolve),
    };
  },
};
