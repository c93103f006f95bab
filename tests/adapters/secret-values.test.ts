import { inspect } from 'node:util';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startAwsEndpoint } from '../../infra/local/kernel/aws-endpoint.ts';
import { createJournal } from '../../infra/local/kernel/journal.ts';
import { createSecretValues } from '../../shared/aws/secret-values.ts';
import { startSecrets } from '../helpers/local-secrets.ts';
import { clientFor } from '../helpers/sdk-client.ts';

const MINUTE = 60_000;

describe('The values of verification headers', () => {
  it('are secrets, or members of secrets that are JSON', async () => {
    const { client } = await startSecrets({ password: 'Basic YTpi\n', keys: '{"preview":"k1","number":7}' });
    const headers = {
      authorization: { secret: 'password' },
      'x-preview': { secret: 'keys', field: 'preview' },
      'x-number': { secret: 'keys', field: 'number' },
    };
    expect(await createSecretValues({ client }).headersOf(headers)).toEqual({
      authorization: 'Basic YTpi',
      'x-preview': 'k1',
      'x-number': '7',
    });
  });

  it('are read once in five minutes', async () => {
    const { client, calls } = await startSecrets({ password: 'hush' });
    let time = 0;
    const values = createSecretValues({ client, now: () => time });
    const read = () => values.headersOf({ cookie: { secret: 'password' }, 'x-key': { secret: 'password' } });
    await read();
    time = 5 * MINUTE - 1;
    await read();
    expect(calls()).toBe(1);
    time = 5 * MINUTE;
    await read();
    expect(calls()).toBe(2);
  });
});

describe('A secret that cannot be used', () => {
  const VALUE = 'kept-to-itself';

  it.each([
    ['is not there', { secret: 'none' }, {}, 'aws secretsmanager create-secret --name none'],
    ['is no JSON', { secret: 's', field: 'f' }, { s: VALUE }, `--secret-string '{"f":"VALUE"}'`],
    ['is JSON of another kind', { secret: 's', field: 'f' }, { s: `"${VALUE}"` }, 'no JSON with a string f'],
    ['lacks the member', { secret: 's', field: 'f' }, { s: `{"g":"${VALUE}"}` }, 'no JSON with a string f'],
    [
      'has a member that is no string',
      { secret: 's', field: 'f' },
      { s: `{"f":["${VALUE}"]}` },
      'no JSON with a string f',
    ],
    ['is empty', { secret: 's' }, { s: ' ' }, 'cannot be the value of the header authorization'],
    ['holds line breaks', { secret: 's' }, { s: `a\r\n${VALUE}` }, 'such as line breaks'],
    ['holds letters beyond Latin', { secret: 's' }, { s: `${VALUE} ắ` }, 'has characters that no header may'],
  ])(
    'because it %s is named, with what to do, and nothing of its value is said',
    async (_, header, values, advice) => {
      const { client } = await startSecrets(values);
      const refusal = await createSecretValues({ client })
        .headersOf({ authorization: header })
        .catch((error: unknown) => error);
      expect(refusal).toMatchObject({
        name: 'SecretUnusable',
        message: expect.stringContaining(
          `The secret ${header.secret} of verificationHeaders cannot be used.`,
        ),
      });
      expect(refusal).toHaveProperty('message', expect.stringContaining(advice));
      expect(inspect(refusal, { depth: Infinity })).not.toContain(VALUE);
    },
  );

  it('because the function may not read it is named, with what to do', async () => {
    const { reader } = await startSecrets({ password: 'hush' });
    const read = createSecretValues({ client: reader }).headersOf({ cookie: { secret: 'password' } });
    await expect(read).rejects.toMatchObject({
      name: 'SecretUnusable',
      message: expect.stringMatching(/password .* may not read it.* Deploy again/),
    });
  });

  it.each([
    ['InvalidRequestException', 'aws secretsmanager restore-secret --secret-id password'],
    ['DecryptionFailure', 'encryptionKey'],
  ])('because of %s is named, with what to do', async (code, advice) => {
    const read = createSecretValues({ client: await answering(400, { __type: code, Message: 'No.' }) });
    await expect(read.headersOf({ cookie: { secret: 'password' } })).rejects.toMatchObject({
      name: 'SecretUnusable',
      message: expect.stringContaining(advice),
    });
  });

  it('because it holds bytes is named, with what to do', async () => {
    const read = createSecretValues({ client: await answering(200, { SecretBinary: 'aHVzaA==' }) });
    await expect(read.headersOf({ cookie: { secret: 'password' } })).rejects.toThrow(
      /password .* holds bytes.* put-secret-value/,
    );
  });

  it('for a reason that may pass is asked for again, not given up', async () => {
    const failing = await answering(500, { __type: 'InternalServiceError', Message: 'Later.' });
    await expect(
      createSecretValues({ client: failing }).headersOf({ cookie: { secret: 'password' } }),
    ).rejects.toMatchObject({ name: 'InternalServiceError' });
  });
});

/** A client to which Secrets Manager always answers the same. */
async function answering(status: number, body: object): Promise<SecretsManagerClient> {
  const headers = { 'content-type': 'application/x-amz-json-1.1' };
  const answer = async () => ({ status, headers, body: JSON.stringify(body) });
  const services = new Map([['secretsmanager', answer]]);
  const endpoint = await startAwsEndpoint({ port: 0, services, journal: createJournal() });
  const client = new SecretsManagerClient(clientFor(endpoint.url));
  onTestFinished(async () => {
    client.destroy();
    await endpoint.stop();
  });
  return client;
}
