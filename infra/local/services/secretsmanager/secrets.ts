import { randomInt } from 'node:crypto';
import { z } from 'zod';
import type { DurableStore } from '../../kernel/durable-map.ts';
import type { Resource } from '../../template/resource.ts';

export interface StoredSecret {
  readonly arn: string;
  readonly name: string;
  readonly value: string;
}

export interface Secrets {
  /**
   * Replaces every `{{resolve:secretsmanager:…}}`.
   *
   * @throws Error naming a reference to no secret, or one that is not emulated
   */
  resolve(text: string): string;
  /** By ARN, with or without the six characters at its end, or by name. */
  find(id: string): StoredSecret | undefined;
}

/** The template's secrets. A generated value lives as long as the store. */
export function createSecrets(resources: readonly Resource[], store: DurableStore): Secrets {
  const stored = store.map<StoredSecret>('secrets');
  const known = new Set<string>();
  for (const resource of resources) {
    known.add(resource.ref);
    stored.set(resource.ref, secretOf(resource, stored.get(resource.ref)));
  }

  const find = (id: string) =>
    stored
      .values()
      .find(({ arn, name }) => known.has(arn) && [arn, arn.slice(0, -'-123456'.length), name].includes(id));

  return {
    find,
    resolve: text =>
      text.replaceAll(/\{\{resolve:([^:}]+):([^}]*)\}\}/g, (reference, service: string, path: string) => {
        const parsed = service === 'secretsmanager' ? SECRET_REFERENCE.exec(path) : null;
        if (parsed === null) throw new Error(`The dynamic reference ${reference} is not emulated`);
        const [, id = '', key] = parsed;
        const secret = find(id);
        if (secret === undefined) throw new Error(`Secrets Manager can't find the secret of ${reference}`);
        return valueAt(secret.value, key, reference);
      }),
  };
}

/** `id:SecretString:json-key`. Only the current version is emulated. */
const SECRET_REFERENCE =
  /^(arn:[^:]+:secretsmanager:[^:]*:\d*:secret:[^:]+|[^:]+)(?::SecretString(?::([^:]*):*)?)?$/;

function valueAt(value: string, key: string | undefined, reference: string): string {
  if (key === undefined || key === '') return value;
  const member = z.record(z.string(), z.unknown()).parse(JSON.parse(value))[key];
  if (member === undefined) throw new Error(`The secret of ${reference} has no key ${key}`);
  return String(member);
}

const Generated = z.strictObject({
  PasswordLength: z.coerce.number().int().min(1).max(4096).default(32),
  ExcludeCharacters: z.string().default(''),
  ExcludeLowercase: z.boolean().default(false),
  ExcludeNumbers: z.boolean().default(false),
  ExcludePunctuation: z.boolean().default(false),
  ExcludeUppercase: z.boolean().default(false),
  IncludeSpace: z.boolean().default(false),
});

const SecretProperties = z.union([
  z.object({ SecretString: z.string(), GenerateSecretString: z.undefined().optional() }),
  z.object({ GenerateSecretString: Generated, SecretString: z.undefined().optional() }),
]);

/** The template gives a value, or says how to generate one, once. */
function secretOf(
  { ref, attributes: { Name = ref }, properties }: Resource,
  before: StoredSecret | undefined,
): StoredSecret {
  const { SecretString, GenerateSecretString } = SecretProperties.parse(properties);
  const value = SecretString ?? before?.value ?? password(GenerateSecretString);
  return { arn: ref, name: Name, value };
}

/** A password with at least one character of every kind that is not excluded. */
function password(options: z.output<typeof Generated>): string {
  const kinds = [
    options.ExcludeLowercase ? '' : 'abcdefghijklmnopqrstuvwxyz',
    options.ExcludeUppercase ? '' : 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
    options.ExcludeNumbers ? '' : '0123456789',
    options.ExcludePunctuation ? '' : '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
    options.IncludeSpace ? ' ' : '',
  ]
    .map(kind => [...kind].filter(character => !options.ExcludeCharacters.includes(character)))
    .filter(kind => kind.length > 0);
  const all = kinds.flat();
  if (options.PasswordLength < kinds.length || all.length === 0)
    throw new Error('GenerateSecretString excludes too much, or is too short for every kind of character');
  for (;;) {
    const value = Array.from({ length: options.PasswordLength }, () => all[randomInt(all.length)]).join('');
    if (kinds.every(kind => kind.some(character => value.includes(character)))) return value;
  }
}
