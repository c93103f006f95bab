import { describe, expect, it } from 'vitest';
import { type DurableStore, openDurableStore } from '../../../infra/local/kernel/durable-map.ts';
import { createSecrets } from '../../../infra/local/services/secretsmanager/secrets.ts';
import type { Resource } from '../../../infra/local/template/resource.ts';
import { type LoadedStack, withPropertyTexts } from '../../../infra/local/template/template.ts';

const ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:api-key-A1B2C3';

function stackWith(properties: Record<string, unknown>, ...others: Resource[]): LoadedStack {
  const secret = {
    logicalId: 'Key',
    type: 'AWS::SecretsManager::Secret',
    ref: ARN,
    attributes: { Name: 'api-key' },
    properties: { GenerateSecretString: properties },
  };
  return { name: 'S', id: 'S', resources: [secret, ...others], outputs: {}, assets: new Map() };
}

const secretsOf = (properties: Record<string, unknown> = {}, store: DurableStore = openDurableStore()) =>
  createSecrets(stackWith(properties).resources.slice(0, 1), store);
const secretValue = (secrets: ReturnType<typeof secretsOf>) =>
  secrets.resolve(`{{resolve:secretsmanager:${ARN}}}`);

describe('A secret of the template', () => {
  it('is generated once and then kept', () => {
    const store = openDurableStore();
    const value = secretValue(secretsOf({}, store));
    expect(value).toHaveLength(32);
    expect(secretValue(secretsOf({}, store))).toBe(value);
    expect(secretValue(secretsOf())).not.toBe(value);
  });

  it('has the value that the template gives, a new one if the template is changed', () => {
    const store = openDurableStore();
    const secretGiven = (SecretString: string) => {
      const resources = stackWith({}).resources.map(each => ({ ...each, properties: { SecretString } }));
      return secretValue(createSecrets(resources, store));
    };
    expect(secretGiven('one')).toBe('one');
    expect(secretGiven('two')).toBe('two');
  });

  it('has at least one character of each kind that is not excluded, and none of the others', () => {
    const value = secretValue(
      secretsOf({ PasswordLength: 40, ExcludePunctuation: true, ExcludeCharacters: '0O' }),
    );
    expect(value).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*[1-9])[a-zA-NP-Z1-9]{40}$/);
  });

  it('refuses by name an option that is not emulated', () => {
    expect(() => secretsOf({ RequireEachIncludedType: false })).toThrow('RequireEachIncludedType');
  });
});

describe('A dynamic reference', () => {
  it.each([ARN, ARN.slice(0, -7), 'api-key'])('finds a secret by %s', id => {
    const secrets = secretsOf();
    expect(secrets.resolve(`{{resolve:secretsmanager:${id}}}`)).toBe(secretValue(secrets));
  });

  it('is resolved anywhere in a resource’s properties', () => {
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

  it('to no secret is refused by name', () => {
    const reference = '{{resolve:secretsmanager:other}}';
    expect(() => secretsOf().resolve(reference)).toThrow(`can't find the secret of ${reference}`);
  });
});
