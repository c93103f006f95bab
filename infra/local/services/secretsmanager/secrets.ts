import { randomInt } from 'node:crypto';
import { z } from 'zod';
import type { DurableStore } from '../../kernel/durable-map.ts';
import type { Resource } from '../../template/resource.ts';

interface StoredSecret {
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
}

/** The template's secrets. A value is generated once, and lives as long as the store. */
export function createSecrets(resources: readonly Resource[], store: DurableStore): Secrets {
  const stored = store.map<StoredSecret>('secrets');
  const known = new Set<string>();
  for (const resource of resources) {
    known.add(resource.ref);
    if (stored.get(resource.ref) === undefined) stored.set(resource.ref, generate(resource));
  }

  /** By ARN, with or without the six characters at its end, or by name. */
  function find(id: string, reference: string): StoredSecret {
    const found = stored
      .values()
      .find(({ arn, name }) => known.has(arn) && [arn, arn.slice(0, -'-123456'.length), name].includes(id));
    if (found !== undefined) return found;
    throw new Error(`Secrets Manager can't find the secret of ${reference}`);
  }

  return {
    resolve: text =>
      text.replaceAll(/\{\{resolve:([^:}]+):([^}]*)\}\}/g, (reference, service: string, path: string) => {
        const parsed = service === 'secretsmanager' ? SECRET_REFERENCE.exec(path) : null;
        if (parsed === null) throw new Error(`The dynamic reference ${reference} is not emulated`);
        const [, id = '', key] = parsed;
        return valueAt(find(id, reference).value, key, reference);
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

const SecretProperties = z.object({
  GenerateSecretString: z.strictObject({
    PasswordLength: z.coerce.number().int().min(1).max(4096).default(32),
    ExcludeCharacters: z.string().default(''),
    ExcludeLowercase: z.boolean().default(false),
    ExcludeNumbers: z.boolean().default(false),
    ExcludePunctuation: z.boolean().default(false),
    ExcludeUppercase: z.boolean().default(false),
    IncludeSpace: z.boolean().default(false),
  }),
});

function generate({ ref, attributes: { Name = ref }, properties }: Resource): StoredSecret {
  const { GenerateSecretString } = SecretProperties.parse(properties);
  return { arn: ref, name: Name, value: password(GenerateSecretString) };
}

/** A password with at least one character of every kind that is not excluded. */
function password(options: z.output<typeof SecretProperties>['GenerateSecretString']): string {
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
