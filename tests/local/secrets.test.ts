import { describe, expect, it } from 'vitest';
import { type DurableStore, openDurableStore } from '../../infra/local/kernel/durable-map.ts';
import { createSecrets } from '../../infra/local/services/secretsmanager/secrets.ts';
import type { Resource } from '../../infra/local/template/resource.ts';
import { type LoadedStack, withPropertyTexts } from '../../infra/local/template/template.ts';

const ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:api-key-A1B2C3';

function stackWith(properties: Record<string, unknown>, ...others: Resource[]): LoadedStack {
  const secret = {
    logicalId: 'Key',
    type: 'AWS::SecretsManager::Secret',
    ref: ARN,
    attributes: { Name: 'api-key' },
    properties: { GenerateSecretString: properties },
  };
  return { name: 'S', resources: [secret, ...others], outputs: {}, assets: new Map() };
}

const secretsOf = (properties: Record<string, unknown> = {}, store: DurableStore = openDurableStore()) =>
  createSecrets(stackWith(properties).resources.slice(0, 1), store);
const secretValue = (secrets: ReturnType<typeof secretsOf>) =>
  secrets.resolve(`{{resolve:secretsmanager:${ARN}}}`);

describe('A secret of the template', () => {
  it('is generated once, and kept', () => {
    const store = openDurableStore();
    const value = secretValue(secretsOf({}, store));
    expect(value).toHaveLength(32);
    expect(secretValue(secretsOf({}, store))).toBe(value);
    expect(secretValue(secretsOf())).not.toBe(value);
  });

  it('has at least one character of each kind that is not excluded, and none of the others', () => {
    const value = secretValue(
      secretsOf({ PasswordLength: 40, ExcludePunctuation: true, ExcludeCharacters: '0O' }),
    );
    expect(value).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*[1-9])[a-zA-NP-Z1-9]{40}$/);
  });

  it('refuses by name how it cannot be generated here', () => {
    expect(() => secretsOf({ RequireEachIncludedType: false })).toThrow('RequireEachIncludedType');
  });
});

describe('A dynamic reference', () => {
  it('is resolved wherever it stands in the stack', () => {
    const reference = `{{resolve:secretsmanager:${ARN}:SecretString:::}}`;
    const code = `const KEY = '${reference}'; // ${reference}`;
    const user = { logicalId: 'F', type: 'T', ref: 'f', attributes: {}, properties: { a: [{ code }], b: 1 } };
    const stack = stackWith({ ExcludePunctuation: true }, user);
    const secrets = createSecrets(stack.resources.slice(0, 1), openDurableStore());
    const value = secretValue(secrets);
    expect(withPropertyTexts(stack, secrets.resolve).resources[1]?.properties).toEqual({
      a: [{ code: `const KEY = '${value}'; // ${value}` }],
      b: 1,
    });
  });

  it.each([
    '{{resolve:ssm:/parameter}}',
    `{{resolve:secretsmanager:${ARN}:SecretBinary}}`,
    `{{resolve:secretsmanager:${ARN}:SecretString::AWSPREVIOUS}}`,
  ])('%s is refused by name', reference => {
    expect(() => secretsOf().resolve(reference)).toThrow(reference);
  });

  it('to no secret is refused', () => {
    expect(() => secretsOf().resolve('{{resolve:secretsmanager:other}}')).toThrow("can't find");
  });
});

describe('Secrets Manager', () => {
  const secrets = secretsOf();
  const call = async (action: string, input: object) => {
    const { status, body } = await secrets.api({
      service: 'secretsmanager',
      caller: 'local',
      method: 'POST',
      url: '/',
      headers: { 'x-amz-target': `secretsmanager.${action}` },
      body: Buffer.from(JSON.stringify(input)),
    });
    return { status, ...JSON.parse(String(body)) };
  };

  it.each([ARN, ARN.slice(0, -7), 'api-key'])('finds the value of %s', async SecretId => {
    expect(await call('GetSecretValue', { SecretId })).toMatchObject({
      status: 200,
      ARN,
      Name: 'api-key',
      SecretString: secretValue(secrets),
      VersionStages: ['AWSCURRENT'],
    });
  });

  it('describes a secret without its value', async () => {
    const described = await call('DescribeSecret', { SecretId: 'api-key' });
    expect(described).toMatchObject({ status: 200, ARN, Name: 'api-key' });
    expect(JSON.stringify(described)).not.toContain(secretValue(secrets));
  });

  it.each([{ SecretId: 'other' }, { SecretId: 'api-key', VersionStage: 'AWSPREVIOUS' }])(
    'does not find %j',
    async input => {
      expect(await call('GetSecretValue', input)).toMatchObject({
        status: 400,
        __type: 'ResourceNotFoundException',
      });
    },
  );

  it('refuses by name what it does not do', async () => {
    const answer = await call('PutSecretValue', { SecretId: 'api-key' });
    expect(answer).toMatchObject({ status: 501, message: expect.stringContaining('PutSecretValue') });
  });
});
