import { GetSecretValueCommand, ListSecretsCommand } from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from 'vitest';
import { secretArn, startSecrets } from '../../helpers/local-secrets.ts';

const get = (SecretId: string, more: object = {}) => new GetSecretValueCommand({ SecretId, ...more });

describe('GetSecretValue', () => {
  it.each(['site/password', secretArn('site/password'), secretArn('site/password').slice(0, -7)])(
    'returns the current value of %s',
    async id => {
      const { client } = await startSecrets({ 'site/password': 'hush' });
      expect(await client.send(get(id))).toMatchObject({
        ARN: secretArn('site/password'),
        Name: 'site/password',
        SecretString: 'hush',
        VersionStages: ['AWSCURRENT'],
      });
    },
  );

  it('says that there is no such secret', async () => {
    const { client } = await startSecrets({});
    await expect(client.send(get('other'))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: "Secrets Manager can't find the specified secret.",
    });
  });

  it('lets a role read the secrets that its policy names, by name or by ARN', async () => {
    const { reader } = await startSecrets({ password: 'hush' }, 'password-??????');
    for (const id of ['password', secretArn('password')])
      expect((await reader.send(get(id))).SecretString).toBe('hush');
  });

  it.each(['other', 'none'])(
    'refuses a role the secret %s, which its policy does not name, whether there is one or not',
    async id => {
      const { reader } = await startSecrets({ password: 'hush', other: 'hush' }, 'password-??????');
      await expect(reader.send(get(id))).rejects.toMatchObject({
        name: 'AccessDeniedException',
        message: expect.stringContaining(
          'is not authorized to perform: secretsmanager:GetSecretValue on resource:',
        ),
      });
    },
  );

  it('refuses a request that names no secret', async () => {
    const { client } = await startSecrets({ password: 'hush' });
    await expect(client.send(new GetSecretValueCommand({ SecretId: undefined }))).rejects.toMatchObject({
      name: 'ValidationException',
      $metadata: { httpStatusCode: 400 },
    });
  });

  it('refuses by name what is not emulated', async () => {
    const { client } = await startSecrets({ password: 'hush' });
    await expect(client.send(get('password', { VersionStage: 'AWSPREVIOUS' }))).rejects.toThrow(
      'does not emulate GetSecretValue of a version',
    );
    await expect(client.send(new ListSecretsCommand({}))).rejects.toThrow('does not emulate ListSecrets');
  });
});
